"""Imports and exports: which there are, who works on them, and how far they are.

A step of an import stands in one transaction with the samples that it brings, and only where nobody took the step before:
killed at any moment, it goes on behind the last row that is in, with none lost and none twice.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import TransferLost, TransferNotFound
from noria.records.field import FieldType
from noria.records.sample import Annotation, NewSample, TagsAnnotation
from noria.records.transfer import (
    ENDED,
    UNDER_WAY,
    ColumnUse,
    Counts,
    Findings,
    FoundColumn,
    Problem,
    Transfer,
    TransferKind,
    TransferOptions,
    TransferState,
)
from noria.storage import adding, annotations, changes, claims, sample_files, tags
from noria.storage.blobs import Blobs
from noria.storage.database import Database
from noria.storage.tables import transfers

MAX_PROBLEMS = 500  # that are kept; the others are counted


@dataclass(frozen=True, slots=True)
class Known:
    """A row whose content was there already when its step began."""

    digest: bytes
    annotation: Annotation | None
    tags: TagsAnnotation | None = None  # in its place, of a tags function


@dataclass(frozen=True, slots=True)
class Step:
    """The next rows of an import: each of them is new, known, or refused."""

    rows: int
    news: Sequence[NewSample] = ()
    known: Sequence[Known] = ()
    problems: Sequence[Problem] = ()


class Transfers:
    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._db = database
        self._blobs = blobs

    def add(self, transfer: Transfer) -> None:
        """Raises FunctionNotFound."""
        values = {
            "id": transfer.id,
            "function_id": transfer.function_id,
            "kind": transfer.kind.value,
            "format": transfer.format,
            "name": transfer.name,
            "size": transfer.size,
            "digest": transfer.digest,
            "options": asdict(transfer.options),
            "by": transfer.by,
            "created_at": transfer.created_at,
            "state": transfer.state.value,
            "position": transfer.position,
            "total": transfer.total,
            "counts": asdict(transfer.counts),
            "problems": [list(problem) for problem in transfer.problems],
            "findings": _findings_values(transfer.findings),
            "error": transfer.error,
        }
        with self._db.write() as connection:
            changes.hold(connection, transfer.function_id)
            connection.execute(transfers.insert().values(values))

    def get(self, function_id: str, id: str) -> Transfer:
        """Raises TransferNotFound."""
        query = sa.select(transfers).where(transfers.c.function_id == function_id, transfers.c.id == id)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise TransferNotFound(id=id)
        return _transfer(row)

    def list(self, function_id: str, kind: TransferKind | None = None, limit: int = 100) -> list[Transfer]:
        """Newest first. Raises FunctionNotFound."""
        query = sa.select(transfers).where(transfers.c.function_id == function_id)
        if kind is not None:
            query = query.where(transfers.c.kind == kind.value)
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            rows = connection.execute(query.order_by(transfers.c.seq.desc()).limit(limit))
            return [_transfer(row) for row in rows]

    def old(self, before: datetime) -> Sequence[Transfer]:
        """Those that ended, or were checked and not started, before this time."""
        c = transfers.c
        ended = c.state.in_(ENDED) & (c.ended_at < before)
        forgotten = (c.state == TransferState.CHECKED.value) & (c.created_at < before)
        with self._db.read() as connection:
            return [
                _transfer(row) for row in connection.execute(sa.select(transfers).where(ended | forgotten))
            ]

    def claim(self, kind: TransferKind, owner: str, now: datetime, silent_s: float) -> Transfer | None:
        """The oldest that is under way and that nobody works on, or whose owner has been silent for so long."""
        due = (transfers.c.kind == kind.value) & transfers.c.state.in_(UNDER_WAY)
        row = claims.claim(self._db, transfers, due, owner, now, silent_s)
        return None if row is None else _transfer(row)

    def release(self, owner: str) -> None:
        """The owner ends: others need not wait for its silence."""
        claims.release(self._db, transfers, owner)

    def beat(self, transfer: Transfer, position: int, total: int | None, at: datetime) -> None:
        """Its owner is alive and so far. Raises TransferLost."""
        with self._db.write() as connection:
            _set(connection, transfer, position=position, total=total, heartbeat=at)

    def checked(
        self, transfer: Transfer, findings: Findings, problems: Sequence[Problem], error: str = ""
    ) -> None:
        """The first reading is over; with an error, the file can't be imported like this. Raises TransferLost."""
        with self._db.write() as connection:
            _set(
                connection, transfer, state=TransferState.CHECKED.value, position=0, total=findings.rows,
                findings=_findings_values(findings), problems=[list(each) for each in problems],
                error=error, owner=None, heartbeat=None,
            )  # fmt: skip

    def look_again(self, transfer: Transfer, format: str, options: TransferOptions) -> None:
        """Read the file once more, as another format or with other columns. Raises TransferLost."""
        values = {"state": TransferState.CHECKING.value, "format": format, "options": asdict(options)}
        self._from_checked(transfer, **values, position=0, total=None, error="", problems=[])

    def start(self, transfer: Transfer) -> None:
        """Raises TransferLost for one that is not checked, or can't be imported."""
        if transfer.error:
            raise TransferLost(f"This file can't be imported: {transfer.error}")
        running = {"state": TransferState.RUNNING.value, "position": 0, "problems": []}
        self._from_checked(transfer, **running, total=transfer.findings.rows)

    def stop(self, transfer: Transfer, at: datetime) -> None:
        """What is in stays in. One that has ended stays as it is."""
        c = transfers.c
        open_ = c.state.not_in(ENDED) & (c.id == transfer.id)
        stopped = {"state": TransferState.STOPPED.value, "ended_at": at, "owner": None, "heartbeat": None}
        with self._db.write() as connection:
            connection.execute(transfers.update().where(open_).values(stopped))

    def end(self, transfer: Transfer, at: datetime, error: str = "", size: int | None = None) -> None:
        """Done, or failed with an error. Raises TransferLost."""
        state = TransferState.FAILED if error else TransferState.DONE
        values = {"state": state.value, "error": error, "ended_at": at, "owner": None, "heartbeat": None}
        with self._db.write() as connection:
            _set(connection, transfer, **values, **({} if size is None else {"size": size}))

    def forget(self, ids: Sequence[str]) -> None:
        with self._db.write() as connection:
            connection.execute(transfers.delete().where(transfers.c.id.in_(ids)))

    def step(self, transfer: Transfer, step: Step, at: datetime) -> Transfer:
        """Store the next rows of an import. Raises TransferLost, FunctionNotFound, and then stores none."""
        function_id = transfer.function_id
        with sample_files.stored(self._blobs, step.news) as stored, self._db.write() as connection:
            changes.hold(connection, function_id)
            result = adding.add(connection, function_id, step.news, at)
            twins: list[tuple[str, NewSample | Known]] = [
                (id, step.news[place]) for place, id in result.duplicates
            ]
            before = adding.existing(connection, function_id, [each.digest for each in step.known])
            twins += [(before[each.digest].id, each) for each in step.known if each.digest in before]
            gone = len(step.known) - sum(each.digest in before for each in step.known)
            after = replace(
                transfer,
                position=transfer.position + step.rows,
                counts=transfer.counts
                + Counts(
                    len(result.added),
                    len(twins),
                    _relabel(connection, function_id, twins),
                    len(step.problems) + gone,  # deleted while they were imported
                ),
                problems=(*transfer.problems, *step.problems)[:MAX_PROBLEMS],
            )
            _set(
                connection, transfer, position=after.position, counts=asdict(after.counts),
                problems=[list(problem) for problem in after.problems], heartbeat=at,
            )  # fmt: skip
            stored.update(result.added)
        return after

    def _from_checked(self, transfer: Transfer, **values: Any) -> None:
        c = transfers.c
        ready = (c.id == transfer.id) & (c.state == TransferState.CHECKED.value)
        with self._db.write() as connection:
            if not connection.execute(transfers.update().where(ready).values(values)).rowcount:
                raise TransferLost("This import is not waiting to be started. See what it does with GET.")


