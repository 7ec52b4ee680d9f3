"""Captures: one transaction per batch of them, together with the sums over all invokes."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.records.capture import Capture, NewCapture
from noria.storage import adding, capture_rows, changes, ledger, upserts
from noria.storage.blobs import Blobs
from noria.storage.database import Database
from noria.storage.judged import Judged
from noria.storage.sums import CaptureBatch, DecisionRow, KnownRow, SumsRow, Totals, TrafficRow
from noria.storage.tables import captures, decisions, samples, tag_answers, totals, writers

_DECISIONS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class CapturedCall:
    """A call as it was when it was captured."""

    sample_id: str
    label_id: str  # the label that was answered
    confidence: float
    at: datetime
    weight: float
    threshold: float
    metadata: dict[str, str] | None  # of its sample: of copies, what the first one came with
    tags: list[str] | None = None  # label ids of those that were answered, where it gave tags

    @property
    def propensity(self) -> float:
        """In (0, 1]."""
        return min(1.0, self.weight * self.threshold)


class Captures:
    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._db = database
        self._blobs = blobs

    def commit(self, batch: CaptureBatch) -> list[str]:
        """Make a batch durable; the sample id of each capture, in order: an exact copy keeps its first one.

        Whatever belongs to a function that is gone by now is left out, and its proposed ids are returned.
        """
        files = [(c.function_id, c.sample_id, c.content.file) for c in batch.captures if c.content.file]
        self._blobs.put(files)
        ids = self._commit(batch)
        for capture, id in zip(batch.captures, ids, strict=True):
            if capture.content.file and id != capture.sample_id:
                self._blobs.drop(capture.function_id, [capture.sample_id])
        return ids

    def _commit(self, batch: CaptureBatch) -> list[str]:
        with self._db.write() as connection:
            if not _is_new(connection, batch):
                return _ids_of(connection, batch)
            alive = changes.hold_all(connection, _functions(batch))
            by_function: dict[str, list[NewCapture]] = defaultdict(list)
            for capture in batch.captures:
                if capture.function_id in alive:
                    by_function[capture.function_id].append(capture)
            ids: dict[str, str] = {}
            for function_id, news in by_function.items():
                ids |= capture_rows.store(connection, function_id, news)
            ledger.add(connection, batch, alive)
        return [ids.get(capture.id, capture.sample_id) for capture in batch.captures]

    def sums(
        self, function_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[SumsRow]:
        """By hour, version and answered label, in whole hours: the one that holds `since`, to the last before `until`."""
        with self._db.read() as connection:
            return ledger.read_sums(connection, function_id, since, until)

    def summed(
        self, function_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[SumsRow]:
        """Those sums over all hours of the period, by version and answered label."""
        with self._db.read() as connection:
            return ledger.read_summed(connection, function_id, since, until)

    def expected(
        self, function_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[tuple[int, str, float]]:
        """(hour, label, sum of its probability over all calls) of whole hours, in order of hours."""
        with self._db.read() as connection:
            return ledger.read_expected(connection, function_id, since, until)

    def answered(
        self, function_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[tuple[int, str, int]]:
        """(hour, answered label, calls) of whole hours, whatever version answered, in order of hours."""
        with self._db.read() as connection:
            return ledger.read_answered(connection, function_id, since, until)

    def confidences(
        self, function_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[tuple[int, str | None, float, float]]:
        """(hour, version, Σ confidence, Σ confidence²) of whole hours, whatever was answered, in order of hours."""
        with self._db.read() as connection:
            return ledger.read_confidences(connection, function_id, since, until)

    def bins(
        self, function_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[tuple[int, tuple[int, ...]]]:
        """(hour, calls by bin of confidence) of whole hours, in order of hours."""
        with self._db.read() as connection:
            return ledger.read_bins(connection, function_id, since, until)

    def cells(
        self,
        function_id: str,
        first: int = 0,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[tuple[int, int, int]]:
        """(hour, cell, calls) of whole hours, of cells numbered from `first` on, in order of hours."""
        with self._db.read() as connection:
            return ledger.read_cells(connection, function_id, first, since, until)

    def traffic(
        self, function_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[TrafficRow]:
        """By hour and version, in and outside the figures."""
        with self._db.read() as connection:
            return ledger.read_traffic(connection, function_id, since, until)

    def known_sums(
        self, function_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[KnownRow]:
        """Calls whose true label was known with certainty, by predicted and true label."""
        with self._db.read() as connection:
            return ledger.read_known(connection, function_id, since, until)

    def known_summed(
        self, function_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[KnownRow]:
        """Those over all hours of the period, by version and pair of labels."""
        with self._db.read() as connection:
            return ledger.read_known_summed(connection, function_id, since, until)

    def totals(self, function_id: str) -> Totals:
        """One row, whatever the traffic. Raises FunctionNotFound."""
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            row = connection.execute(
                sa.select(totals).where(totals.c.function_id == function_id)
            ).one_or_none()
        return Totals(0, 0) if row is None else Totals(row.invokes, row.captured)

    def judged(
        self,
        function_id: str,
        since: datetime | None = None,
        until: datetime | None = None,
        waiting: bool = True,
    ) -> list[Judged]:
        """Captures of calls in [since, until), in order of arrival.

        waiting: also those that a label is still waited for, which may be most and tell estimates nothing.
        """
        conditions = [captures.c.function_id == function_id]
        if not waiting:
            conditions.append(capture_rows.waited_for_no_longer())
        if since is not None:
            conditions.append(captures.c.at >= since)
        if until is not None:
            conditions.append(captures.c.at < until)
        with self._db.read() as connection:
            return capture_rows.read_judged(connection, *conditions)

    def latest(self, function_id: str, limit: int) -> list[CapturedCall]:
        """The last captured calls with what was known of them then, the newest first; deleted samples left out."""
        c, s, t = captures.c, samples.c, tag_answers.c
        query = (
            sa.select(
                c.sample_id, c.label_id, c.confidence, c.at, c.weight, c.threshold, s.metadata, t.present
            )
            .join_from(captures, samples, c.sample_id == s.id)
            .outerjoin(tag_answers, t.capture_id == c.id)
            .where(c.function_id == function_id)
            .order_by(c.seq.desc())
            .limit(limit)
        )
        with self._db.read() as connection:
            return [CapturedCall(*row) for row in connection.execute(query)]

    def since(self, function_id: str, since: datetime, limit: int) -> list[Capture]:
        """The latest captures of calls from this time on, newest first."""
        mine = (captures.c.function_id == function_id) & (captures.c.at >= since)
        query = (
            sa.select(captures).where(mine).order_by(captures.c.at.desc(), captures.c.seq.desc()).limit(limit)
        )
        with self._db.read() as connection:
            return capture_rows.read(connection, query)

    def count_since(self, function_id: str, since: datetime) -> int:
        """Captures of calls from this time on."""
        mine = (captures.c.function_id == function_id) & (captures.c.at >= since)
        with self._db.read() as connection:
            return connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one()

    def of_sample(self, function_id: str, sample_id: str) -> list[Capture]:
        """In order of arrival; a deleted sample keeps its captures."""
        mine = (captures.c.sample_id == sample_id) & (captures.c.function_id == function_id)
        with self._db.read() as connection:
            return capture_rows.read(connection, sa.select(captures).where(mine).order_by(captures.c.seq))

    def decisions(self, function_id: str) -> Iterator[DecisionRow]:
        """The audit's rows in order, read piece by piece."""
        last = 0
        while rows := self._decisions_after(function_id, last):
            last = rows[-1][0]
            yield from (row for _, row in rows)

    def _decisions_after(self, function_id: str, last: int) -> list[tuple[int, DecisionRow]]:
        columns = decisions.c
        query = sa.select(decisions).where(columns.function_id == function_id, columns.id > last)
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(columns.id).limit(_DECISIONS_AT_ONCE)).all()
        return [(id, DecisionRow(*rest)) for id, *rest in rows]


def _functions(batch: CaptureBatch) -> set[str]:
    kinds = (batch.captures, batch.sums, batch.traffic, batch.known, batch.cells, batch.decisions)
    return {row.function_id for rows in kinds for row in rows}


def _is_new(connection: Connection, batch: CaptureBatch) -> bool:
    """Whether this batch has not been added before; remembers that it is now."""
    if batch.writer is None:
        return True
    last = connection.scalar(sa.select(writers.c.number).where(writers.c.id == batch.writer))
    if last is not None and last >= batch.number:
        return False
    upserts.put(connection, writers, {"id": batch.writer, "number": batch.number})
    return True


def _ids_of(connection: Connection, batch: CaptureBatch) -> list[str]:
    """The samples that these captures went to when the batch was added."""
    ids: dict[tuple[str, bytes], str] = {}
    for function_id in {capture.function_id for capture in batch.captures}:
        digests = {capture.digest for capture in batch.captures if capture.function_id == function_id}
        found = adding.existing(connection, function_id, list(digests))
        ids |= {(function_id, digest): sample.id for digest, sample in found.items()}
    return [ids.get((capture.function_id, capture.digest), capture.sample_id) for capture in batch.captures]
