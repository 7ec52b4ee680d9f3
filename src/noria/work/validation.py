"""Full cross-validation beside the training: it chooses the regularisation of later runs and delays none."""

import logging
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from noria.records.function import Function
from noria.work.train import Trainer

log = logging.getLogger("noria.validation")

FROM = 500  # samples; below it every run cross-validates in full anyway
GROWTH = 1.5  # times the samples of the last one before the next is worth it
_LOWEST_PRIORITY = 19


class BackgroundValidation:
    """One at a time, on a thread of the lowest priority."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="validation", initializer=_step_back)
        self._running: Future[None] | None = None
        self._validated: dict[str, int] = {}  # samples at the last one, by function

    def offer(self, function: Function, n_samples: int) -> None:
        """Begin one for this function if it has grown enough and none is under way."""
        if n_samples < max(FROM, GROWTH * self._validated.get(function.id, 0)):
            return
        if self._running is None or self._running.done():
            self._validated[function.id] = n_samples
            self._running = self._thread.submit(self._validate, function)

    def _validate(self, function: Function) -> None:
        try:
            c = self._trainer.cross_validate(function)
            log.info("%s: full cross-validation chose C=%s", function.id, c)
        except Exception:
            log.exception("full cross-validation of %s failed", function.id)


def _step_back() -> None:
    if hasattr(os, "setpriority"):  # on Linux a thread has a priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST_PRIORITY)
