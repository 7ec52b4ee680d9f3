"""What is known of all calls, corrected by the counted labels: narrower where the two agree.

Prediction-powered inference [Angelopoulos2023], in survey words a difference estimator [Sarndal1992] with the
weighted mean as its base. How far the known figure is followed is fitted, on other labels than those it is used on.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noria.estimate.hajek import Share, effective, share

Array = npt.NDArray[np.float64]
ENOUGH = 20.0  # effective labels below which the slope is noise
SURELY = 0.95  # of the variance that must be left at most, else the plain mean is as good
_LEAST_LEFT = 0.3  # what fewer than hundreds of labels may claim
_FOLDS = 5
_TRUST = (
    10.0  # labels that carry the variance, from which what they say of it outweighs what their weights say
)
_BELIEF = 1.0  # of an average label: that answers and labels go together one to one


def corrected(part: Array, confidence: Array, weights: Array, mean_confidence: float) -> Share | None:
    """The share by difference, or None where it is not surely better than `hajek.share`.

    part, confidence, weights: (n,), 0/1, in [0, 1], at least 1.   mean_confidence: over all calls they stand for.
    """
    if effective(weights) < ENOUGH:
        return None
    found = _Difference.of(part, confidence, weights)
    if found.before <= 0 or found.left > SURELY * found.before:
        return None
    return Share(found.value(mean_confidence), found.draws, share(part, weights).freedom)


def balanced(is_it: Array, answered: Array, weights: Array, answered_share: float) -> Share:
    """The share of calls that are of a label, from the known share that was answered with it.

    is_it, answered, weights: (n,), 0/1, 0/1, at least 1; n > 0.   answered_share: of all calls they stand for. Always by
    difference, so that labels which happen not to occur among the few are not said to be 0.
    """
    found = _Difference.of(is_it, answered, weights, _BELIEF)
    plain = share(is_it, weights)
    gain = found.before / max(found.left, _LEAST_LEFT * found.before) if found.before > 0 else 1.0
    return Share(found.value(answered_share), plain.draws * gain, plain.freedom)


@dataclass(frozen=True, slots=True)
class _Difference:
    """A fitted difference estimator, columns (n,)."""

    part: Array
    told: Array  # what is known of all calls
    weights: Array
    spread: Array  # what each adds to the variance, for Poisson sampling
    slopes: Array
    right: Array  # the part around its mean …
    rest: Array  # … and what `told` does not explain of it

    @classmethod
    def of(cls, part: Array, told: Array, weights: Array, belief: float = 0.0) -> "_Difference":
        total, spread = weights.sum(), weights * (weights - 1)
        right = part - (weights * part).sum() / total
        around = told - (weights * told).sum() / total
        slopes = _slopes(right, around, spread, belief)
        return cls(part, told, weights, spread, slopes, right, right - slopes * around)

    @property
    def before(self) -> float:
        return float((self.spread * self.right**2).sum())

    @property
    def left(self) -> float:
        return float((self.spread * self.rest**2).sum())

    def value(self, told_of_all: float) -> float:
        total = self.weights.sum()
        value = (self.weights * (self.part - self.slopes * self.told)).sum() / total
        value += (self.weights * self.slopes).sum() / total * told_of_all
        value += (self.spread * self.rest).sum() / total**2  # less its small-sample bias, as for `share`
        return min(1.0, max(0.0, float(value)))

    @property
    def draws(self) -> float:
        """So many equal draws would say as much; `before` above 0.

        The weights alone tell too small a number, where what is uncertain was drawn often; the labels' own variance
        tells too large a one while few of them carry it. Each counts by how many do.
        """
        total = self.weights.sum()
        mean = (self.weights * self.part).sum() / total
        terms = self.spread * self.rest**2
        carry = float(terms.sum() ** 2 / (terms**2).sum()) if self.left > 0 else 0.0
        by_weights = mean * (1 - mean) * self.spread.sum() * max(self.left / self.before, _LEAST_LEFT)
        variance = (carry * self.left + _TRUST * by_weights) / (carry + _TRUST) / total**2
        return float(mean * (1 - mean) / variance)


def _slopes(right: Array, around: Array, spread: Array, belief: float) -> Array:
    """The best slope for each label's fold, fitted on the other folds, (n,), in [0, 1]; 1 where nothing tells."""
    fold = np.arange(len(right)) % _FOLDS
    slopes = np.zeros(len(right))
    prior = belief * spread.mean() + 1e-12
    for k in range(_FOLDS):
        others = spread * (fold != k)
        agree, varies = (others * around * right).sum(), (others * around**2).sum()
        slopes[fold == k] = (agree + prior) / (varies + prior)
    return np.clip(slopes, 0.0, 1.0)
