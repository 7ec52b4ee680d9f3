"""Chunks through a pool of processes, each with one encoder on one thread."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from noria.encoders import EncoderSet
from noria.errors import NoriaError
from noria.formats import Columns
from noria.serving.bulk_invoking.answering import Answerer, Answering
from noria.serving.bulk_invoking.parts import Parts, write_part
from noria.serving.bulk_invoking.table import Chunk, InputTable
from noria.settings import Settings
from noria.work.parent import end_with

_AHEAD = 2  # chunks a process, in work or waiting: what is read and not yet answered is in memory


class ProcessLost(NoriaError):
    """One of the processes was ended, perhaps for want of memory. What is done is kept: run the same command again, with
    fewer --processes if memory was short."""

    code = "process_lost"


def answer_chunk(chunk: Chunk, answerer: Answerer, part: Path) -> int:
    """Write the chunk's answers as a part; returns how many rows it has. Done twice, it writes the same again."""
    write_part(part, answerer.answers(chunk.rows))
    return len(chunk.rows)


def answer_all(
    table: InputTable,
    columns: Columns,
    answering: Answering,
    parts: Parts,
    settings: Settings,
    processes: int,
    seen: Callable[[int, bool], None],
) -> None:
    """Have a part for each chunk; those that are there are passed over.

    seen: is told of rows as they are done, and whether by this run.
    Raises BadInput where the file can't be read on, ProcessLost. Parts that were begun are finished whatever is raised.
    """
    pool = ProcessPoolExecutor(
        processes,
        multiprocessing.get_context("spawn"),  # a fork would share locks of threads that it has not
        _begin,
        (answering, settings, os.getpid()),
    )
    waiting: set[Future[int]] = set()
    try:
        for chunk in table.chunks(columns):
            if parts.has(chunk.number):
                seen(len(chunk.rows), False)
                continue
            while len(waiting) >= _AHEAD * processes:
                waiting = _some_done(waiting, seen)
            waiting.add(pool.submit(_answer, chunk, parts.path(chunk.number)))
        while waiting:
            waiting = _some_done(waiting, seen)
    except BrokenProcessPool:
        raise ProcessLost from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _some_done(waiting: set[Future[int]], seen: Callable[[int, bool], None]) -> set[Future[int]]:
    done, left = wait(waiting, return_when=FIRST_COMPLETED)
    for each in done:
        seen(each.result(), True)
    return left


_here: list[Answerer] = []  # of this process, once it has begun


def _begin(answering: Answering, settings: Settings, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which lets chunks be finished
    end_with(parent)
    encoder = EncoderSet.of(settings)[answering.function.input]
    _here.append(Answerer(answering, encoder))


def _answer(chunk: Chunk, part: Path) -> int:
    return answer_chunk(chunk, _here[0], part)
