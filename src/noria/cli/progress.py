"""How far long work of the command line is, on stderr."""

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
def progress(total: int) -> Iterator[Seen]:
    """Rows done, rows a second and the time that is left: a bar in a terminal, elsewhere a line for each tenth."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(total).seen
        return
    speed = TextColumn("{task.fields[speed]}")
    bars = (TextColumn("answering"), BarColumn(), MofNCompleteColumn(), speed, TimeRemainingColumn())
    began, mine = time.monotonic(), 0
    with Progress(*bars, console=console, transient=True) as progress:
        task = progress.add_task("", total=total, speed="")

        def seen(rows: int, now: bool) -> None:
            nonlocal mine
            mine += rows if now else 0
            a_second = mine / max(time.monotonic() - began, 1e-3)
            progress.update(task, advance=rows, speed=f"{a_second:,.0f} rows/s")

        yield seen


class _Lines:
    def __init__(self, total: int) -> None:
        self._total = total
        self._began = time.monotonic()
        self._done = self._mine = self._told = 0

    def seen(self, rows: int, now: bool) -> None:
        self._done += rows
        self._mine += rows if now else 0
        tenth = self._done * _TENTH // max(self._total, 1)
        if tenth > self._told and now:
            self._told = tenth
            a_second = self._mine / max(time.monotonic() - self._began, 1e-3)
            left = timedelta(seconds=round((self._total - self._done) / max(a_second, 1e-9)))
            print(
                f"{self._done:,} of {self._total:,} rows, {a_second:,.0f} rows/s, {left} left",
                file=sys.stderr,
            )
