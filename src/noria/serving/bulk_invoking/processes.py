"""Chunks to a pool of processes on this machine, each with one encoder on one thread."""

from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from noria.encoders import EncoderSet
from noria.serving.bulk_invoking.answering import Answerer, Answering
from noria.serving.bulk_invoking.parts import part_of
from noria.serving.bulk_invoking.run import Carrier
from noria.serving.bulk_invoking.table import Chunk
from noria.settings import Settings
from noria.work.processes import processes_of_our_own


@contextmanager
def process_pool(answering: Answering, settings: Settings, processes: int) -> Iterator[Carrier]:
    """Raises ProcessLost when one of them was ended."""
    with processes_of_our_own(processes, _begin, (answering, settings)) as pool:
        yield _Pool(pool, processes)


@dataclass(frozen=True, slots=True)
class _Pool:
    pool: ProcessPoolExecutor
    processes: int

    def at_once(self) -> int:
        return self.processes

    def submit(self, chunk: Chunk) -> Future[bytes]:
        return self.pool.submit(_part, chunk)


_here: list[Answerer] = []  # of this process, once it has begun


def _begin(answering: Answering, settings: Settings) -> None:
    encoder = EncoderSet.of(settings)[answering.function.input]
    _here.append(Answerer(answering, encoder))


def _part(chunk: Chunk) -> bytes:
    return part_of(_here[0].answers(chunk.rows))
