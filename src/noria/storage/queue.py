"""The queue of open captures: leases, skips, expiry, eviction, and the log of rho."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.records.capture import Capture
from noria.records.sample import Sample
from noria.storage import capture_rows, changes, sample_rows, settling, upserts
from noria.storage.database import Database
from noria.storage.judged import BY_PEOPLE, CaptureOutcome
from noria.storage.tables import captures, evictions, leases, rho_log, samples, turns

_LAST = 1e100  # above every key
_LEAVE_AT_ONCE = 1000  # captures that leave the queue in one transaction


@dataclass(frozen=True, slots=True)
class QueueSize:
    open_items: int
    open_captures: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Others:
    people: int
    items: int  # open ones that they hold; not what they are asked about a second time


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A sample that waits for a label, with its open captures."""

    sample: Sample
    captures: tuple[Capture, ...]  # smallest key first


class Queue:
    def __init__(self, database: Database) -> None:
        self._db = database

    def size(self, function_id: str) -> QueueSize:
        """Raises FunctionNotFound."""
        query = sa.select(
            sa.func.count(captures.c.sample_id.distinct()), sa.func.count(), sa.func.min(captures.c.at)
        )
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            items, n, oldest_at = connection.execute(query.where(_open(function_id))).one()
        return QueueSize(items, n, oldest_at)

    def sizes(self) -> dict[str, int]:
        """Items that wait, by function id; functions without any are left out."""
        query = (
            sa.select(captures.c.function_id, sa.func.count(captures.c.sample_id.distinct()))
            .where(captures.c.outcome == CaptureOutcome.OPEN)
            .group_by(captures.c.function_id)
        )
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def waiting(
        self,
        function_id: str,
        since: datetime | None = None,
        until: datetime | None = None,
        version_id: str | None = None,
    ) -> int:
        """Open captures of calls in [since, until), of one version or of whichever answered."""
        query = sa.select(sa.func.count()).select_from(captures).where(_open(function_id))
        if since is not None:
            query = query.where(captures.c.at >= since)
        if until is not None:
            query = query.where(captures.c.at < until)
        if version_id is not None:
            query = query.where(captures.c.version_id == version_id)
        with self._db.read() as connection:
            return connection.execute(query).scalar_one()

    def open_before(self, function_id: str, before: datetime) -> int:
        """Open items with a capture of a call before this time."""
        query = sa.select(sa.func.count(captures.c.sample_id.distinct()))
        with self._db.read() as connection:
            return connection.execute(query.where(_open(function_id), captures.c.at < before)).scalar_one()

    def labelled_since(self, function_id: str, since: datetime) -> int:
        """Captured items that were given a label from this time on."""
        query = sa.select(sa.func.count(captures.c.sample_id.distinct())).where(
            captures.c.function_id == function_id,
            captures.c.outcome == CaptureOutcome.ANNOTATED,
            captures.c.settled_at >= since,
        )
        with self._db.read() as connection:
            return connection.execute(query).scalar_one()

    def open(self, function_id: str, limit: int, *, by: str, at: datetime) -> list[OpenItem]:
        """Open items that nobody else holds a lease on, the most recently captured first.

        Raises FunctionNotFound.
        """
        newest = sa.select(captures.c.sample_id).where(_open(function_id)).order_by(captures.c.seq.desc())
        return self._free(function_id, [newest], limit, by, at)

    def smallest(self, function_id: str, at: datetime, by: str, n: int) -> list[OpenItem]:
        """The n open items with the smallest statistical keys, for blind turns; what people left lying comes last.

        Raises FunctionNotFound.
        """
        keys, passed = sa.select(captures.c.sample_id).where(_open(function_id)), captures.c.passed_at
        in_turn = keys.where(passed.is_(None)).order_by(*settling.BY_KEY, captures.c.sample_id)
        left = keys.where(passed.is_not(None)).order_by(captures.c.key, captures.c.sample_id)
        return self._free(function_id, [in_turn, left], n, by, at)

    def lease(
        self, function_id: str, sample_ids: Sequence[str], by: str, until: datetime, at: datetime
    ) -> list[str]:
        """Take open items for a while; those really taken, in the order asked. Two people never get the same."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            free = set(_leasable(connection, function_id, sample_ids, by, at))
            got = [id for id in dict.fromkeys(sample_ids) if id in free]
            rows = [{"sample_id": id, "function_id": function_id, "by": by, "until": until} for id in got]
            upserts.put(connection, leases, *rows)
        return got

    def hold_for(self, function_id: str, sample_ids: Sequence[str], by: str, until: datetime) -> None:
        """Settled items that this person is about to open again: nobody else gets them in between."""
        rows = [{"sample_id": id, "function_id": function_id, "by": by, "until": until} for id in sample_ids]
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            for some in changes.chunks(rows):
                upserts.put(connection, leases, *some)

    def items(self, sample_ids: Sequence[str]) -> list[OpenItem]:
        """These samples with the captures of each that are open, if any; those that are gone are left out."""
        with self._db.read() as connection:
            return _items(connection, list(sample_ids))

    def others(self, function_id: str, by: str, at: datetime) -> Others:
        """What others hold."""
        still_open = captures.c.outcome == CaptureOutcome.OPEN
        waits = sa.exists().where(captures.c.sample_id == leases.c.sample_id, still_open)
        held = sa.func.coalesce(sa.func.sum(sa.case((waits, 1), else_=0)), 0)
        query = sa.select(sa.func.count(leases.c.by.distinct()), held).where(
            leases.c.function_id == function_id, leases.c.until > at, leases.c.by != by
        )
        with self._db.read() as connection:
            return Others(*connection.execute(query).one())

    def release(self, by: str) -> None:
        """Give back everything that this person holds."""
        with self._db.write() as connection:
            connection.execute(leases.delete().where(leases.c.by == by))

    def skip(
        self, function_id: str, sample_id: str, by: str, kind: Literal["skipped", "unsure"], at: datetime
    ) -> int:
        """Settle the item for good without a label; returns how many captures that settled.

        Raises FunctionNotFound, SampleNotFound.
        """
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            sample_rows.must_exist(connection, function_id, sample_id)
            turn_at = settling.turn_at(connection, function_id, at)
            n = settling.passed_over(connection, [sample_id], CaptureOutcome(kind), turn_at)
            settling.release(connection, [sample_id])
            if n:
                settling.log_rho(connection, function_id, turn_at)
                changes.changed(connection, function_id)
        return n

    def unskip(self, function_id: str, sample_id: str, by: str, at: datetime) -> int:
        """Undo a skip; returns how many captures are open (or lapsed) again. Raises SampleNotFound."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            sample_rows.must_exist(connection, function_id, sample_id)
            n = settling.taken_up(connection, sample_id)
            if n:
                settling.log_rho(connection, function_id, at)
                changes.changed(connection, function_id)
        return n

    def expire(self, function_id: str, older_than: datetime, at: datetime) -> int:
        """Open captures of calls before `older_than` leave the queue; returns how many."""
        old = _open(function_id) & (captures.c.at < older_than)
        some = sa.select(captures.c.seq).where(old).limit(_LEAVE_AT_ONCE)
        n = 0
        while left := self._leave(function_id, [captures.c.seq.in_(some)], CaptureOutcome.EXPIRED, at):
            n += left
        return n

    def evict(self, function_id: str, keep: int, at: datetime) -> int:
        """Shrink the queue to `keep` items, the largest keys first; returns how many captures left.

        kappa, the smallest key evicted, is recorded: every open capture with a key of kappa or more leaves. Where many
        leave they go in steps, each with a smaller kappa.
        """
        if self.waiting(function_id) <= keep:  # counting captures is cheap, counting items is not
            return 0
        items = (
            sa.select(sa.func.min(captures.c.key).label("key"))
            .where(_open(function_id))
            .group_by(captures.c.sample_id)
            .subquery()
        )
        with self._db.read() as connection:
            above = connection.scalars(sa.select(items.c.key).order_by(items.c.key).offset(keep)).all()
        steps = above[::-_LEAVE_AT_ONCE][1:]
        kappas = [*steps, above[0]] if above else []
        return sum(
            self._leave(function_id, _from(kappa), CaptureOutcome.EVICTED, at, kappa) for kappa in kappas
        )

    def _leave(
        self,
        function_id: str,
        parts: Sequence[sa.ColumnElement[bool]],
        outcome: CaptureOutcome,
        at: datetime,
        kappa: float | None = None,
    ) -> int:
        """In a transaction of its own, so that a queue that loses many holds up nobody.

        parts: each a range of an index, as a walk over all that wait would hold up everybody else.
        """
        mine = captures.c.function_id == function_id
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            n = sum(settling.lapse(connection, mine & part, outcome, at) for part in parts)
            if kappa is not None and n:
                connection.execute(evictions.insert().values(function_id=function_id, at=at, kappa=kappa))
            if n:
                settling.log_rho(connection, function_id, at)
        return n

    def next_turn(self, function_id: str, by: str) -> int:
        """1, 2, 3 …: counts the items served to this person, for the blind turns. Raises FunctionNotFound."""
        mine = (turns.c.function_id == function_id) & (turns.c.by == by)
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            upserts.add_up(connection, turns, [{"function_id": function_id, "by": by, "served": 1}])
            return int(connection.execute(sa.select(turns.c.served).where(mine)).scalar_one())

    def served(self, function_id: str, by: str) -> int:
        """How many items this person was served."""
        mine = (turns.c.function_id == function_id) & (turns.c.by == by)
        with self._db.read() as connection:
            return connection.scalar(sa.select(turns.c.served).where(mine)) or 0

    def rho_log(self, function_id: str) -> list[tuple[datetime, float]]:
        """(time, smallest key among open captures) after each settlement; infinite where none was open."""
        query = sa.select(rho_log.c.at, rho_log.c.rho).where(rho_log.c.function_id == function_id)
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(rho_log.c.at))
            return [(at, math.inf if rho is None else rho) for at, rho in rows]

    def settlements(self, function_id: str) -> list[tuple[datetime, float]]:
        """(time, key) of each capture that people settled, with a label or without, or that they left lying."""
        mine = captures.c.function_id == function_id
        settled = sa.select(captures.c.settled_at, captures.c.key).where(
            mine, captures.c.outcome.in_(BY_PEOPLE)
        )
        passed = sa.select(captures.c.passed_at, captures.c.key).where(
            mine, captures.c.passed_at.is_not(None)
        )
        with self._db.read() as connection:
            return [(at, key) for query in (settled, passed) for at, key in connection.execute(query)]

    def evictions(self, function_id: str) -> list[tuple[datetime, float]]:
        """(time, kappa) of each eviction."""
        query = sa.select(evictions.c.at, evictions.c.kappa).where(evictions.c.function_id == function_id)
        with self._db.read() as connection:
            return [(at, kappa) for at, kappa in connection.execute(query.order_by(evictions.c.id))]

    def _free(
        self, function_id: str, orders: Sequence[sa.Select[Any]], limit: int, by: str, at: datetime
    ) -> list[OpenItem]:
        """The first so many of these samples, one order after the other, that nobody else holds."""
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            ids: dict[str, None] = {}
            for order in orders:
                if len(ids) < limit:
                    ids |= dict.fromkeys(_first(connection, order.where(~_taken(by, at)), limit))
            return _items(connection, list(ids)[:limit])


