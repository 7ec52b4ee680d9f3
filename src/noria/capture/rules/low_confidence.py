"""Calls whose two likeliest labels are close."""

import math

import numpy as np
import numpy.typing as npt

from noria.capture.call import Call, CaptureState
from noria.capture.rules.registry import register
from noria.errors import TooFewLabels
from noria.records.capture import CaptureReason


def two_largest(probabilities: npt.NDArray[np.floating]) -> tuple[float, float]:
    """The largest and the second largest probability. Raises TooFewLabels for fewer than two."""
    if len(probabilities) < 2:
        raise TooFewLabels
    second, first = np.partition(probabilities, len(probabilities) - 2)[-2:].tolist()
    return first, second


class LowConfidence:
    """Half what matters for measuring accuracy, half what matters for learning.

    2·sqrt(p1·(1 − p1)) is how much the correctness of the answer varies, the weight that makes the live
    accuracy's interval narrowest [Neyman1934]; the squared closeness of the two likeliest labels is margin
    sampling [Scheffer2001]. Which is calibrated: the probabilities are.
    """

    reason = CaptureReason.LOW_CONFIDENCE.value
    describe = "two labels were close"

    def score(self, call: Call, state: CaptureState) -> float:
        first, second = two_largest(call.probabilities)
        varies = 2 * math.sqrt(max(0.0, first * (1 - first)))
        return 0.5 * varies + 0.5 * (1 - (first - second)) ** 2


register(LowConfidence())
