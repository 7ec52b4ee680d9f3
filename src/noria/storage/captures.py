"""Captures: one transaction per batch of them, together with the sums over all invokes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
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
from noria.storage.tables import (
    captures,
    decisions,
    sample_aliases,
    samples,
    tag_answers,
    totals,
    writers,
)

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
        self.put_files(batch)
        with self._db.write() as connection:
            ids = _commit(connection, batch)
        self._drop_files_of_copies(batch, ids)
        return ids

    def put_files(self, batch: CaptureBatch) -> None:
        """The files of its captures, before the rows that name them. Raises FilesAway."""
        self._blobs.put(
            [(c.function_id, c.sample_id, c.content.file) for c in batch.captures if c.content.file]
        )

    def bring_in(self, batches: Sequence[CaptureBatch]) -> None:
        """Make batches of one writer durable, in order, that callers have been told of, and that nobody else brings in.

        Callers find what is a copy by the proposed id, too. The files are in their store already.
        """
        with self._db.write() as connection:
            last = _last_number(connection, batches[0].writer)
            before = _together([batch for batch in batches if batch.number <= last])
            fresh = _together([batch for batch in batches if batch.number > last])
            ids = _ids_of(connection, before)
            if fresh.writer is not None:
                ids += _add(connection, fresh)
                upserts.put(connection, writers, {"id": fresh.writer, "number": fresh.number})
            both = _together([before, fresh])
            for capture, id in zip(both.captures, ids, strict=True):
                if capture.sample_id != id:
                    row = {"id": capture.sample_id, "function_id": capture.function_id, "sample_id": id}
                    upserts.keep_first(connection, sample_aliases, row)
        self._drop_files_of_copies(both, ids)

    def _drop_files_of_copies(self, batch: CaptureBatch, ids: Sequence[str]) -> None:
        for capture, id in zip(batch.captures, ids, strict=True):
            if capture.content.media_type and id != capture.sample_id:
                self._blobs.drop(capture.function_id, [capture.sample_id])

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

    def totals_of_all(self) -> dict[str, Totals]:
        """By function id, of those that had a call."""
        query = sa.select(totals.c.function_id, totals.c.invokes, totals.c.captured)
        with self._db.read() as connection:
            return {row.function_id: Totals(row.invokes, row.captured) for row in connection.execute(query)}

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


def _commit(connection: Connection, batch: CaptureBatch) -> list[str]:
    return _add(connection, batch) if _is_new(connection, batch) else _ids_of(connection, batch)


def _add(connection: Connection, batch: CaptureBatch) -> list[str]:
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


def _functions(batch: CaptureBatch) -> set[str]:
    kinds = (batch.captures, batch.sums, batch.traffic, batch.known, batch.cells, batch.decisions)
    return {row.function_id for rows in kinds for row in rows}


def _is_new(connection: Connection, batch: CaptureBatch) -> bool:
    """Whether this batch has not been added before; remembers that it is now.

    A commit whose reply was lost may still be under way on the server: its end is waited for.
    """
    if batch.writer is None:
        return True
    row = {"id": batch.writer, "number": batch.number}
    return upserts.put_if_more(connection, writers, row, "number")


def _last_number(connection: Connection, writer: str | None) -> int:
    """Of the batches of this writer that were added; one whose commit is still under way is waited for."""
    upserts.keep_first(connection, writers, {"id": writer, "number": 0})
    query = sa.select(writers.c.number).where(writers.c.id == writer)
    return int(connection.execute(query.with_for_update()).scalar_one())


def _together(batches: Sequence[CaptureBatch]) -> CaptureBatch:
    """One that adds what all of them add, under the last one's number; an empty one of nobody for none."""
    return CaptureBatch(
        captures=tuple(capture for batch in batches for capture in batch.captures),
        sums=[row for batch in batches for row in batch.sums],
        traffic=[row for batch in batches for row in batch.traffic],
        known=[row for batch in batches for row in batch.known],
        cells=[row for batch in batches for row in batch.cells],
        decisions=[row for batch in batches for row in batch.decisions],
        writer=batches[-1].writer if batches else None,
        number=batches[-1].number if batches else 0,
    )


def _ids_of(connection: Connection, batch: CaptureBatch) -> list[str]:
    """The samples that these captures went to when the batch was added."""
    ids: dict[tuple[str, bytes], str] = {}
    for function_id in {capture.function_id for capture in batch.captures}:
        digests = {capture.digest for capture in batch.captures if capture.function_id == function_id}
        found = adding.existing(connection, function_id, list(digests))
        ids |= {(function_id, digest): sample.id for digest, sample in found.items()}
    return [ids.get((capture.function_id, capture.digest), capture.sample_id) for capture in batch.captures]
