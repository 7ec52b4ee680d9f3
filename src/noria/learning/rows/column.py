"""How one field of a row is read, fitted on the rows to learn from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noria.learning.arrays import BoolArray, FloatArray, normalised
from noria.learning.rows import number_code
from noria.records.field import FieldType

MAX_CATEGORIES = 40  # of a field, the most frequent
_FREE_FROM = 0.3  # of a text field's rows: with more distinct values it is free text …
_FREE_ABOVE = 4  # … and with more than these
_SEEN_BY_TREES = (
    30  # directions of a free field: a tree that chooses among all 128 mostly chooses one that says nothing
)
_FLAT = 1e-8  # of the variance along the first direction, below which there is none along another
_SAME = 1e-6  # by which equal texts may differ along a line after scaling and unscaling


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """How one field is read. Numbers: `centre` and `scale` of one dimension; texts and images: of their vectors."""

    type: FieldType
    where: slice
    centre: NDArray[np.floating]  # (d,); of a number its mean, and what stands for a missing one
    scale: float
    categories: FloatArray  # (m, d) of unit length, each a feature of its own
    free: bool  # the vector itself is in the features too
    directions: FloatArray | None = (
        None  # (d, r), principal ones of a free field; None: the axes, in older heads
    )

    @property
    def n_features(self) -> int:
        """A number has two: itself, and whether it is missing. A text its categories, then its vector."""
        if self.type is FieldType.NUMBER:
            return 2
        return len(self.categories) + self._n_free

    @property
    def for_trees(self) -> BoolArray:
        """Which of its features trees choose from."""
        if self.type is FieldType.NUMBER:
            return np.ones(2, dtype=np.bool_)
        width = self.directions.shape[1] if self.directions is not None else 0
        return np.concatenate(
            [np.ones(len(self.categories), dtype=np.bool_), np.arange(width) < _SEEN_BY_TREES]
        )

    @property
    def _n_free(self) -> int:
        if not self.free:
            return 0
        return len(self.centre) if self.directions is None else self.directions.shape[1]


def column_of(type: FieldType, where: slice, slot: FloatArray) -> Column | None:
    """How a field is read, by the rows to learn from; None for one that says nothing: always missing, or texts that never repeat among few."""
    present: BoolArray = np.any(slot != 0, axis=1)
    if not present.any():
        return None
    if type is FieldType.NUMBER:
        return _number_column(where, number_code.decoded(slot))
    vectors = normalised(slot[present])
    categories, distinct = _categories(vectors) if type is FieldType.TEXT else (vectors[:0], len(vectors))
    free = type is FieldType.IMAGE or distinct > max(_FREE_ABOVE, _FREE_FROM * len(slot))
    if not free and not len(categories):
        return None
    centre = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    scale = float(np.linalg.norm(vectors - centre, axis=1).mean())
    directions = _directions(vectors - centre) if free else None
    return Column(type, where, centre, max(scale, 1e-6), categories, free, directions)


def _directions(rows: FloatArray) -> FloatArray:
    """(n, d) centred -> (d, r), orthonormal, the one along which they differ most first."""
    variances, axes = np.linalg.eigh(rows.T.astype(np.float64) @ rows)
    telling = np.flatnonzero(variances > _FLAT * max(variances[-1], 1e-12))[::-1]
    return np.ascontiguousarray(axes[:, telling], dtype=np.float32)


def _number_column(where: slice, numbers: number_code.Numbers) -> Column:
    median = float(np.nanmedian(numbers))
    filled = np.where(np.isnan(numbers), median, numbers)
    centre = np.array([filled.mean(), median])
    scale = float(filled.std())
    none = np.zeros((0, 0), dtype=np.float32)
    return Column(FieldType.NUMBER, where, centre, scale if scale > 0 else 1.0, none, False)


def _categories(vectors: FloatArray) -> tuple[FloatArray, int]:
    """Vectors that occur more than once, the most frequent first, and how many different ones there are.

    Equal texts lie at one place of any line; others hardly ever do.
    """
    line = np.cos(np.arange(vectors.shape[1])).astype(np.float32)
    places = vectors @ (line / np.linalg.norm(line))
    order = np.argsort(places, kind="stable")
    begins = np.flatnonzero(np.concatenate([[True], np.diff(places[order]) > _SAME]))
    counts = np.diff([*begins, len(order)])
    frequent = [i for i in np.argsort(-counts, kind="stable")[:MAX_CATEGORIES] if counts[i] > 1]
    return vectors[order[begins[frequent]]], len(begins)