def _first(connection: Connection, query: sa.Select[Any], limit: int) -> list[str]:
    """The first different ids of a query, read along its index: grouping would sort all that wait."""
    n = 2 * limit
    while True:
        ids = list(connection.scalars(query.limit(n)))
        different = list(dict.fromkeys(ids))[:limit]
        if len(different) == limit or len(ids) < n:
            return different
        n *= 4


def _from(key: float) -> list[sa.ColumnElement[bool]]:
    """With this key or a larger one."""
    passed = captures.c.passed_at
    return [passed.is_(None) & (captures.c.key >= key), passed.is_not(None) & (captures.c.key >= key)]


def _open(function_id: str) -> sa.ColumnElement[bool]:
    return (captures.c.function_id == function_id) & (captures.c.outcome == CaptureOutcome.OPEN)


def _items(connection: Connection, sample_ids: list[str]) -> list[OpenItem]:
    found: dict[str, Sample] = {}
    waiting: dict[str, list[Capture]] = defaultdict(list)
    for some in changes.chunks(sample_ids):
        query = sa.select(samples).where(samples.c.id.in_(some))
        found |= {sample.id: sample for sample in sample_rows.read(connection, query)}
        mine = captures.c.sample_id.in_(some) & (captures.c.outcome == CaptureOutcome.OPEN)
        for capture in capture_rows.read(
            connection, sa.select(captures).where(mine).order_by(captures.c.key)
        ):
            waiting[capture.sample_id].append(capture)
    return [OpenItem(found[id], tuple(waiting[id])) for id in sample_ids if id in found]


def _leasable(
    connection: Connection, function_id: str, sample_ids: Sequence[str], by: str, at: datetime
) -> list[str]:
    asked = captures.c.sample_id.in_(sample_ids)
    query = sa.select(captures.c.sample_id).distinct()
    return list(connection.scalars(query.where(_open(function_id), asked, ~_taken(by, at))))


def _taken(by: str, at: datetime) -> sa.ColumnElement[bool]:
    """Somebody else holds a lease on the capture's sample."""
    mine = leases.c.sample_id == captures.c.sample_id
    return sa.exists().where(mine, leases.c.until > at, leases.c.by != by)
