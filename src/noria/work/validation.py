"""Full cross-validation beside the training: it chooses the regularisation of later runs and delays none.

It has a process of its own. As a thread of the lowest priority it held the interpreter's lock while the machine let it
wait: on two busy cores a training of 3 s beside it took up to 106 s.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from typing import IO, Protocol

from noria.records.function import Function
from noria.work.train import Trainer

log = logging.getLogger("noria.validation")

FROM = 500  # samples; below it every run cross-validates in full anyway
GROWTH = 1.5  # times the samples of the last one before the next is worth it


class Running(Protocol):
    """What is needed of a process that was started."""

    stdout: IO[bytes] | None

    def poll(self) -> int | None: ...


class BackgroundValidation:
    """One at a time, in a process of the lowest priority."""

    def __init__(self, trainer: Trainer, start: "Callable[[str], Running] | None" = None) -> None:
        """start: begins the validation of a function by its id; a new process unless a test brings its own."""
        self._trainer = trainer
        self._start = start or _start
        self._running: tuple[str, Running] | None = None
        self._validated: dict[str, int] = {}  # samples at the last one, by function

    def offer(self, function: Function, n_samples: int) -> None:
        """Begin one for this function if it has grown enough and none is under way."""
        if self._running is not None or n_samples < max(FROM, GROWTH * self._validated.get(function.id, 0)):
            return
        self._validated[function.id] = n_samples
        try:
            self._running = (function.id, self._start(function.id))
        except OSError as problem:
            log.warning("%s: full cross-validation could not be started: %s", function.id, problem)

    def collect(self) -> None:
        """Take in what one that has ended chose."""
        if self._running is None or (code := self._running[1].poll()) is None:
            return
        (function_id, process), self._running = self._running, None
        chosen = process.stdout.read().strip() if process.stdout else b""
        if code == 0 and chosen:
            self._trainer.prefer(function_id, float(chosen))
            log.info("%s: full cross-validation chose C=%s", function_id, float(chosen))
        elif code:
            log.warning("%s: full cross-validation ended with code %s", function_id, code)


def _start(function_id: str) -> Running:
    command = [sys.executable, "-m", "noria.work.validate", str(os.getpid()), function_id]
    return subprocess.Popen(command, stdout=subprocess.PIPE)
