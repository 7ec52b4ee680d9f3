"""From the embeddings of rows to the features that a table's model is fitted on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noria.learning.arrays import BoolArray, FloatArray, normalised
from noria.learning.rows import number_code
from noria.learning.rows.layout import Layout
from noria.records.field import FieldType

MAX_CATEGORIES = 40  # of a field, the most frequent
_FAR = 8.0  # standard deviations, where numbers are cut off
_FREE_FROM = 0.3  # of a text field's rows: with more distinct values it is free text …
_FREE_ABOVE = 4  # … and with more than these
_SEEN_BY_TREES = (
    30  # directions of a free field: a tree that chooses among all 128 mostly chooses one that says nothing
)
_FLAT = 1e-8  # of the variance along the first direction, below which there is none along another
_SAME = 1e-6  # by which equal texts may differ along a line after scaling and unscaling
_ALIKE = 0.9995  # cosine of a known category


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

    def features(self, slot: FloatArray) -> list[FloatArray]:
        """(n, width) -> blocks of (n, some)."""
        if self.type is FieldType.NUMBER:
            return self._number(slot)
        vectors = normalised(slot)
        blocks = []
        if len(self.categories):
            likest = vectors @ self.categories.T
            best = likest.argmax(axis=1)[:, None] == np.arange(len(self.categories))
            blocks.append(np.asarray(best & (likest >= _ALIKE), dtype=np.float32))
        if self.free:
            present = vectors.any(axis=1, keepdims=True)
            rows = np.where(present, (vectors - self.centre) / np.float32(self.scale), np.float32(0))
            blocks.append(rows if self.directions is None else rows @ self.directions)
        return blocks

    def for_trees(self) -> BoolArray:
        """Which of its features trees choose from."""
        if self.type is FieldType.NUMBER:
            return np.ones(2, dtype=np.bool_)
        width = self.directions.shape[1] if self.directions is not None else 0
        return np.concatenate(
            [np.ones(len(self.categories), dtype=np.bool_), np.arange(width) < _SEEN_BY_TREES]
        )

    def _number(self, slot: FloatArray) -> list[FloatArray]:
        numbers = number_code.decoded(slot)
        missing = np.isnan(numbers)
        far = (np.where(missing, float(self.centre[1]), numbers) - float(self.centre[0])) / self.scale
        return [
            np.asarray(np.clip(far, -_FAR, _FAR), dtype=np.float32)[:, None],
            missing[:, None].astype(np.float32),
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Vectoriser:
    """Numbers standardised, with the median for missing ones; frequent texts one by one; free texts and images as vectors."""

    layout: Layout
    columns: tuple[Column, ...]

    @classmethod
    def fitted(cls, embeddings: FloatArray, layout: Layout) -> "Vectoriser":
        """embeddings: (n, layout.width), of the rows to learn from."""
        columns = []
        for type, where, alive in zip(layout.types, layout.slices, layout.alive, strict=True):
            if alive and (column := _column(type, where, embeddings[:, where])) is not None:
                columns.append(column)
        return cls(layout, tuple(columns))

    def features(self, embeddings: FloatArray) -> FloatArray:
        """(n, any width) -> (n, n_features)."""
        rows = self.layout.fitted(embeddings)
        blocks = [block for column in self.columns for block in column.features(rows[:, column.where])]
        return np.hstack(blocks) if blocks else np.zeros((len(rows), 1), dtype=np.float32)

    @property
    def for_trees(self) -> BoolArray:
        """Which of the features trees choose from, while a head is fitted, (n_features,)."""
        return np.concatenate([column.for_trees() for column in self.columns] or [np.ones(1, dtype=np.bool_)])

    def arrays(self) -> dict[str, np.ndarray]:
        """For an npz archive."""
        found: dict[str, np.ndarray] = {
            "types": np.array([list(FieldType).index(type) for type in self.layout.types], dtype=np.int64),
            "alive": np.array(self.layout.alive, dtype=np.bool_),
            "slots": np.array([self.layout.slices.index(c.where) for c in self.columns], dtype=np.int64),
            "scales": np.array([c.scale for c in self.columns], dtype=np.float64),
            "free": np.array([c.free for c in self.columns], dtype=np.bool_),
        }
        for i, column in enumerate(self.columns):
            found |= {f"centre{i}": column.centre, f"categories{i}": column.categories}
            if column.directions is not None:
                found[f"directions{i}"] = column.directions
        return found

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> "Vectoriser":
        """What `arrays` gave. Raises KeyError, IndexError, ValueError for anything else."""
        types = tuple(list(FieldType)[i] for i in arrays["types"].tolist())
        layout = Layout(types, tuple(arrays["alive"].tolist()))
        columns = [
            Column(
                types[slot], layout.slices[slot], arrays[f"centre{i}"], scale,
                arrays[f"categories{i}"], free, arrays.get(f"directions{i}"),
            )
            for i, (slot, scale, free) in enumerate(
                zip(arrays["slots"].tolist(), arrays["scales"].tolist(), arrays["free"].tolist(), strict=True)
            )
        ]  # fmt: skip
        return cls(layout, tuple(columns))


def _column(type: FieldType, where: slice, slot: FloatArray) -> Column | None:
    """None for a field that says nothing: always missing, or texts that never repeat among few."""
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