def _set(connection: Connection, transfer: Transfer, **values: Any) -> None:
    """Only for the owner. Raises TransferLost.

    An import's position moves only here: an owner that was thought dead finds its step taken, and takes it back.
    """
    c = transfers.c
    mine = (c.id == transfer.id) & (c.owner == transfer.owner) & (c.state == transfer.state.value)
    if transfer.kind is TransferKind.IMPORT and transfer.state is TransferState.RUNNING:
        mine &= c.position == transfer.position
    if not connection.execute(transfers.update().where(mine).values(values)).rowcount:
        raise TransferLost(id=transfer.id)


def _relabel(connection: Connection, function_id: str, twins: Sequence[tuple[str, NewSample | Known]]) -> int:
    """Give samples that were there already the label or tags that the import brings, where they differ."""
    if tagged := {id: each.tags for id, each in twins if each.tags is not None}:
        return tags.bring(connection, function_id, tagged)
    wanted = {id: each.annotation for id, each in twins if each.annotation is not None}
    present = adding.labels_of(connection, function_id, list(wanted))
    changed = {id: annotation for id, annotation in wanted.items() if present[id] != annotation.label_id}
    for id, annotation in changed.items():
        annotations.annotate(connection, function_id, id, annotation)
    return len(changed)


def _findings_values(findings: Findings) -> dict[str, Any]:
    return asdict(findings)


def _transfer(row: Any) -> Transfer:
    return Transfer(
        id=row.id,
        function_id=row.function_id,
        kind=TransferKind(row.kind),
        format=row.format,
        name=row.name,
        size=row.size,
        digest=bytes(row.digest),
        options=TransferOptions(**row.options | {"tags": tuple(row.options.get("tags", ()))}),
        by=row.by,
        created_at=row.created_at,
        state=TransferState(row.state),
        position=row.position,
        total=row.total,
        counts=Counts(**row.counts),
        problems=tuple((str(place), str(why)) for place, why in row.problems),
        findings=_findings(row.findings),
        error=row.error,
        owner=row.owner,
        ended_at=row.ended_at,
    )


def _findings(values: dict[str, Any]) -> Findings:
    return Findings(
        values["rows"], values["refused"], values["labels"], tuple(values["new_labels"]),
        tuple(values["available"]), values["chosen"], tuple((place, row) for place, row in values["first"]),
        tuple(_found(each) for each in values.get("fields", ())), tuple(values.get("lacking", ())),
    )  # fmt: skip


def _found(values: dict[str, str]) -> FoundColumn:
    return FoundColumn(values["column"], FieldType(values["type"]), ColumnUse(values["use"]))
