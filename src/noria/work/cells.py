"""Dividing functions' embeddings into cells, by which their calls are counted."""

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from noria.encoders import EncoderSet, identity
from noria.errors import FunctionNotFound
from noria.learning.arrays import FloatArray, stacked
from noria.learning.cells import LEAST_SAMPLES, make_cells
from noria.records.function import Function
from noria.storage import Storage

log = logging.getLogger("noria.cells")

_SAMPLES = 2_000  # the newest: more tell little more, and take longer


class CellMaker:
    """Makes each function's cells once it has enough samples, and anew when its encoder is another.

    They stay when the function learns: counts before and after a new version are of the same kinds of calls.
    """

    def __init__(self, storage: Storage, encoders: EncoderSet) -> None:
        self._storage = storage
        self._encoders = encoders

    def look(self, functions: Iterable[Function]) -> int:
        """Make those that are wanted; returns how many that were. One function's trouble is not the others'."""
        made, of = 0, self._storage.cells.encoders()
        for function in functions:
            if function.searches or (function.id in of and self._fits(function, of[function.id])):
                continue
            with suppress(FunctionNotFound):  # deleted meanwhile
                try:
                    made += self._make(function)
                except (ValueError, ArithmeticError):
                    log.exception("%s: its embeddings could not be divided into cells", function.id)
        return made

    def _fits(self, function: Function, encoder: str) -> bool:
        """An encoder that has no name yet has embedded nothing."""
        return self._storage.encoders.name(function.input) in (None, encoder)

    def _make(self, function: Function) -> bool:
        places = self._storage.vectors.newest(function.id, _SAMPLES)
        if len(places) < LEAST_SAMPLES:
            return False
        encoder = self._storage.encoders.bind(function.input, identity(self._encoders[function.input]))
        rows = _rows([vector for _, vector in self._storage.vectors.at(places)])
        if len(rows) < LEAST_SAMPLES:
            return False
        cells = make_cells(rows)
        self._storage.cells.make(
            function.id, len(cells), encoder, len(rows), cells.to_bytes(), datetime.now(UTC)
        )
        log.info("%s: %d samples divided into %d cells", function.id, len(rows), len(cells))
        return True


def _rows(vectors: Sequence[bytes]) -> FloatArray:
    """Those as wide as the newest, which is the last: (n, n_dimensions)."""
    mine = [vector for vector in vectors if len(vector) == len(vectors[-1])]
    return stacked(mine)
