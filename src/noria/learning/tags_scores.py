"""How good answers with tags are: average precision, F1, the threshold that is best for it, and calibration."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noria.learning.arrays import BoolArray, FloatArray
from noria.learning.tags_head import sigmoid

DEFAULT_THRESHOLD = 0.5
_PRIOR_STRENGTH = 4.0  # as much as some four samples: few of them must not drive a calibration far
_PRIOR_SLOPE = 2.0  # regression on few samples is too timid
_STEPS = 25
_FEWEST = 4  # scored samples of a tag, and two of either kind, below which no threshold is suggested


def average_precision(scores: FloatArray, present: BoolArray, weights: FloatArray | None = None) -> float:
    """Mean, over the samples with the tag, of the precision at their place in the order, in [0, 1].

    scores, present: (n,), at least one present. Samples of one score share their place.   weights: (n,), positive: so
    many samples each stands for.

    >>> average_precision(np.array([0.9, 0.8, 0.1], np.float32), np.array([True, False, True])).__round__(3)
    0.833
    """
    order = np.argsort(-scores, kind="stable")
    worth = np.ones(len(order)) if weights is None else weights[order].astype(np.float64)
    last = np.append(np.diff(scores[order]) != 0, True)  # of those with one score
    hits, ranks = (present[order] * worth).cumsum()[last], worth.cumsum()[last]
    gained = np.diff(np.append(0, hits))
    return float((gained * hits / ranks).sum() / hits[-1])


def macro_average_precision(
    scores: FloatArray, present: BoolArray, spoken: BoolArray, weights: FloatArray | None = None
) -> float | None:
    """The mean over tags that have a sample with and one without; None where no tag has.

    scores, present, spoken: (n, k); what nobody spoke of is left out.   weights: (n,), as above.
    """
    found = []
    for t in range(present.shape[1]):
        said = spoken[:, t]
        truth = present[said, t]
        if truth.any() and not truth.all():
            found.append(
                average_precision(scores[said, t], truth, None if weights is None else weights[said])
            )
    return float(np.mean(found)) if found else None


def macro_f1(
    probabilities: FloatArray, present: BoolArray, spoken: BoolArray, thresholds: FloatArray
) -> float:
    """The mean over tags of 2·hits / (answered + present), of tags that are present somewhere; 0 without any.

    probabilities, present, spoken: (n, k).   thresholds: (k,).
    """
    answered = (probabilities >= thresholds) & spoken
    truth = present & spoken
    hits = (answered & truth).sum(axis=0)
    both = answered.sum(axis=0) + truth.sum(axis=0)
    there = truth.any(axis=0)
    return float((2 * hits[there] / both[there]).mean()) if there.any() else 0.0


def best_threshold(probabilities: FloatArray, present: BoolArray) -> float:
    """The probability at which answering the tag gives the best F1, half-way to the next lower one; 0.5 for too few.

    probabilities, present: (n,), out of fold.

    >>> best_threshold(np.array([0.1, 0.2, 0.3, 0.4, 0.6], np.float32), np.array([0, 0, 1, 1, 1], bool)).__round__(2)
    0.25
    """
    n_yes = int(present.sum())
    if len(present) < _FEWEST or n_yes < 2 or len(present) - n_yes < 2:
        return DEFAULT_THRESHOLD
    order = np.argsort(-probabilities, kind="stable")
    ordered = probabilities[order].astype(np.float64)
    scores = 2 * present[order].cumsum() / (np.arange(1, len(order) + 1) + n_yes)
    last = np.append(np.diff(ordered) != 0, True)  # a threshold can't part equal ones
    best = int(np.argmax(np.where(last, scores, -1.0)))
    below = ordered[best + 1] if best + 1 < len(ordered) else 0.0
    return round(float((ordered[best] + below) / 2), 4)


@dataclass(frozen=True, slots=True, eq=False)
class TagsCalibration:
    """The logit of the answer is slope · logit + shift, (k,) each."""

    slope: FloatArray
    shift: FloatArray

    def probabilities(self, logits: FloatArray) -> FloatArray:
        """(n, k) -> (n, k)."""
        return sigmoid(logits * self.slope + self.shift)


def calibrated(logits: FloatArray, present: BoolArray, spoken: BoolArray) -> TagsCalibration:
    """Platt scaling [Platt1999] of each tag with a prior, so that a probability means the share of samples with it.

    logits, present, spoken: (n, k), out of fold. The balance of the fit is undone by the shift.
    """
    k = logits.shape[1]
    slope = np.full(k, _PRIOR_SLOPE, dtype=np.float32)
    shift = np.zeros(k, dtype=np.float32)
    for t in range(k):
        said = spoken[:, t]
        truth = present[said, t]
        if truth.any() and not truth.all():
            slope[t], shift[t] = _platt(logits[said, t].astype(np.float64), truth)
    return TagsCalibration(slope, shift)


def _platt(logits: NDArray[np.float64], present: BoolArray) -> tuple[float, float]:
    """Newton's steps on the loss, its targets moved by half a sample, with a prior on the logarithm of the slope."""
    n_yes, n_no = int(present.sum()), int((~present).sum())
    targets = np.where(present, (n_yes + 1) / (n_yes + 2), 1 / (n_no + 2))
    around = float(np.log(_PRIOR_SLOPE))

    def loss(log_slope: float, shift: float) -> float:
        margins = np.exp(log_slope) * logits + shift
        value = float((np.logaddexp(0, margins) - targets * margins).sum())
        return value + _PRIOR_STRENGTH * (log_slope - around) ** 2

    low, high = around - 2.5, around + 2.5
    for _ in range(3):  # a grid, thrice refined, of slopes; the shift that fits each by Newton
        grid = np.linspace(low, high, 7)
        values = [loss(g, _shift(np.exp(g) * logits, targets)) for g in grid]
        best = int(np.argmin(values))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, 6)]
    slope = float(np.exp((low + high) / 2))
    return slope, _shift(slope * logits, targets)


def _shift(scores: NDArray[np.float64], targets: NDArray[np.float64]) -> float:
    shift = 0.0
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(scores + shift, -60, 60)))
        step = float((p - targets).sum()) / max(float((p * (1 - p)).sum()), 1e-6)
        shift -= float(np.clip(step, -2.0, 2.0))
        if abs(step) < 1e-6:
            break
    return float(shift)
