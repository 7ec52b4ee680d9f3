"""The reconciler: finds functions whose wanted change is not yet done, and has them trained."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from noria.errors import FilesAway, FunctionNotFound, NoriaError
from noria.records.function import Function
from noria.storage import OUTAGES, Storage
from noria.work.cells import CellMaker
from noria.work.reembedding.mending import Mender
from noria.work.train import Trainer
from noria.work.validation import BackgroundValidation

log = logging.getLogger("noria.reconcile")

TICK_S = 0.05
QUIET_S = 0.15  # a burst of annotations is waited out this long …
MAX_WAIT_S = 2.0  # … but no longer than this,
MAX_WAIT_RUNS = (
    3.0  # … or than so many times the last run took: an import keeps the worker busy a quarter of the time
)
FAILED_WAIT_S = 10.0  # before a run that failed is tried again …
AWAY_WAIT_S = 1.0  # … or one that only lacked the database or its files
ELSEWHERE_S = 0.5  # before a function that another worker has is asked for again
UNCHANGED_S = 1.0  # between looks at a database in which nothing was committed
ABANDONED_S = 2.0  # between looks for runs whose worker is gone
UPKEEP_S = (
    60.0  # between looks at what expires, what the queue has too much of, and whose cells are to be made
)

_DELETED, _DELETIONS = 100, 50  # samples in one transaction, and such transactions of a function in one look
_UPKEEP, _MENDING = "upkeep", "mending"  # the turns of what is not one function's


class Reconciler:
    """One step at a time: train what waits longest, else bring predictions up to what is live, else see to queues and cells.

    Several can work on one database: each function has one of them at a time. Full cross-validation runs beside it.
    """

    def __init__(
        self,
        storage: Storage,
        trainer: Trainer,
        validation: BackgroundValidation | None = None,
        cells: CellMaker | None = None,
        mender: Mender | None = None,
    ) -> None:
        """cells: makes the cells that calls are counted by; left out, none are made.   mender: the same for vectors."""
        self._storage = storage
        self._trainer = trainer
        self._failed: dict[str, float] = {}
        self._took: dict[str, float] = {}  # seconds of each function's last run
        self._seen: dict[str, int] = {}  # changed_seq of each function whose predictions were last looked at
        self._upkeep_at = float("-inf")
        self._abandoned_at = float("-inf")
        self._elsewhere: dict[str, float] = {}  # when to ask again for the turn of what another worker has
        self._idle_state: int | None = None  # of the database, where there was nothing to train or predict
        self._look_at = float("-inf")  # again, whatever the state
        self._cells = cells
        self._mender = mender
        self._validation = validation or BackgroundValidation(trainer)

    def step(self) -> bool:
        """Do one thing that is due. Returns whether there was any."""
        self._validation.collect()
        state = self._storage.database.state()
        if state is not None and state == self._idle_state and time.monotonic() < self._look_at:
            return False
        self._idle_state, self._look_at = None, time.monotonic() + UNCHANGED_S
        waiting = self._storage.functions.waiting()
        if any(self._train(function.id) for function in self._due(waiting)):
            return True
        changed = self._changed(waiting)
        if any(self._catch_up(function_id, seq) for function_id, seq in changed):
            return True
        if time.monotonic() - self._abandoned_at > ABANDONED_S:
            self._abandoned_at = time.monotonic()
            self._end_abandoned()
        if time.monotonic() - self._upkeep_at > UPKEEP_S:
            self._upkeep_at = time.monotonic()
            self._upkeep()
        busy = self._mend()
        if not (waiting or changed or busy):  # what waits falls due by the clock
            self._idle_state = state
        return busy

    @contextmanager
    def _turn(self, name: str) -> Iterator[bool]:
        """Whether the turn is ours, until the block ends."""
        turns = self._storage.training_turns
        if time.monotonic() < self._elsewhere.get(name, float("-inf")):
            yield False
        elif not turns.take(name):
            self._elsewhere[name] = time.monotonic() + ELSEWHERE_S
            yield False
        else:
            self._elsewhere.pop(name, None)
            try:
                yield True
            finally:
                turns.give_back(name)

    def _due(self, waiting: Sequence[Function]) -> list[Function]:
        """Those to be trained now, the longest waiting first."""
        now = datetime.now(UTC)
        ready = [f for f in waiting if self._is_ready(f, now)]
        return sorted(ready, key=lambda f: f.wanted_since or now)

    def _is_ready(self, function: Function, now: datetime) -> bool:
        if time.monotonic() < self._failed.get(function.id, float("-inf")):
            return False
        quiet = function.wanted_last is None or now - function.wanted_last >= timedelta(seconds=QUIET_S)
        longest = max(MAX_WAIT_S, MAX_WAIT_RUNS * self._took.get(function.id, 0.0))
        waited = function.wanted_since is None or now - function.wanted_since >= timedelta(seconds=longest)
        return quiet or waited

    def _train(self, function_id: str) -> bool:
        """Whether there was a run: another worker may have the function, or have done it just now."""
        with self._turn(function_id) as mine, suppress(FunctionNotFound):  # deleted meanwhile
            if mine:
                function = self._storage.functions.get(function_id)
                if function.needs_training:
                    self._run(function)
                    return True
        return False

    def _run(self, function: Function) -> None:
        if (
            self._storage.runs.current(function.id) is not None
        ):  # whoever had the turn is gone, or about to be
            time.sleep(self._storage.training_turns.doubt_s)
        began = time.monotonic()
        try:
            version = self._trainer.run(function)
        except FunctionNotFound:
            raise
        except (*OUTAGES, FilesAway):
            self._failed[function.id] = time.monotonic() + AWAY_WAIT_S
            return
        except Exception:  # recorded with the run; the function goes on with the version it has
            self._failed[function.id] = time.monotonic() + FAILED_WAIT_S
            return
        self._failed.pop(function.id, None)
        self._took[function.id] = time.monotonic() - began
        if version is not None:
            log.info("%s: %s", function.id, version.reason)
            self._validation.offer(function, version.n_samples)

    def _changed(self, waiting: Sequence[Function]) -> list[tuple[str, int]]:
        """Functions that something happened to since their predictions were looked at, and their changed_seq; at the start, all.

        Those about to be trained are left out: the run ends with their predictions.
        """
        current = self._storage.functions.changed()
        self._seen = {function_id: seq for function_id, seq in self._seen.items() if function_id in current}
        soon = {function.id for function in waiting if function.id not in self._failed}
        return [
            (function_id, seq)
            for function_id, seq in current.items()
            if function_id not in soon and self._seen.get(function_id) != seq
        ]

    def _catch_up(self, function_id: str, seq: int) -> bool:
        """A roll back, and a run that was killed before its last phase, leave predictions of another version."""
        with self._turn(function_id) as mine:
            if not mine:
                return False
            self._seen[function_id] = seq
            try:
                self._trainer.predict(function_id)
            except FunctionNotFound:
                pass
            except NoriaError:
                log.exception(
                    "%s: stored predictions could not be brought up to the live version", function_id
                )
            except Exception:  # the database is away: to be tried again
                self._seen.pop(function_id, None)
                raise
            return True

    def _end_abandoned(self) -> None:
        """End runs whose worker is gone: its turns went with it."""
        for function_id in self._storage.runs.under_way():
            with self._turn(function_id) as mine:
                if mine:
                    self._storage.runs.end_abandoned(function_id)

    def _mend(self) -> bool:
        if self._mender is None or not self._mender.due:
            return False
        with self._turn(_MENDING) as mine:
            return mine and self._mender.step()

    def _upkeep(self) -> None:
        with self._turn(_UPKEEP) as mine:
            if mine:
                functions = self._storage.functions.page(None, 10_000)
                self._keep_queues(functions)
                if self._cells is not None:
                    self._cells.look(functions)
                self._delete_unlabelled(functions)

    def _keep_queues(self, functions: Sequence[Function]) -> None:
        now = datetime.now(UTC)
        for function in functions:
            age = timedelta(days=function.capture.queue_days)
            with suppress(FunctionNotFound):  # deleted meanwhile
                self._storage.queue.expire(function.id, now - age, now)
                self._storage.queue.evict(function.id, function.capture.queue_limit, now)

    def _delete_unlabelled(self, functions: Sequence[Function]) -> None:
        now = datetime.now(UTC)
        for function in functions:
            if days := function.capture.delete_after_days:
                with suppress(FunctionNotFound):  # deleted meanwhile
                    for _ in range(_DELETIONS):
                        older_than = now - timedelta(days=days)
                        if self._storage.retention.delete(function.id, older_than, now, _DELETED) < _DELETED:
                            break
