"""Confidence that means what it says: one factor on the logits, found on samples the head was not fitted on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noria.learning.arrays import FloatArray, IntArray
from noria.learning.head import DEFAULT_SHARPNESS, softmax

_BOUNDS = (np.log(0.2), np.log(50.0))


@dataclass(frozen=True, slots=True)
class Prior:
    """What is thought of the factor beforehand; without it few separable samples drive it to 50."""

    factor: float = DEFAULT_SHARPNESS  # the usual one
    strength: float = 8.0  # as much as some so many samples


def sharpness(logits: FloatArray, targets: IntArray, prior: Prior = Prior()) -> float:
    """The factor T that minimises n·NLL + s·(ln T - ln usual)², temperature scaling [Guo2017] with a prior.

    logits: (n, k), out of fold.   targets: (n,), columns of the true labels.
    """
    if not len(targets):
        return prior.factor
    low, high = _BOUNDS
    for _ in range(3):  # a grid, thrice refined: the loss is smooth with one valley
        grid = np.linspace(low, high, 9)
        best = int(np.argmin([_loss(logits, targets, t, prior) for t in grid]))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, 8)]
    return round(float(np.exp((low + high) / 2)), 4)


def _loss(logits: FloatArray, targets: IntArray, log_factor: float, prior: Prior) -> float:
    doubt = prior.strength * (log_factor - np.log(prior.factor)) ** 2
    return float(len(targets) * log_loss(softmax(logits * np.float32(np.exp(log_factor))), targets) + doubt)


def log_loss(probabilities: FloatArray, targets: IntArray) -> float:
    """Mean negative logarithm of the true label's probability; 0 is perfect."""
    return float(sample_losses(probabilities, targets).mean())


def sample_losses(probabilities: FloatArray, targets: IntArray) -> NDArray[np.float64]:
    """Negative logarithm of the true label's probability, per sample, (n,)."""
    true = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    return -np.log(np.maximum(true, 1e-12))


def ece(
    probabilities: FloatArray,
    targets: IntArray,
    n_bins: int = 15,
    weights: NDArray[np.float64] | None = None,
) -> float:
    """Expected calibration error [Guo2017], in [0, 1]: how far confidence and accuracy part, bins of equal width.

    weights: (n,) of the rows, all the same unless given.

    >>> ece(np.array([[0.8, 0.2]] * 5, np.float32), np.array([0, 0, 0, 0, 1]))
    0.0
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == targets
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    of = np.ones(len(targets)) if weights is None else weights
    gaps = np.bincount(bins, weights=of * (right - confidence), minlength=n_bins)
    return round(float(np.abs(gaps).sum() / (of.sum() or 1.0)), 6)
