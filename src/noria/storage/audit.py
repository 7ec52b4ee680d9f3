"""Who changed what: the audit log, and with it what people said of single samples."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from noria.errors import BadInput
from noria.records.sample import AnnotationSource
from noria.storage.database import Database
from noria.storage.tables import annotation_log, audit, captures, tag_log

LABELLED = "Label"
TAGGED = "Tag"

CURSOR = r"^([0-9]{1,12}\.[0-9]{6})-(audit|labels|tags)-([0-9]{1,18})$"

_Place = tuple[float, str, int]  # time, log and number there: entries of one moment keep an order


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    by: str
    action: str  # name of an operation, or LABELLED, TAGGED
    function_id: str | None
    subject: str | None  # id: of a sample where it was labelled
    facts: Mapping[str, Any]
    log: str  # which one it stands in, and …
    number: int  # … its number there


@dataclass(frozen=True, slots=True)
class AuditPage:
    entries: list[Entry]
    next_cursor: str | None  # None: this was the last page


@dataclass(frozen=True, slots=True)
class AuditFilter:
    by: str | None = None
    function_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    what: Literal["all", "labels", "changes"] = "all"


class Audit:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(
        self,
        by: str,
        action: str,
        function_id: str | None,
        subject: str | None,
        facts: Mapping[str, Any],
        at: datetime,
    ) -> None:
        row = {
            "by": by, "action": action, "function": function_id, "subject": subject, "facts": dict(facts), "at": at
        }  # fmt: skip
        with self._db.write() as connection:
            connection.execute(audit.insert().values(row))

    def page(self, wanted: AuditFilter, limit: int, cursor: str | None = None) -> AuditPage:
        """Newest first. Raises BadInput for a foreign cursor."""
        after = _place(cursor) if cursor is not None else None
        with self._db.read() as connection:
            found = [
                _entry(row)
                for log in _OF[wanted.what]
                for row in connection.execute(_part(log, wanted, limit + 1, after))
            ]
            found.sort(key=_place_of, reverse=True)
            shown = _with_reasons(connection, found[:limit])
        return AuditPage(shown, _cursor(shown[-1]) if len(found) > limit else None)


_LOGS = {
    "audit": sa.select(
        sa.literal("audit").label("log"), audit.c.id, audit.c.at, audit.c.by, audit.c.action,
        audit.c.function.label("function_id"), audit.c.subject, audit.c.facts,
        sa.null().label("label_id"), sa.null().label("previous"), sa.null().label("source"),
    ),
    "labels": sa.select(
        sa.literal("labels").label("log"), annotation_log.c.id, annotation_log.c.at, annotation_log.c.by,
        sa.literal(LABELLED).label("action"), annotation_log.c.function_id,
        annotation_log.c.sample_id.label("subject"), sa.null().label("facts"),
        annotation_log.c.label_id, annotation_log.c.previous_label_id.label("previous"), annotation_log.c.source,
    ),
    "tags": sa.select(
        sa.literal("tags").label("log"), tag_log.c.id, tag_log.c.at, tag_log.c.by,
        sa.literal(TAGGED).label("action"), tag_log.c.function_id, tag_log.c.sample_id.label("subject"),
        tag_log.c.tags.label("facts"), sa.null().label("label_id"), sa.null().label("previous"), tag_log.c.source,
    ),
}  # fmt: skip
_TABLES = {"audit": audit, "labels": annotation_log, "tags": tag_log}


_OF = {"all": ("audit", "labels", "tags"), "labels": ("labels", "tags"), "changes": ("audit",)}


def _part(log: str, wanted: AuditFilter, n: int, after: _Place | None) -> sa.Select[Any]:
    table = _TABLES[log].c
    function = table.function if log == "audit" else table.function_id
    query = _LOGS[log]
    if wanted.by is not None:
        query = query.where(table.by == wanted.by)
    if wanted.function_id is not None:
        query = query.where(function == wanted.function_id)
    if wanted.since is not None:
        query = query.where(table.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(table.at < wanted.until)
    if after is not None:
        at, other, id = after
        seconds = sa.type_coerce(table.at, sa.Double)
        earlier = seconds < at
        same = (seconds == at) & (sa.true() if log < other else table.id < id if log == other else sa.false())
        query = query.where(earlier | same)
    return query.order_by(table.at.desc(), table.id.desc()).limit(n)


def _entry(row: Any) -> Entry:
    facts: dict[str, Any] = {}
    if row.log == "audit":
        facts = dict(row.facts)
    elif row.log == "labels":
        facts = {"labelId": row.label_id, "previousLabelId": row.previous}
    else:
        facts = {"tags": row.facts}
    if row.source is not None:
        facts["source"] = row.source
    return Entry(row.at, row.by, row.action, row.function_id, row.subject, facts, row.log, row.id)


def _place_of(entry: Entry) -> _Place:
    return entry.at.timestamp(), entry.log, entry.number


def _cursor(entry: Entry) -> str:
    at, log, number = _place_of(entry)
    return f"{at:.6f}-{log}-{number}"


def _place(cursor: str) -> _Place:
    if (found := re.fullmatch(CURSOR, cursor)) is None:
        raise BadInput(
            "This cursor is none of ours. Follow the Link header of the page before.", cursor=cursor
        )
    return float(found[1]), found[2], int(found[3])


def _with_reasons(connection: sa.Connection, entries: list[Entry]) -> list[Entry]:
    """Why a labelled sample had been captured, in its facts."""
    ids = {
        entry.subject
        for entry in entries
        if entry.action in (LABELLED, TAGGED) and entry.facts.get("source") == AnnotationSource.QUEUE
    }
    query = sa.select(captures.c.sample_id, captures.c.reason).where(
        captures.c.sample_id.in_(ids), captures.c.reason.is_not(None)
    )
    reasons = {row.sample_id: row.reason for row in connection.execute(query)}

    def told(entry: Entry) -> Entry:
        reason = reasons.get(entry.subject) if entry.subject in ids else None
        return replace(entry, facts={**entry.facts, "captureReason": reason}) if reason else entry

    return [told(entry) for entry in entries]
