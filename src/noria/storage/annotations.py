"""Annotations: labels that people gave, and the log of every change."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.records.opinion import Met
from noria.records.sample import Annotation, AnnotationSource, Sample
from noria.storage import adding, changes, opinion_rows, purging, sample_rows, settling
from noria.storage.database import Database
from noria.storage.tables import annotation_log, samples


@dataclass(frozen=True, slots=True)
class AnnotationEvent:
    """One entry of the log that only grows."""

    id: int
    function_id: str
    sample_id: str
    label_id: str | None  # None: the annotation was removed
    previous_label_id: str | None
    by: str
    source: AnnotationSource | None  # None where it was removed
    at: datetime


@dataclass(frozen=True, slots=True)
class DayCount:
    day: date  # UTC
    annotations: int


class Annotations:
    def __init__(self, database: Database) -> None:
        self._db = database

    def set(
        self,
        function_id: str,
        sample_id: str,
        label_id: str,
        by: str,
        source: AnnotationSource,
        at: datetime,
        met: Met | None = None,
    ) -> Sample:
        """Give the sample this label, whatever it had; its captures are settled by it.

        met: how the person met it, of an answer in the queue; it may then wait for a second opinion.
        Raises FunctionNotFound, SampleNotFound, LabelNotFound.
        """
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            given = annotate(connection, function_id, sample_id, Annotation(label_id, at, by, source))
            if met is not None:
                opinion_rows.first(connection, function_id, sample_id, given, met)
            return sample_rows.get(connection, function_id, sample_id)

    def remove(self, function_id: str, sample_id: str, by: str, at: datetime) -> Sample:
        """Undo: the label goes, its captures are open again, and what was only captured is staged again.

        Without an annotation nothing changes. Raises FunctionNotFound, SampleNotFound.
        """
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            before = sample_rows.get(connection, function_id, sample_id)
            sample_id = before.id
            if before.annotation is None:
                return before
            values = {"staged": sa.not_(samples.c.brought), **purging.NO_ANNOTATION}
            connection.execute(samples.update().where(samples.c.id == sample_id).values(values))
            removal = {
                "function_id": function_id,
                "sample_id": sample_id,
                "digest": before.digest,
                "previous_label_id": before.annotation.label_id,
                "by": by,
                "at": at,
            }
            connection.execute(annotation_log.insert().values(removal))
            settling.unannotated(connection, sample_id)
            opinion_rows.unannotated(connection, sample_id)
            settling.log_rho(connection, function_id, at)
            changes.wanted(connection, function_id, at)
            return sample_rows.get(connection, function_id, sample_id)

    def history(
        self, function_id: str, sample_id: str | None = None, limit: int = 100
    ) -> list[AnnotationEvent]:
        """Newest first, of one sample or of all; deleted samples keep theirs. Raises FunctionNotFound."""
        log = annotation_log.c
        query = sa.select(annotation_log).where(log.function_id == function_id)
        if sample_id is not None:
            query = query.where(log.sample_id == sample_id)
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            rows = connection.execute(query.order_by(log.id.desc()).limit(limit))
            return [_event(row) for row in rows]

    def daily(self, function_id: str, since: datetime) -> list[DayCount]:
        """Labels given per UTC day, oldest first; days without any are left out."""
        log = annotation_log.c
        query = sa.select(log.at).where(
            log.function_id == function_id,
            log.at >= since,
            log.label_id.is_not(None),
            log.source != AnnotationSource.MERGE.value,
        )
        with self._db.read() as connection:
            days = Counter(at.astimezone(UTC).date() for at in connection.scalars(query))
        return [DayCount(day, n) for day, n in sorted(days.items())]


def annotate(connection: Connection, function_id: str, sample_id: str, annotation: Annotation) -> Annotation:
    """The same in a transaction that holds the function; the annotation as it stands, after merges of labels."""
    before = sample_rows.get(connection, function_id, sample_id)
    sample_id = before.id
    annotation = replace(annotation, label_id=changes.meant(connection, function_id, annotation.label_id))
    changes.must_have_label(connection, function_id, annotation.label_id)
    values = {"staged": False, **sample_rows.annotation_values(annotation)}
    connection.execute(samples.update().where(samples.c.id == sample_id).values(values))
    previous = before.annotation.label_id if before.annotation else None
    adding.log(connection, [(sample_id, before, annotation, previous)])
    turn_at = settling.turn_at(connection, function_id, annotation.at)
    settling.annotated(connection, sample_id, annotation.label_id, turn_at)
    settling.release(connection, [sample_id])
    settling.log_rho(connection, function_id, turn_at)
    opinion_rows.settle(connection, sample_id, annotation)
    changes.wanted(connection, function_id, annotation.at)
    return annotation


def _event(row: Any) -> AnnotationEvent:
    source = None if row.source is None else AnnotationSource(row.source)
    return AnnotationEvent(
        row.id, row.function_id, row.sample_id, row.label_id, row.previous_label_id, row.by, source, row.at
    )
