"""Bulk changes: many samples deleted, relabelled, copied or moved, a few at a time.

A step stands in one transaction with how far the change is, and only where nobody took the step before: killed at any
moment, it goes on behind the last sample that is done, with none left out and none twice.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import ChangeLost, ChangeNotFound, FunctionNotFound, NoriaError
from noria.records.function import Function
from noria.records.ids import new_id
from noria.records.sample import AnnotationSource, Origin
from noria.storage import bulk_steps, changes, claims, copying, moving, purging, sample_lists, tagging
from noria.storage.blobs import Blobs
from noria.storage.database import Database
from noria.storage.judged import CaptureOutcome
from noria.storage.sample_lists import SampleFilter
from noria.storage.tables import bulk_changes, captures, labels, samples


class BulkKind(StrEnum):
    DELETE = "delete"
    RELABEL = "relabel"
    DELETE_LABEL = "deleteLabel"  # the samples that have the label, and at the end the label
    COPY = "copy"  # samples of another function
    MOVE = "move"  # to another function


class BulkState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # `error` says why
    STOPPED = "stopped"  # by a person; what is done stays done


@dataclass(frozen=True, slots=True)
class BulkCounts:
    """What a bulk change would touch."""

    samples: int
    annotated: int
    waiting: int  # of them in the queue


@dataclass(frozen=True, slots=True)
class BulkChange:
    id: str
    function_id: str  # of a copy, the new function
    kind: BulkKind
    filter: SampleFilter
    by: str
    source: AnnotationSource  # of the annotations that it gives
    created_at: datetime
    label_id: str | None = None  # that they get, or that goes when they are gone
    tags: Mapping[str, bool] | None = None  # that they get, of a tags function: present or absent by label id
    from_function_id: str | None = None  # of a copy
    into_function_id: str | None = None  # of a move
    known: int = 0  # of a move: samples that are done as the other function had them already
    names: copying.Names = copying.Names()  # noqa: RUF009  # it is immutable
    state: BulkState = BulkState.RUNNING
    after_seq: int = 0  # samples up to this one are done
    last_seq: int = 0  # those that came later are not its business
    position: int = 0  # samples that are done
    total: int = 0
    error: str = ""
    owner: str | None = None  # the process that works on it
    ended_at: datetime | None = None

    @property
    def under_way(self) -> bool:
        return self.state is BulkState.RUNNING

    @property
    def functions(self) -> list[str]:
        """Ids of those that it changes, in the order in which everybody holds them."""
        return sorted(filter(None, (self.function_id, self.into_function_id)))


class BulkChanges:
    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._db = database
        self._blobs = blobs

    def count(self, function_id: str, filter: SampleFilter) -> BulkCounts:
        """Raises FunctionNotFound, BadInput for a filter that the function's samples can't be asked."""
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            return _counts(connection, function_id, filter)

    def begin(self, change: BulkChange) -> BulkChange:
        """Keep a change that is to be carried out; it is about the samples that there are by now.

        Raises FunctionNotFound, LabelNotFound, BadInput.
        """
        with self._db.write() as connection:
            changes.hold(connection, change.function_id)
            named = list(change.tags or ()) + ([change.label_id] if change.label_id else [])
            for label_id in named:
                changes.must_have_label(connection, change.function_id, label_id)
            return _begun(connection, change)

    def begin_move(self, change: BulkChange) -> BulkChange:
        """Keep a move that is to be carried out. Raises FunctionNotFound, DoesNotFit, BadInput."""
        assert change.into_function_id is not None
        with self._db.write() as connection:
            moving.hold_both(connection, change.function_id, change.into_function_id)
            moving.must_fit(connection, change.function_id, change.into_function_id)
            return _begun(connection, change)

    def plan_move(self, function_id: str, into: str, filter: SampleFilter) -> moving.MovePlan:
        """What moving these samples does over there. Raises FunctionNotFound, DoesNotFit, BadInput."""
        with self._db.read() as connection:
            moving.must_fit(connection, function_id, into)
            return moving.plan(connection, function_id, into, filter)

    def fitting(self, function_id: str) -> list[Function]:
        """Functions that samples of this one can go to, by name. Raises FunctionNotFound."""
        with self._db.read() as connection:
            return moving.fitting(connection, function_id)

    def begin_copy(self, function_id: str, name: str, by: str, at: datetime) -> BulkChange:
        """A new function with everything that this one was taught; its samples come step by step.

        Captures, figures and versions stay with the original: the copy trains by itself. Raises FunctionNotFound.
        """
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            id, names = copying.copy_function(connection, function_id, name, at)
            change = BulkChange(
                "", id, BulkKind.COPY, SampleFilter(), by, AnnotationSource.API, at,
                from_function_id=function_id, names=names,
            )  # fmt: skip
            return _begun(connection, change)

    def get(self, function_id: str, id: str) -> BulkChange:
        """Raises ChangeNotFound."""
        c = bulk_changes.c
        query = sa.select(bulk_changes).where(c.function_id == function_id, c.id == id)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise ChangeNotFound(id=id)
        return _change(row)

    def latest(self, function_id: str, limit: int = 100) -> list[BulkChange]:
        """Newest first. Raises FunctionNotFound."""
        query = sa.select(bulk_changes).where(bulk_changes.c.function_id == function_id)
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            rows = connection.execute(query.order_by(bulk_changes.c.seq.desc()).limit(limit))
            return [_change(row) for row in rows]

    def claim(self, owner: str, now: datetime, silent_s: float) -> BulkChange | None:
        """The oldest that is under way and that nobody works on, or whose owner has been silent for so long."""
        due = bulk_changes.c.state == BulkState.RUNNING.value
        row = claims.claim(self._db, bulk_changes, due, owner, now, silent_s)
        return None if row is None else _change(row)

    def release(self, owner: str) -> None:
        """The owner ends: others need not wait for its silence."""
        claims.release(self._db, bulk_changes, owner)

    def step(self, change: BulkChange, n: int, at: datetime) -> BulkChange:
        """Do the next n samples, at the end what belongs to the end; the change as it stands then.

        Raises ChangeLost, FunctionNotFound, and then does nothing.
        """
        linked: list[str] = []
        try:
            with self._db.write() as connection:
                _hold(connection, change)
                ids, last = self._next(connection, change, n)
                after = replace(change, after_seq=last, position=change.position + len(ids))
                if change.kind is BulkKind.MOVE:
                    after = self._move(connection, after, ids, at, linked)
                else:
                    self._do(connection, after, ids, at, linked)
                if len(ids) < n:
                    after = _ended(connection, after, at)
                _set(connection, change, at, after)
        except (
            NoriaError
        ):  # after a failure of the database they stay: it may have kept the rows all the same
            self._blobs.drop(change.into_function_id or change.function_id, linked)
            raise
        if change.kind in (BulkKind.DELETE, BulkKind.DELETE_LABEL, BulkKind.MOVE):
            self._blobs.drop(change.function_id, ids)
        return after

    def stop(self, function_id: str, id: str, at: datetime) -> None:
        """What is done stays done. One that has ended stays as it is. Raises ChangeNotFound, FunctionNotFound."""
        before = self.get(function_id, id)
        c = bulk_changes.c
        with self._db.write() as connection:
            if function_id not in changes.hold_all(connection, before.functions):
                raise FunctionNotFound(id=function_id)
            mine = (c.id == id) & (c.state == BulkState.RUNNING.value)
            values = {"state": BulkState.STOPPED.value, "ended_at": at, "owner": None, "heartbeat": None}
            if connection.execute(bulk_changes.update().where(mine).values(values)).rowcount:
                _wanted(connection, before, at)

    def fail(self, change: BulkChange, why: str, at: datetime) -> None:
        """Raises ChangeLost."""
        with self._db.write() as connection:
            changes.hold_all(connection, change.functions)
            _wanted(connection, change, at)
            failed = replace(change, state=BulkState.FAILED, error=why, ended_at=at)
            _set(connection, change, at, failed)

    def _next(self, connection: Connection, change: BulkChange, n: int) -> tuple[list[str], int]:
        """Ids of the next samples, and where they end."""
        mine = sample_lists.conditions(
            connection, change.from_function_id or change.function_id, change.filter
        )
        seq = samples.c.seq
        query = sa.select(samples.c.id, seq).where(*mine, seq > change.after_seq, seq <= change.last_seq)
        rows = connection.execute(query.order_by(seq).limit(n)).all()
        return [row.id for row in rows], rows[-1].seq if rows else change.last_seq

    def _move(
        self, connection: Connection, change: BulkChange, ids: list[str], at: datetime, linked: list[str]
    ) -> BulkChange:
        assert change.into_function_id is not None
        source, into = change.function_id, change.into_function_id
        moved = moving.move_samples(connection, source, into, ids, at, partial(self._blobs.get, source))
        linked += [new for _, new in moved.files]
        self._blobs.link(source, into, moved.files)
        return replace(change, known=change.known + moved.known)

    def _do(
        self, connection: Connection, change: BulkChange, ids: list[str], at: datetime, linked: list[str]
    ) -> None:
        if not ids:
            return
        function_id = change.function_id
        if change.kind is BulkKind.COPY:
            assert change.from_function_id is not None
            file_of = partial(self._blobs.get, change.from_function_id)
            files = copying.copy_samples(connection, function_id, ids, change.names, file_of)
            linked += [new for _, new in files]
            self._blobs.link(change.from_function_id, function_id, files)
        elif change.kind is not BulkKind.RELABEL:
            purging.purge_samples(connection, function_id, ids, at)
        elif change.tags is not None:
            bulk_steps.retag(connection, function_id, ids, change.tags, change.by, change.source, at)
        elif change.label_id is not None:
            bulk_steps.relabel(connection, function_id, ids, change.label_id, change.by, change.source, at)


def _begun(connection: Connection, change: BulkChange) -> BulkChange:
    """The change as it is kept, with what it will be about."""
    mine = sample_lists.conditions(connection, change.from_function_id or change.function_id, change.filter)
    query = sa.select(sa.func.count(), sa.func.max(samples.c.seq)).select_from(samples).where(*mine)
    total, last = connection.execute(query).one()
    begun = replace(change, id=new_id("change"), total=total, last_seq=last or 0)
    connection.execute(bulk_changes.insert().values(_values(begun)))
    return begun


def _ended(connection: Connection, change: BulkChange, at: datetime) -> BulkChange:
    """Everything is done; or there is more by now, where a label is to go with all its samples."""
    done = replace(change, state=BulkState.DONE, ended_at=at)
    function_id, label_id = change.function_id, change.label_id
    if change.kind is BulkKind.DELETE_LABEL and label_id is not None:
        mine = sample_lists.conditions(connection, function_id, change.filter)
        last = connection.scalar(sa.select(sa.func.max(samples.c.seq)).where(*mine))
        if last is not None:  # labelled meanwhile
            return replace(change, after_seq=0, last_seq=last)
        if label_id in changes.label_ids(connection, function_id):
            purging.purge_label(connection, function_id, label_id, at)
            connection.execute(labels.delete().where(labels.c.id == label_id))
    _wanted(connection, change, at)
    return done


def _hold(connection: Connection, change: BulkChange) -> None:
    """All functions that a step writes to, for as long as it takes. Raises FunctionNotFound, DoesNotFit."""
    if change.into_function_id is None:
        changes.hold(connection, change.function_id)
        return
    moving.hold_both(connection, change.function_id, change.into_function_id)
    moving.must_fit(connection, change.function_id, change.into_function_id)  # as they stand by now


def _wanted(connection: Connection, change: BulkChange, at: datetime) -> None:
    """Those that are gone are passed over."""
    for function_id in change.functions:
        changes.wanted(connection, function_id, at)


def _set(connection: Connection, change: BulkChange, at: datetime, after: BulkChange) -> None:
    """Only for the owner. Raises ChangeLost."""
    c = bulk_changes.c
    mine = (c.id == change.id) & (c.owner == change.owner) & (c.state == BulkState.RUNNING.value)
    mine &= (c.after_seq == change.after_seq) & (c.position == change.position)
    ended = {"owner": None, "heartbeat": None} if after.ended_at else {"heartbeat": at}
    values = {
        "state": after.state.value,
        "after_seq": after.after_seq,
        "last_seq": after.last_seq,
        "position": after.position,
        "error": after.error,
        "ended_at": after.ended_at,
    }
    if after.known != change.known:
        values["options"] = _values(after)["options"]
    if not connection.execute(bulk_changes.update().where(mine).values(values | ended)).rowcount:
        raise ChangeLost(id=change.id)


def _counts(connection: Connection, function_id: str, filter: SampleFilter) -> BulkCounts:
    mine = sample_lists.conditions(connection, function_id, filter)
    annotated, _ = tagging.marks(connection, function_id)
    query = sa.select(sa.func.count(), sa.func.count(annotated)).select_from(samples).where(*mine)
    n, n_annotated = connection.execute(query).one()
    still_open = captures.c.outcome == CaptureOutcome.OPEN
    queued = sa.exists().where(captures.c.sample_id == samples.c.id, still_open)
    waiting = connection.scalar(sa.select(sa.func.count()).select_from(samples).where(*mine, queued))
    return BulkCounts(n, n_annotated, waiting or 0)


def _values(change: BulkChange) -> dict[str, Any]:
    chosen = {name: _plain(value) for name, value in asdict(change.filter).items() if value is not None}
    return {
        "id": change.id,
        "function_id": change.function_id,
        "kind": change.kind.value,
        "options": {
            "filter": chosen,
            "tags": None if change.tags is None else dict(change.tags),
            "names": asdict(change.names),
            "into": change.into_function_id,
            "known": change.known,
        },
        "label_id": change.label_id,
        "from_function_id": change.from_function_id,
        "by": change.by,
        "source": change.source.value,
        "created_at": change.created_at,
        "state": change.state.value,
        "after_seq": change.after_seq,
        "last_seq": change.last_seq,
        "position": change.position,
        "total": change.total,
        "error": change.error,
        "owner": change.owner,
        "heartbeat": change.created_at if change.owner else None,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _change(row: Any) -> BulkChange:
    options = row.options
    return BulkChange(
        id=row.id,
        function_id=row.function_id,
        kind=BulkKind(row.kind),
        filter=_filter(options["filter"]),
        by=row.by,
        source=AnnotationSource(row.source),
        created_at=row.created_at,
        label_id=row.label_id,
        tags=options["tags"],
        from_function_id=row.from_function_id,
        into_function_id=options.get("into"),
        known=options.get("known", 0),
        names=copying.Names(**options["names"]),
        state=BulkState(row.state),
        after_seq=row.after_seq,
        last_seq=row.last_seq,
        position=row.position,
        total=row.total,
        error=row.error,
        owner=row.owner,
        ended_at=row.ended_at,
    )


def _filter(stored: Mapping[str, Any]) -> SampleFilter:
    known = {field.name for field in fields(SampleFilter)}
    values = {name: value for name, value in stored.items() if name in known}
    for name in ("created_before", "created_after"):
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    if "origin" in values:
        values["origin"] = Origin(values["origin"])
    if "sample_ids" in values:
        values["sample_ids"] = tuple(values["sample_ids"])
    return SampleFilter(**values)
