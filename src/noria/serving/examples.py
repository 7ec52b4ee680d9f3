"""What the calls of a cell are like: a few of its samples."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np

from noria.learning.arrays import FloatArray, IntArray
from noria.learning.cells import Cells, telling
from noria.records.sample import Origin, Sample
from noria.storage import Storage, StoredCells

SHOWN = 3
_SAMPLES = 1_000  # the newest that are looked at
_OF_CELL = 200  # of these: all pairs are compared


def examples(
    storage: Storage, function_id: str, stored: StoredCells, grown: Mapping[int, datetime | None]
) -> dict[int, tuple[Sample, ...]]:
    """Up to three samples of each cell, the most telling first; a cell without any is left out.

    grown: since when a cell has more calls: of it those that were captured since and are least like what it had before.
    None where it has not, and where nothing was captured: of it the most typical. Raises ModelDamaged.
    """
    newest, cells = storage.vectors.newest, Cells.from_bytes(stored.arrays)
    first = min((since for since in grown.values() if since), default=None)
    chosen = {}
    if first is not None:
        before = _Placed.of(storage, cells, newest(function_id, _SAMPLES, until=first))
        captured = newest(function_id, _SAMPLES, since=first, origin=Origin.INVOKE_CAPTURE)
        after = _Placed.of(storage, cells, captured)
        for cell in (cell for cell, since in grown.items() if since):
            chosen[cell] = after.telling(cell - stored.first, before)
    if not all(chosen.get(cell) for cell in grown):
        here = _Placed.of(storage, cells, newest(function_id, _SAMPLES))
        for cell in (cell for cell in grown if not chosen.get(cell)):
            chosen[cell] = here.telling(cell - stored.first)
    samples = _samples(storage, function_id, [place for places in chosen.values() for place in places])
    found = {cell: tuple(samples[p] for p in places if p in samples) for cell, places in chosen.items()}
    return {cell: shown for cell, shown in found.items() if shown}


class _Placed:
    """Samples with their cells."""

    def __init__(self, places: IntArray, rows: FloatArray, cells: IntArray) -> None:
        self._places, self._rows, self._cells = places, rows, cells

    @classmethod
    def of(cls, storage: Storage, cells: Cells, places: list[int]) -> "_Placed":
        found = [(p, v) for p, v in storage.vectors.at(places) if len(v) == 4 * cells.n_dimensions]
        rows = np.frombuffer(b"".join(v for _, v in found), dtype="<f4").reshape(-1, cells.n_dimensions)
        return cls(np.array([place for place, _ in found], dtype=np.int64), rows, cells.of(rows))

    def telling(self, cell: int, before: "_Placed | None" = None) -> list[int]:
        """Places of those that show the cell best, against what it held before."""
        places, rows = self._of_cell(cell)
        return [
            int(places[i]) for i in telling(rows, before._of_cell(cell)[1] if before else rows[:0], SHOWN)
        ]

    def _of_cell(self, cell: int) -> tuple[IntArray, FloatArray]:
        """Places and embeddings of the newest in it."""
        here = np.flatnonzero(self._cells == cell)[-_OF_CELL:]
        return self._places[here], self._rows[here]


def _samples(storage: Storage, function_id: str, places: list[int]) -> dict[int, Sample]:
    staged = storage.vectors.samples(function_id, places, staged=True)
    return staged | storage.vectors.samples(function_id, places, staged=False)
