"""From the embeddings of rows to the features that a table's model is fitted on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Protocol

import numpy as np

from noria.learning.arrays import BoolArray, FloatArray, IntArray, normalised
from noria.learning.rows import number_code
from noria.learning.rows.column import Column, column_of
from noria.learning.rows.layout import TEXT_WIDTH, Layout
from noria.records.field import FieldType

_FAR = 8.0  # standard deviations, where numbers are cut off
_ALIKE = 0.9995  # cosine of a known category
_AT_ONCE = 1000  # rows, to bound the memory of many

Placed = tuple[int, Column]
"""A column and the place of its first feature."""


class _Reader(Protocol):
    """One kind of feature of all columns that have it: a row would else take a dozen small steps for each."""

    def read(self, rows: FloatArray, features: FloatArray) -> None:
        """Write what it finds in (n, layout.width) to its places in (n, n_features)."""
        ...


class _Numbers(_Reader):
    """Standardised, with the median for missing ones; and which are missing."""

    def __init__(self, placed: Sequence[Placed]) -> None:
        self._slots = _slots(placed, number_code.WIDTH)
        self._at = np.array([at for at, _ in placed])
        self._mean = np.array([float(column.centre[0]) for _, column in placed])
        self._median = np.array([float(column.centre[1]) for _, column in placed])
        self._scale = np.array([column.scale for _, column in placed])

    def read(self, rows: FloatArray, features: FloatArray) -> None:
        numbers = number_code.decoded(rows[:, self._slots].reshape(-1, number_code.WIDTH))
        numbers = numbers.reshape(len(rows), len(self._at))
        missing = np.isnan(numbers)
        far = (np.where(missing, self._median, numbers) - self._mean) / self._scale
        features[:, self._at] = np.clip(far, -_FAR, _FAR)
        features[:, self._at + 1] = missing


class _Categories(_Reader):
    """1 where a text is the known one."""

    def __init__(self, placed: Sequence[Placed]) -> None:
        most = max(len(column.categories) for _, column in placed)
        self._slots = _slots(placed, TEXT_WIDTH)
        # Padded with zeros, which are like no text.
        self._known = np.zeros((len(placed), TEXT_WIDTH, most), dtype=np.float32)
        for i, (_, column) in enumerate(placed):
            self._known[i, :, : len(column.categories)] = column.categories.T
        self._at = np.array([at for at, _ in placed])[:, None]

    def read(self, rows: FloatArray, features: FloatArray) -> None:
        vectors = normalised(rows[:, self._slots].reshape(-1, TEXT_WIDTH))
        likeness = vectors.reshape(len(rows), -1, TEXT_WIDTH).swapaxes(0, 1) @ self._known
        field, row = np.nonzero(likeness.max(axis=2) >= _ALIKE)
        features[row, self._at[field, 0] + likeness[field, row].argmax(axis=1)] = 1


class _Free(_Reader):
    """The vector itself, of one field."""

    def __init__(self, placed: Placed) -> None:
        at, self._column = placed
        end = at + self._column.n_features
        self._places = slice(at + len(self._column.categories), end)

    def read(self, rows: FloatArray, features: FloatArray) -> None:
        column = self._column
        vectors = normalised(rows[:, column.where])
        present = vectors.any(axis=1, keepdims=True)
        centred = np.where(present, (vectors - column.centre) / np.float32(column.scale), np.float32(0))
        turned = centred if column.directions is None else centred @ column.directions
        features[:, self._places] = turned


def _slots(placed: Sequence[Placed], width: int) -> IntArray:
    """(fields, width), where their numbers stand in the embedding of a row."""
    return np.array([column.where.start for _, column in placed])[:, None] + np.arange(width)


@dataclass(frozen=True, eq=False)
class Vectoriser:
    """Numbers standardised, with the median for missing ones; frequent texts one by one; free texts and images as vectors."""

    layout: Layout
    columns: tuple[Column, ...]

    @classmethod
    def fitted(cls, embeddings: FloatArray, layout: Layout) -> "Vectoriser":
        """embeddings: (n, layout.width), of the rows to learn from."""
        columns = []
        for type, where, alive in zip(layout.types, layout.slices, layout.alive, strict=True):
            if alive and (column := column_of(type, where, embeddings[:, where])) is not None:
                columns.append(column)
        return cls(layout, tuple(columns))

    def features(self, embeddings: FloatArray) -> FloatArray:
        """(n, any width) -> (n, n_features)."""
        rows = self.layout.fitted(embeddings)
        found = np.zeros((len(rows), self._ends[-1] or 1), dtype=np.float32)
        for begin in range(0, len(rows), _AT_ONCE):
            for reader in self._readers:
                reader.read(rows[begin : begin + _AT_ONCE], found[begin : begin + _AT_ONCE])
        return found

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate((column.n_features for column in self.columns), initial=0))

    @cached_property
    def _readers(self) -> list[_Reader]:
        placed = list(zip(self._ends, self.columns, strict=False))
        numbers = [each for each in placed if each[1].type is FieldType.NUMBER]
        categories = [each for each in placed if len(each[1].categories)]
        readers: list[_Reader] = [_Free(each) for each in placed if each[1].free]
        if numbers:
            readers.append(_Numbers(numbers))
        if categories:
            readers.append(_Categories(categories))
        return readers

    @property
    def for_trees(self) -> BoolArray:
        """Which of the features trees choose from, while a head is fitted, (n_features,)."""
        return np.concatenate([column.for_trees for column in self.columns] or [np.ones(1, dtype=np.bool_)])

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
