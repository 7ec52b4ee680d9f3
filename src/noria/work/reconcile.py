"""The reconciler: finds functions whose wanted change is not yet done, and has them trained."""

import logging
import time
from datetime import UTC, datetime, timedelta

from noria.records.function import Function
from noria.storage import Storage
from noria.work.train import Trainer
from noria.work.validation import BackgroundValidation

log = logging.getLogger("noria.reconcile")

TICK_S = 0.05
QUIET_S = 0.15  # a burst of annotations is waited out this long …
MAX_WAIT_S = 2.0  # … but no longer than this
FAILED_WAIT_S = 10.0  # before a run that failed is tried again
UPKEEP_S = 60.0  # between looks at what expires and what the queue has too much of


class Reconciler:
    """One step at a time: train what waits longest, else see to the queues. Full cross-validation runs beside it."""

    def __init__(self, storage: Storage, trainer: Trainer) -> None:
        self._storage = storage
        self._trainer = trainer
        self._failed: dict[str, float] = {}
        self._upkeep_at = float("-inf")
        self._validation = BackgroundValidation(trainer)

    def step(self) -> bool:
        """Do one thing that is due. Returns whether there was any."""
        if (function := self._due()) is not None:
            self._train(function)
            return True
        if time.monotonic() - self._upkeep_at > UPKEEP_S:
            self._upkeep_at = time.monotonic()
            self._keep_queues()
        return False

    def _due(self) -> Function | None:
        now = datetime.now(UTC)
        ready = [f for f in self._storage.functions.waiting() if self._is_ready(f, now)]
        return min(ready, key=lambda f: f.wanted_since or now, default=None)

    def _is_ready(self, function: Function, now: datetime) -> bool:
        if time.monotonic() < self._failed.get(function.id, float("-inf")):
            return False
        quiet = function.wanted_last is None or now - function.wanted_last >= timedelta(seconds=QUIET_S)
        waited = function.wanted_since is None or now - function.wanted_since >= timedelta(seconds=MAX_WAIT_S)
        return quiet or waited

    def _train(self, function: Function) -> None:
        try:
            version = self._trainer.run(function)
        except Exception:  # recorded with the run; the function goes on with the version it has
            self._failed[function.id] = time.monotonic() + FAILED_WAIT_S
            return
        self._failed.pop(function.id, None)
        if version is not None:
            log.info("%s: %s", function.id, version.reason)
            self._validation.offer(function, version.n_samples)

    def _keep_queues(self) -> None:
        now = datetime.now(UTC)
        for function in self._storage.functions.page(None, 10_000):
            age = timedelta(days=function.capture.expire_after_days)
            self._storage.queue.expire(function.id, now - age, now)
            self._storage.queue.evict(function.id, function.capture.queue_limit, now)
