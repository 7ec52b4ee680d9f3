"""Chunks to a pool of processes on this machine, each with one encoder on one thread."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass

from noria.encoders import EncoderSet
from noria.errors import ProcessLost
from noria.serving.bulk_invoking.answering import Answerer, Answering
from noria.serving.bulk_invoking.parts import part_of
from noria.serving.bulk_invoking.run import Carrier
from noria.serving.bulk_invoking.table import Chunk
from noria.settings import Settings
from noria.work.parent import end_with


@contextmanager
def process_pool(answering: Answering, settings: Settings, processes: int) -> Iterator[Carrier]:
    """Raises ProcessLost when one of them was ended."""
    pool = ProcessPoolExecutor(
        processes,
        multiprocessing.get_context("spawn"),  # a fork would share locks of threads that it has not
        _begin,
        (answering, settings, os.getpid()),
    )
    try:
        yield _Pool(pool, processes)
    except BrokenProcessPool:
        raise ProcessLost from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Pool:
    pool: ProcessPoolExecutor
    processes: int

    def at_once(self) -> int:
        return self.processes

    def submit(self, chunk: Chunk) -> Future[bytes]:
        return self.pool.submit(_part, chunk)


_here: list[Answerer] = []  # of this process, once it has begun


def _begin(answering: Answering, settings: Settings, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which lets chunks be finished
    end_with(parent)
    encoder = EncoderSet.of(settings)[answering.function.input]
    _here.append(Answerer(answering, encoder))


def _part(chunk: Chunk) -> bytes:
    return part_of(_here[0].answers(chunk.rows))
