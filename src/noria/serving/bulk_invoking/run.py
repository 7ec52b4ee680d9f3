"""Chunks out to where they are answered, and their parts back."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Protocol

from noria.formats import Columns
from noria.serving.bulk_invoking.parts import Parts
from noria.serving.bulk_invoking.table import Chunk, InputTable

_AHEAD = 2  # chunks for each that can be in work: what is read and not yet answered is in memory

Seen = Callable[[int, bool], None]


class Carrier(Protocol):
    """Takes chunks to processes, of this machine or of others."""

    def at_once(self) -> int:
        """How many chunks can be in work, as of now; at least 1."""
        ...

    def submit(self, chunk: Chunk) -> Future[bytes]:
        """The chunk's part. One that has begun may refuse to be cancelled."""
        ...


def answer_all(table: InputTable, columns: Columns, parts: Parts, carrier: Carrier, *seen: Seen) -> None:
    """Have a part for each chunk; those that are there are passed over.

    seen: are told of rows as they are done, and whether by this run.
    Raises BadInput where the file can't be read on, and what the carrier's futures do. Parts that are done, or were begun and
    can't be cancelled, are kept whatever is raised.
    """
    waiting: dict[Future[bytes], Chunk] = {}
    try:
        for chunk in table.chunks(columns):
            if parts.has(chunk.number):
                for each in seen:
                    each(len(chunk.rows), False)
                continue
            while len(waiting) >= _AHEAD * carrier.at_once():
                _keep_some(waiting, parts, seen)
            waiting[carrier.submit(chunk)] = chunk
        while waiting:
            _keep_some(waiting, parts, seen)
    finally:
        begun = [future for future in waiting if not future.cancel()]
        _keep(wait(begun).done, waiting, parts, seen)


def _keep_some(waiting: dict[Future[bytes], Chunk], parts: Parts, seen: Sequence[Seen]) -> None:
    """Raises what one of them raised, when the others are kept."""
    done = wait(waiting, return_when=FIRST_COMPLETED).done
    chunks = _keep(done, waiting, parts, seen)
    for future in done - chunks:
        future.result()


def _keep(
    done: Iterable[Future[bytes]], waiting: dict[Future[bytes], Chunk], parts: Parts, seen: Sequence[Seen]
) -> set[Future[bytes]]:
    """Those that have a part."""
    good = {future for future in done if not future.cancelled() and future.exception() is None}
    parts.write({waiting[future].number: future.result() for future in good})
    for future in good:
        n_rows = len(waiting.pop(future).rows)
        for each in seen:
            each(n_rows, True)
    return good
