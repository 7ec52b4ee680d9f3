"""Calls whose two likeliest labels are close."""

import math

from noria.capture.call import Call, CaptureState
from noria.capture.rules.registry import register
from noria.records.capture import CaptureReason


class LowConfidence:
    """Half what matters for measuring accuracy, half what matters for learning.

    2·sqrt(p1·(1 − p1)) is how much the correctness of the answer varies, the weight that makes the live
    accuracy's interval narrowest [Neyman1934]; the squared closeness of the two likeliest labels is margin
    sampling [Scheffer2001]. Which is calibrated: the probabilities are.
    """

    reason = CaptureReason.LOW_CONFIDENCE.value
    describe = "two labels were close"
    about = (
        "Calls whose two likeliest labels are close. Half of the score is how much the correctness of the answer varies, "
        "twice the root of p·(1 − p) for a confidence p; half is how close the two likeliest labels are, one less their "
        "gap, squared."
    )

    def score(self, call: Call, state: CaptureState) -> float:
        first, second = call.two_largest
        varies = 2 * math.sqrt(max(0.0, first * (1 - first)))
        return 0.5 * varies + 0.5 * (1 - (first - second)) ** 2


register(LowConfidence())
