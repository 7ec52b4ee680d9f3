"""Captures that nobody could or would label: shown as coverage, and made up for by those most alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
BANDS = (0.5, 0.8, 0.95)  # confidence bands: below .5, to .8, to .95, above


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A capture with u < π that was skipped for good, was "unsure", or expired."""

    predicted: str
    confidence: float
    propensity: float


def band(confidence: float) -> int:
    """The confidence band, 0 (below .5) to 3 (.95 and above).

    >>> [band(c) for c in (0.2, 0.5, 0.9, 1.0)]
    [0, 1, 2, 3]
    """
    return int(np.searchsorted(BANDS, confidence, side="right"))


def adjusted(
    cells: Sequence[tuple[str, int]],
    weights: Array,
    missing: Sequence[tuple[str, int]],
    missing_weights: Array,
) -> Array:
    """Weights of the answered, raised to stand for the missing of their predicted label × confidence band.

    cells, missing: (predicted label, band) each.   Missing ones of a cell where nobody answered are stood for
    by the whole band, else by all. Without any answered, nothing can stand for them.
    """
    if not len(missing) or not len(weights):
        return weights
    factor = np.ones(len(weights))
    left = missing_weights.astype(float).copy()
    for level in (lambda cell: cell, lambda cell: cell[1], lambda cell: None):
        keys, lost = [level(cell) for cell in cells], [level(cell) for cell in missing]
        for key in {k for k, weight in zip(lost, left, strict=True) if weight > 0}:
            here = np.array([k == key for k in keys])
            there = np.array([k == key for k in lost])
            if here.any():
                factor[here] += (left[there].sum() / weights[here].sum()) * np.ones(int(here.sum()))
                left[there] = 0.0
    return weights * factor
