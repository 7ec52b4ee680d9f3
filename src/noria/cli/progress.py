"""How far long work is, for whoever waits in a terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_TENTH = 10  # lines of progress where there is no terminal

Seen = Callable[[int, bool], None]


@contextmanager
def progress(doing: str, total: int, what: str) -> Iterator[Seen]:
    """What is done, how much a second and the time that is left: a bar in a terminal, elsewhere a line for each tenth.

    doing: a word for it, such as answering.   what: there are so many of, such as rows.
    Gives a function to call with how many more are done, and whether by this run.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(total, what).seen
        return
    speed = TextColumn("{task.fields[speed]}")
    bars = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), speed, TimeRemainingColumn())
    began, mine = time.monotonic(), 0
    with Progress(*bars, console=console, transient=True) as bar:
        task = bar.add_task("", total=total, speed="")

        def seen(more: int, now: bool) -> None:
            nonlocal mine
            mine += more if now else 0
            a_second = mine / max(time.monotonic() - began, 1e-3)
            bar.update(task, advance=more, speed=f"{a_second:,.0f} {what}/s")

        yield seen


class _Lines:
    def __init__(self, total: int, what: str) -> None:
        self._total = total
        self._what = what
        self._began = time.monotonic()
        self._done = self._mine = self._told = 0

    def seen(self, more: int, now: bool) -> None:
        self._done += more
        self._mine += more if now else 0
        tenth = self._done * _TENTH // max(self._total, 1)
        if tenth > self._told and now:
            self._told = tenth
            a_second = self._mine / max(time.monotonic() - self._began, 1e-3)
            left = timedelta(seconds=round((self._total - self._done) / max(a_second, 1e-9)))
            print(
                f"{self._done:,} of {self._total:,} {self._what}, {a_second:,.0f} {self._what}/s, {left} left",
                file=sys.stderr,
            )
