"""The group-commit writer: one thread per process that makes captures and sums durable together."""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from noria.errors import Overloaded
from noria.records.capture import NewCapture
from noria.storage.journal import JournalFull, JournalKeeper
from noria.storage.outages import OUTAGES
from noria.storage.presence import DatabaseAway
from noria.storage.sums import CaptureBatch, DecisionRow, hour_of
from noria.storage.tally import Tally

_LOG = logging.getLogger(__name__)

BATCH = 128  # captures in one transaction
LINGER_S = 0.005  # how long the first of a batch waits for others
SUMS_EVERY_S = 1.0  # when no capture carries them
TRIES = 3
# For which a batch has been under way, and what comes is refused at once. A database that is away is found sooner, and the
# journal takes what comes then; a store of files behind a cut network says nothing for longer.
STALLED_S = 3.5
FULL_S = 1.0  # how long nothing is taken once the journal is full
BACK_OFF_S = (0.05, 0.25, 1.0)  # after the first, second and any later failure


class WriterFull(Overloaded):
    """The capture writer has more waiting than it may hold: the answer goes out uncaptured."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    capture: NewCapture
    future: "Future[str]"


class CaptureWriter:
    """Collects what invokes leave behind and commits it, up to 128 captures or 5 ms at a time.

    A capture's future resolves after the commit that holds it. When three tries failed, the batch goes to the journal,
    and so do all after it until the database is back: then futures resolve as soon as that is on disk. Without a journal,
    or where that takes no more, they fail; sums are kept and tried again until they are in. Batches are numbered, so
    that one whose commit was reported lost, but happened, is not added twice.
    """

    def __init__(
        self,
        commit: Callable[[CaptureBatch], list[str]],
        limit: int = 1024,
        *,
        keeper: JournalKeeper | None = None,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._commit = commit
        self._keeper = keeper
        self._journalled = False  # whether the last batch went to the journal
        self._full_until = float("-inf")
        self.dropped = 0  # captures that nothing could take, or the line was full
        self._limit = limit
        self._waiting: deque[_Waiting] = deque()
        self._tally = Tally()
        self._wake = threading.Condition()
        self._closing = False
        self._began = float("inf")  # the batch that is under way
        self._name = secrets.token_hex(8)
        self._number = 0
        self._pause = pause or time.sleep
        self._thread = threading.Thread(target=self._run, name="capture-writer", daemon=True)
        self._thread.start()

    def put(self, capture: NewCapture) -> "Future[str]":
        """The sample's final id, once it is on disk. Raises WriterFull at once when too many wait, or one batch keeps them waiting."""
        future: Future[str] = Future()
        future.set_running_or_notify_cancel()  # a caller that goes away takes nothing back
        with self._wake:
            stalled = time.monotonic() - self._began > STALLED_S
            too_many = stalled or len(self._waiting) >= self._limit
            if self._closing or too_many or time.monotonic() < self._full_until:
                self.dropped += 1
                raise WriterFull
            self._waiting.append(_Waiting(capture, future))
            if len(self._waiting) in (1, BATCH):
                self._wake.notify()
        return future

    def count(
        self,
        function_id: str,
        at: datetime,
        version_id: str | None,
        label_ids: tuple[str, ...],
        probabilities: NDArray[np.floating],
        answered: int,
        *,
        known_label_id: str | None = None,
        cell: int | None = None,
    ) -> None:
        """Add one invoke to the sums, before its capture is put.

        probabilities: (n_labels,), in the order of label_ids; answered: index of the answer.
        known_label_id: the label of the sample that this call is an exact copy of, if annotated before it.
        cell: number of the cell that its embedding lies in; None while the function has none.
        """
        with self._wake:
            self._tally.count(
                function_id, at, version_id, label_ids, probabilities, answered, known_label_id, cell
            )

    def count_tags(
        self,
        function_id: str,
        at: datetime,
        version_id: str | None,
        label_ids: tuple[str, ...],
        probabilities: NDArray[np.floating],
        answered: Sequence[int],
        *,
        known: Mapping[str, bool] | None = None,
        cell: int | None = None,
    ) -> None:
        """Add one invoke of a tags function to the sums, before its capture is put.

        probabilities: (n_labels,), in the order of label_ids; answered: indexes of the tags that were answered.
        known: of an exact copy of a sample annotated before, which labels are there and which are not.
        """
        with self._wake:
            self._tally.count_tags(
                function_id, at, version_id, label_ids, probabilities, answered, known, cell
            )

    def count_shed(self, function_id: str, at: datetime, version_id: str | None) -> None:
        """A call that was drawn but could not be captured."""
        with self._wake:
            self._tally.passed((function_id, hour_of(at), version_id)).shed += 1

    def count_outside(self, function_id: str, at: datetime, version_id: str | None) -> None:
        """A call outside the figures: capture=false, try-it, demo."""
        with self._wake:
            self._tally.passed((function_id, hour_of(at), version_id)).outside += 1

    def decided(self, row: DecisionRow) -> None:
        """Keep a decision for the audit."""
        with self._wake:
            self._tally.decided(row)

    @property
    def waiting(self) -> int:
        """Captures that no commit has taken up yet."""
        return len(self._waiting)

    @property
    def journalled(self) -> bool:
        """Whether captures go to the journal now, and their samples to the database later."""
        return self.away_since is not None

    @property
    def away_since(self) -> datetime | None:
        """When the database first did not take what it was given; None while it does."""
        return self._keeper.away_since if self._keeper is not None else None

    def close(self) -> None:
        """Make everything that waits durable, and stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        if self._keeper is not None:
            self._keeper.close()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wait()
                taken = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                tally, self._tally = self._tally, Tally()
                last = self._closing and not self._waiting
            try:
                if taken or tally:
                    self._began = time.monotonic()
                    self._write(taken, tally)
            except Exception as error:  # a bug; this thread must outlive it, and nobody may wait for ever
                _LOG.exception("The capture writer stumbled")
                self._fail([waiting for waiting in taken if not waiting.future.done()], error)
            self._began = float("inf")
            if last:
                return

    def _wait(self) -> None:
        """Until a batch is full, its first capture has lingered, or sums are due."""
        due = time.monotonic() + SUMS_EVERY_S
        while not self._waiting and not self._closing and (left := due - time.monotonic()) > 0:
            self._wake.wait(left)
        due = time.monotonic() + LINGER_S
        while 0 < len(self._waiting) < BATCH and not self._closing and (left := due - time.monotonic()) > 0:
            self._wake.wait(left)

    def _write(self, taken: Sequence[_Waiting], tally: Tally) -> None:
        batch = CaptureBatch(
            captures=tuple(waiting.capture for waiting in taken),
            sums=tally.sums(),
            traffic=tally.traffic(),
            known=tally.known(),
            cells=tally.cells(),
            decisions=tally.decisions(),
        )
        self._keep(taken, self._numbered(batch))

    def _keep(self, taken: Sequence[_Waiting], batch: CaptureBatch) -> None:
        if self.journalled:
            self._to_journal(taken, batch)
            return
        if self._journalled:  # numbers of one writer only grow: its last ones may still be on their way
            self._journalled, self._name, self._number = False, secrets.token_hex(8), 0
            batch = self._numbered(batch)
        try:
            sample_ids = self._try(batch, TRIES)
        except Overloaded as error:  # the place of files is away, full or read-only
            self._without_files(taken, batch, error)
        except OUTAGES as error:
            self._without_database(taken, batch, error)
        except Exception as error:
            self._one_by_one(taken, batch, error)
        else:
            _resolve(taken, sample_ids)

    def _without_database(self, taken: Sequence[_Waiting], batch: CaptureBatch, error: Exception) -> None:
        if self._keeper is None:
            self._fail(taken, error)
            self._insist(replace(batch, captures=()))
        else:
            _LOG.error("The database takes no captures, and they go to the journal: %s", error)
            self._keeper.lost()
            self._to_journal(taken, batch)

    def _to_journal(self, taken: Sequence[_Waiting], batch: CaptureBatch) -> None:
        assert self._keeper is not None
        self._journalled = True
        try:
            self._keeper.add(batch)
        except (JournalFull, OSError) as error:
            self._fail(taken, error)
            self._full_until = time.monotonic() + FULL_S
            self._insist(replace(batch, captures=()))
        except Overloaded as error:  # the place of files, again
            self._without_files(taken, batch, error)
        else:
            _resolve(taken, [waiting.capture.sample_id for waiting in taken])

    def _try(self, batch: CaptureBatch, tries: int) -> list[str]:
        for failures in range(tries):
            try:
                return self._commit(batch)
            except OUTAGES as error:
                if failures == tries - 1 or isinstance(error, DatabaseAway):
                    raise
                _LOG.warning("A capture commit failed and is tried again: %s", error)
                self._pause(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
        raise AssertionError("at least one try")

    def _insist(self, batch: CaptureBatch) -> None:
        """Sums are tried under their number until they are in; meanwhile nobody is left waiting for a capture."""
        while batch.sums or batch.traffic or batch.decisions:
            try:
                self._put_by(batch)
                return
            except (*OUTAGES, JournalFull) as error:
                with self._wake:
                    stuck = list(self._waiting)
                    self._waiting.clear()
                    closing = self._closing
                self._fail(stuck, error)
                if self._keeper is not None:
                    self._keeper.lost()
                if closing:
                    _LOG.error("Closed without a database: the last sums are lost: %s", batch.traffic)
                    return
                self._pause(BACK_OFF_S[-1])
            except Exception:
                _LOG.exception("Sums that the database refuses are dropped: %s", batch.traffic)
                return

    def _put_by(self, batch: CaptureBatch) -> None:
        """While the database is away sums go to the journal, which has room for them when it has none for captures."""
        if self._keeper is not None and self.journalled:
            try:
                self._keeper.add(batch)
                self._journalled = True
                return
            except (JournalFull, OSError):
                if self._keeper.journal.holds:  # what it holds has smaller numbers and must come first
                    raise
        self._try(batch, 1)
        if self._keeper is not None:
            self._keeper.found()

    def _without_files(self, taken: Sequence[_Waiting], batch: CaptureBatch, error: Overloaded) -> None:
        """Nothing of the batch is in, as files come first: texts and sums need no store of files."""
        self._fail([waiting for waiting in taken if waiting.capture.content.file], error)
        others = [waiting for waiting in taken if not waiting.capture.content.file]
        self._keep(others, replace(batch, captures=tuple(waiting.capture for waiting in others)))

    def _one_by_one(self, taken: Sequence[_Waiting], batch: CaptureBatch, error: Exception) -> None:
        """The database refused the batch: keep all of it but the part that it refuses."""
        if len(taken) + bool(batch.traffic or batch.decisions) > 1:
            for waiting in taken:
                self._write([waiting], Tally())
            self._insist(self._numbered(replace(batch, captures=())))
        elif taken:
            self._fail(taken, error)
        else:
            _LOG.error("Sums that the database refuses are dropped: %s", batch.traffic, exc_info=error)

    def _numbered(self, batch: CaptureBatch) -> CaptureBatch:
        self._number += 1
        return replace(batch, writer=self._name, number=self._number)

    def _fail(self, waiting: Sequence[_Waiting], error: Exception) -> None:
        if waiting:
            self.dropped += len(waiting)
            _LOG.error("%d captures could not be stored: %s", len(waiting), error)
        for one in waiting:
            one.future.set_exception(error)


def _resolve(taken: Sequence[_Waiting], sample_ids: Sequence[str]) -> None:
    for waiting, sample_id in zip(taken, sample_ids, strict=True):
        waiting.future.set_result(sample_id)
