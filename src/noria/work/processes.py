"""Pieces of work through a pool of processes, each with encoders of its own."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from noria.errors import ProcessLost
from noria.work.parent import end_with

_AHEAD = 2  # pieces a process, in work or waiting: what is read and not yet done is in memory

Done = TypeVar("Done")


@contextmanager
def processes_of_our_own(
    count: int, begin: Callable[..., None], given: tuple[Any, ...]
) -> Iterator[ProcessPoolExecutor]:
    """So many, which end with this one. What was begun is finished whatever is raised.

    begin: called in each process first, with what is given; a function of a module, with plain values.
    Raises ProcessLost when one of them was ended.
    """
    pool = ProcessPoolExecutor(
        count,
        multiprocessing.get_context("spawn"),  # a fork would share locks of threads that it has not
        _begin,
        (os.getpid(), begin, given),
    )
    try:
        yield pool
    except BrokenProcessPool:
        raise ProcessLost from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def through_processes(
    do: Callable[..., Done],
    pieces: Iterable[tuple[Any, ...]],
    processes: int,
    begin: Callable[..., None],
    given: tuple[Any, ...],
) -> Iterator[Done]:
    """What `do` makes of each piece's arguments, as they are done. All are functions of modules, with plain values.

    begin: called in each process first, with what is given.
    Raises ProcessLost, and what `do` raises. Pieces that were begun are finished whatever is raised.
    """
    waiting: set[Future[Done]] = set()
    with processes_of_our_own(processes, begin, given) as pool:
        for piece in pieces:
            waiting.add(pool.submit(do, *piece))
            if len(waiting) >= _AHEAD * processes:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (each.result() for each in done)


def _begin(parent: int, begin: Callable[..., None], given: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which lets pieces be finished
    end_with(parent)
    begin(*given)
