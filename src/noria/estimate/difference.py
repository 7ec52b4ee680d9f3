"""Accuracy from the confidences of all calls, corrected by the counted labels: narrower where they agree.

Prediction-powered inference [Angelopoulos2023], in survey words a difference estimator [Sarndal1992] with the
weighted mean as its base. How far the confidences are followed is fitted, on other labels than those it is used on.
"""

import numpy as np
import numpy.typing as npt

from noria.estimate.hajek import Share, effective, share

Array = npt.NDArray[np.float64]
ENOUGH = 20.0  # effective labels below which the slope is noise
SURELY = 0.95  # of the variance that must be left at most, else the plain mean is as good
_LEAST_LEFT = 0.3  # what fewer than hundreds of labels may claim
_FOLDS = 5


def corrected(part: Array, confidence: Array, weights: Array, mean_confidence: float) -> Share | None:
    """The share by difference, or None where it is not surely better than `hajek.share`.

    part, confidence, weights: (n,), 0/1, in [0, 1], at least 1.   mean_confidence: over all calls they stand for.
    """
    if effective(weights) < ENOUGH:
        return None
    total, spread = weights.sum(), weights * (weights - 1)
    right = part - (weights * part).sum() / total
    sure = confidence - (weights * confidence).sum() / total
    slopes = _slopes(right, sure, spread)
    rest = right - slopes * sure
    before, left = float((spread * right**2).sum()), float((spread * rest**2).sum())
    if before <= 0 or left > SURELY * before:
        return None
    value = (weights * (part - slopes * confidence)).sum() / total
    value += (weights * slopes).sum() / total * mean_confidence + (spread * rest).sum() / total**2
    plain = share(part, weights)
    return Share(
        min(1.0, max(0.0, float(value))),
        plain.draws * before / max(left, _LEAST_LEFT * before),
        plain.freedom,
    )


def _slopes(right: Array, sure: Array, spread: Array) -> Array:
    """The best slope for each label's fold, fitted on the other folds, (n,), in [0, 1]."""
    fold = np.arange(len(right)) % _FOLDS
    slopes = np.zeros(len(right))
    for k in range(_FOLDS):
        others = spread * (fold != k)
        slopes[fold == k] = (others * sure * right).sum() / max((others * sure**2).sum(), 1e-12)
    return np.clip(slopes, 0.0, 1.0)
