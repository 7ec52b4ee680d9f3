"""A call that was answered with tags, as capture rules see it: by its least certain tag."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from noria.capture.call import Array, Call
from noria.errors import TooFewLabels

_NO_THRESHOLDS = np.zeros(0)


@dataclass(frozen=True)
class TagsCall(Call):
    """Each probability stands by itself, they need not sum to 1.

    What other calls say of their two likeliest labels, this one says of "there" and "not there" for the tag that is
    nearest to its threshold: if one tag of many is in doubt, so is the answer.
    """

    thresholds: npt.NDArray[np.floating] = field(default_factory=lambda: _NO_THRESHOLDS)  # (n_labels,)

    @cached_property
    def certainties(self) -> Array:
        """Of each tag's answer, in [0.5, 1]: 0.5 at its threshold, 1 where the tag is surely there or surely not."""
        return certainties(
            np.asarray(self.probabilities, dtype=float), np.asarray(self.thresholds, dtype=float)
        )

    @cached_property
    def least_certain(self) -> int:
        """The place of the tag nearest to its threshold."""
        return int(self.certainties.argmin())

    @cached_property
    def two_largest(self) -> tuple[float, float]:
        """The certainty of the least certain tag's answer, and that of the other answer. Raises TooFewLabels."""
        if not len(self.probabilities):
            raise TooFewLabels(labels=0)
        certainty = float(self.certainties[self.least_certain])
        return certainty, 1 - certainty

    @cached_property
    def confidence(self) -> float:
        """The certainty of the least certain tag's answer."""
        return self.two_largest[0]

    @cached_property
    def margin(self) -> float:
        """By how much that certainty exceeds the other's, in [0, 1]."""
        first, second = self.two_largest
        return first - second


def certainties(probabilities: Array, thresholds: Array) -> Array:
    """How sure it is on which side of its threshold each tag lies, (n,) in [0.5, 1].

    A probability as far from its threshold, in parts of the way to 0 or to 1, is as certain: for thresholds of 0.5 these
    are the probabilities of the answers themselves.

    >>> certainties(np.array([0.5, 0.1, 0.6]), np.array([0.5, 0.5, 0.2])).tolist()
    [0.5, 0.9, 0.75]
    """
    above = (probabilities - thresholds) / np.maximum(1 - thresholds, 1e-9)
    below = (thresholds - probabilities) / np.maximum(thresholds, 1e-9)
    return np.asarray(0.5 + 0.5 * np.clip(np.where(probabilities >= thresholds, above, below), 0.0, 1.0))
