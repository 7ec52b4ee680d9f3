"""Cells: a few regions of the embedding space, into which every call falls, whatever it is answered."""

import io
from dataclasses import dataclass

import numpy as np

from noria.errors import ModelDamaged
from noria.learning.arrays import FloatArray, IntArray, normalised
from noria.learning.stored import stored_arrays

MOST = 32  # cells: with fewer, one new kind of call drowns in its cell; with more, each has too few calls an hour
LEAST_SAMPLES = 200  # from which cells are made
_FORMAT = 1
_ROUNDS = 30
_SEED = 1  # fixed: same samples, same cells
_NEAREST = 3
_COPY = 0.95  # cosine from which one example says no more than the other


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Centres in the embedding space; a call belongs to the nearest one. Never changed once made."""

    centres: FloatArray  # (k, d)
    offsets: FloatArray  # (k,), half of each centre's squared length

    @classmethod
    def around(cls, centres: FloatArray) -> "Cells":
        """centres: (k, d)."""
        return cls(centres, np.asarray((centres * centres).sum(axis=1) / 2, dtype=np.float32))

    def __len__(self) -> int:
        return len(self.centres)

    @property
    def n_dimensions(self) -> int:
        return int(self.centres.shape[1])

    def of_one(self, embedding: FloatArray) -> int:
        """The cell, in [0, k), of one embedding, (d,)."""
        return int((self.centres @ embedding - self.offsets).argmax())

    def of(self, rows: FloatArray) -> IntArray:
        """The same for many: (n, d) -> (n,)."""
        return np.asarray((rows @ self.centres.T - self.offsets).argmax(axis=1), dtype=np.int64)

    def to_bytes(self) -> bytes:
        """As an npz archive without pickles."""
        buffer = io.BytesIO()
        np.savez(buffer, format=np.int64(_FORMAT), centres=self.centres)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Cells":
        """Raises ModelDamaged for anything but what `to_bytes` wrote."""
        with stored_arrays(data) as arrays:
            version, centres = int(arrays["format"]), arrays["centres"]
        if version != _FORMAT or centres.ndim != 2 or not len(centres) or centres.dtype != np.float32:
            raise ModelDamaged(problem="these are no cells")
        if not np.isfinite(centres).all():
            raise ModelDamaged(problem="numbers that are not finite")
        return cls.around(centres)


def make_cells(rows: FloatArray, most: int = MOST) -> Cells:
    """Cells of these samples by k-means [Lloyd1982] from far-apart beginnings [Arthur2007].

    rows: (n, d), n at least 1.   At most so many cells, none of them empty; fewer where rows are copies.
    Same input, same bytes.
    """
    distinct = np.unique(rows, axis=0)
    centres = _apart(distinct, min(most, len(distinct)))
    for _ in range(_ROUNDS):
        place = Cells.around(centres).of(rows)
        moved = _means(rows, place, len(centres))
        if np.array_equal(moved, centres):
            break
        centres = moved
    return Cells.around(centres)


def telling(rows: FloatArray, before: FloatArray, count: int) -> list[int]:
    """Positions of the rows that show best what has come to a cell: like many of the rows, unlike what was there before.

    rows: (n, d).   before: (m, d), m may be 0: then they are the most typical.   At most `count`, none a near copy of
    another while there are others.
    """
    if not len(rows):
        return []
    fresh, old = normalised(rows), normalised(before) if len(before) else None
    among = fresh @ fresh.T
    score = _to_nearest(among, without_self=True)
    if old is not None:
        score = score - _to_nearest(fresh @ old.T)
    order = np.argsort(-score, kind="stable").tolist()
    chosen: list[int] = []
    for i in order:
        if len(chosen) < count and all(among[i, j] < _COPY for j in chosen):
            chosen.append(i)
    return chosen


def _apart(rows: FloatArray, k: int) -> FloatArray:
    """k rows, each drawn with a chance that grows with its squared distance to those drawn before."""
    rng = np.random.default_rng(_SEED)
    chosen = [int(rng.integers(len(rows)))]
    distance = _squared(rows, rows[chosen[0]])
    while len(chosen) < k:
        drawn = int(rng.choice(len(rows), p=distance / distance.sum()))
        chosen.append(drawn)
        distance = np.minimum(distance, _squared(rows, rows[drawn]))
    return rows[chosen]


def _squared(rows: FloatArray, row: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    apart = (rows - row).astype(np.float64)
    return np.asarray((apart * apart).sum(axis=1))


def _means(rows: FloatArray, place: IntArray, k: int) -> FloatArray:
    """The mean of each cell's rows, (at most k, d): a cell that has lost all of them is gone."""
    counts = np.bincount(place, minlength=k)
    here = counts > 0
    share = np.zeros((k, len(rows)), dtype=np.float32)
    share[place, np.arange(len(rows))] = 1 / counts[place]
    return np.asarray(share[here] @ rows, dtype=np.float32)


def _to_nearest(cosines: FloatArray, without_self: bool = False) -> FloatArray:
    """Mean cosine of each row to its nearest few: (n, m) -> (n,)."""
    if without_self:
        if len(cosines) == 1:
            return np.ones(1, dtype=np.float32)
        cosines = cosines.copy()
        np.fill_diagonal(cosines, -1.0)
    few = min(_NEAREST, cosines.shape[1] - without_self)
    return np.asarray(np.sort(cosines, axis=1)[:, -few:].mean(axis=1))
