"""A function's embeddings in memory, kept level with its rows."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from noria.learning.arrays import FloatArray, IntArray
from noria.storage.vectors import Vectors

_ROWS = 4096  # of a block
_AT_ONCE = 1000  # rows read from storage in one go

Block = tuple[IntArray, FloatArray]
"""Places (n,) of samples in creation order, ascending, and their embeddings (n, n_dimensions)."""


class FunctionEmbeddings:
    """One function's. Blocks that were handed out never change; `follow` is called by one thread at a time."""

    def __init__(self, vectors: Vectors, function_id: str, n_dimensions: int) -> None:
        self._vectors = vectors
        self._id = function_id
        self._n_dimensions = n_dimensions
        self._blocks: list[_Filling] = []
        self._last = 0  # the last place that was looked at

    @property
    def n_bytes(self) -> int:
        return sum(block.n for block in self._blocks) * self._n_dimensions * 4

    def blocks(self) -> list[Block]:
        return [block.filled() for block in self._blocks]

    def follow(self, fits: Callable[[int], bool]) -> list[int] | None:
        """Take in what is new, let go of what is gone; the places of staged samples.

        fits: whether so many bytes may be held. Where they may not, everything is let go and None returned.
        Places are never given twice and come in order, so that as many rows as there are places here, up to the
        last one seen, means the same rows. Raises FunctionNotFound.
        """
        fresh = self._vectors.places(self._id, after=self._last)
        if not fits(self.n_bytes + len(fresh) * self._n_dimensions * 4):
            self._blocks, self._last = [], 0
            return None
        for ids, rows in stream(self._vectors, fresh):
            self._append(ids, rows)
            self._last = int(ids[-1])  # if the next ones can't be read, these are not read again
        self._last = fresh[-1] if fresh else self._last
        standing = self._vectors.standing(self._id, self._last)
        if standing.n != sum(block.n for block in self._blocks):
            self._keep(np.array(self._vectors.places(self._id, upto=self._last), dtype=np.int64))
        return standing.staged

    def _append(self, ids: IntArray, rows: FloatArray) -> None:
        while len(ids):
            if not self._blocks or self._blocks[-1].room == 0:
                self._blocks.append(_Filling(self._n_dimensions))
            taken = self._blocks[-1].take(ids, rows)
            ids, rows = ids[taken:], rows[taken:]

    def _keep(self, places: IntArray) -> None:
        kept = (block.only(places) for block in self._blocks)
        self._blocks = [block for block in kept if block.n]


def stream(vectors: Vectors, places: Sequence[int]) -> Iterator[Block]:
    """The embeddings at these places, piece by piece straight from storage."""
    for start in range(0, len(places), _AT_ONCE):
        found = vectors.at(places[start : start + _AT_ONCE])
        if found:
            ids = np.array([place for place, _ in found], dtype=np.int64)
            yield ids, np.frombuffer(b"".join(v for _, v in found), dtype="<f4").reshape(len(found), -1)


class _Filling:
    """A block that is filled from the front: what has been handed out stays as it is."""

    def __init__(self, n_dimensions: int) -> None:
        self._ids = np.empty(_ROWS, dtype=np.int64)
        self._rows = np.empty((_ROWS, n_dimensions), dtype=np.float32)  # memory is taken as it is filled
        self.n = 0

    @property
    def room(self) -> int:
        return _ROWS - self.n

    def filled(self) -> Block:
        return self._ids[: self.n], self._rows[: self.n]

    def take(self, ids: IntArray, rows: FloatArray) -> int:
        """Fill in as many as there is room for; returns how many."""
        n = min(self.room, len(ids))
        self._ids[self.n : self.n + n], self._rows[self.n : self.n + n] = ids[:n], rows[:n]
        self.n += n
        return n

    def only(self, places: IntArray) -> "_Filling":
        """This block if all of it is among the places, else a new one with those rows that are."""
        ids, rows = self.filled()
        stay = np.isin(ids, places)
        if stay.all():
            return self
        kept = _Filling(rows.shape[1])
        kept.take(ids[stay], rows[stay])
        return kept
