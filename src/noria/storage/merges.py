"""Labels that were merged into others.

Every row that names the label moves to the other. What was on its way meanwhile, or is stored as it
was (versions' arrays, what calls were answered with), names the old label still and is read as the other for good.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.capture.expression import relabelled
from noria.errors import BadInput, LabelNotFound
from noria.records.sample import AnnotationSource
from noria.storage import changes, opinion_rows, tagging, upserts
from noria.storage.database import Database
from noria.storage.label_uses import uses
from noria.storage.sums import without
from noria.storage.tables import (
    annotation_log,
    captures,
    feedback,
    functions,
    kept_labels,
    known_sums,
    label_merges,
    labels,
    samples,
    sums,
    tag_annotations,
    tag_thresholds,
    traffic,
)

_AT_ONCE = 1000  # samples moved in one transaction
_REST = 0.5  # of the time that took, which is left to others before the next


@dataclass(frozen=True, slots=True)
class MergeCounts:
    """What a merge changes, or would."""

    samples: int  # annotated with the label; of tags, on which it is present
    conflicts: int  # of tags: samples on which one is present and the other absent, which will be present
    waiting: int  # samples in the queue whose calls were answered with it
    calls: int  # answered with it, in the live figures
    judged: int  # captured calls that it was the right answer to
    rules: tuple[str, ...]  # names of capture rules that name it


@dataclass(frozen=True, slots=True)
class Merged:
    """What a label is by now, and since when."""

    into: str
    at: datetime


class Merges:
    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, function_id: str) -> dict[str, Merged]:
        """By the id of the label that is gone."""
        c = label_merges.c
        query = sa.select(c.label_id, c.into_label_id, c.at).where(c.function_id == function_id)
        with self._db.read() as connection:
            return {gone: Merged(into, at) for gone, into, at in connection.execute(query)}

    def names(self, function_id: str) -> dict[str, str]:
        """The id that each label which is gone has by now."""
        with self._db.read() as connection:
            return changes.meanings(connection, [function_id])

    def meant(self, function_id: str, label_id: str) -> str:
        """The label that somebody means who knows it by this id."""
        with self._db.read() as connection:
            return changes.meant(connection, function_id, label_id)

    def plan(self, function_id: str, label_id: str, into: str) -> MergeCounts:
        """What `merge` would change. Raises FunctionNotFound, LabelNotFound, BadInput."""
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            _must_be_two(connection, function_id, label_id, into)
            return _counts(connection, function_id, label_id, into)

    def merge(self, function_id: str, label_id: str, into: str, by: str, at: datetime) -> MergeCounts:
        """Everything that was said with the label is said with the other from now on; the label is gone.

        Samples are moved some at a time, so that others can write in between; the rest, and all else, in one
        transaction. One that is killed before that is gone on with by merging once more.
        Raises FunctionNotFound, LabelNotFound, BadInput.
        """
        counts = self.plan(function_id, label_id, into)
        while self._move_some(function_id, label_id, into, by, at):
            pass
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            _must_be_two(connection, function_id, label_id, into)
            _move(connection, function_id, label_id, into, by, at)
            changes.wanted(connection, function_id, at)
            return counts

    def _move_some(self, function_id: str, label_id: str, into: str, by: str, at: datetime) -> bool:
        """Whether more samples are left than one transaction should hold."""
        began = time.monotonic()
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            _must_be_two(connection, function_id, label_id, into)
            n = _move_some(connection, function_id, label_id, into, by, at, _AT_ONCE)
        if n == _AT_ONCE:
            time.sleep(_REST * (time.monotonic() - began))
        return n == _AT_ONCE


def _must_be_two(connection: Connection, function_id: str, label_id: str, into: str) -> None:
    if label_id == into:
        raise BadInput("A label can't be merged into itself. Name another one.")
    for id in (label_id, into):
        changes.must_have_label(connection, function_id, id)


def _move(connection: Connection, function_id: str, label_id: str, into: str, by: str, at: datetime) -> None:
    name = connection.scalar(sa.select(labels.c.name).where(labels.c.id == label_id))
    _move_rules(connection, function_id, label_id, into)
    if tagging.gives_tags(connection, function_id):
        _move_tags(connection, function_id, label_id, into)
        _forget_known(connection, function_id, label_id)
    else:
        while _move_some(connection, function_id, label_id, into, by, at, _AT_ONCE) == _AT_ONCE:
            pass
        _move_known(connection, function_id, label_id, into)
    _move_captures(connection, function_id, label_id, into)
    _move_sums(connection, function_id, label_id, into)
    _move_kept(connection, function_id, label_id, into)
    opinion_rows.move_label(connection, function_id, label_id, into)
    of_feedback = (feedback.c.function_id == function_id) & (feedback.c.label_id == label_id)
    connection.execute(feedback.update().where(of_feedback).values(label_id=into))
    _hand_down(connection, function_id, label_id, into)
    connection.execute(labels.delete().where(labels.c.id == label_id))
    before = (label_merges.c.function_id == function_id) & (label_merges.c.into_label_id == label_id)
    connection.execute(label_merges.update().where(before).values(into_label_id=into))
    row = {"label_id": label_id, "into_label_id": into, "name": name, "by": by, "at": at}
    connection.execute(label_merges.insert().values(function_id=function_id, **row))


def _move_some(
    connection: Connection, function_id: str, label_id: str, into: str, by: str, at: datetime, limit: int
) -> int:
    """Give samples with the label the other one, and predictions of it; returns how many there were, at most limit each."""
    c, log = samples.c, annotation_log.c
    annotated = sa.select(c.id).where(c.function_id == function_id, c.annotation_label_id == label_id)
    mine = c.id.in_(_first(connection, annotated, limit))
    source = sa.literal(AnnotationSource.MERGE.value)
    moved = sa.select(
        c.function_id, c.id, c.digest, sa.literal(into), c.annotation_label_id, sa.literal(by), source,
        sa.literal(at, log.at.type),
    ).where(mine)  # fmt: skip
    columns = [
        log.function_id, log.sample_id, log.digest, log.label_id, log.previous_label_id, log.by, log.source,
        log.at,
    ]  # fmt: skip
    connection.execute(annotation_log.insert().from_select(columns, moved))
    n = connection.execute(samples.update().where(mine).values(annotation_label_id=into)).rowcount
    # The two labels' confidences add up by now: without a version they are worked out anew.
    predicted = sa.select(c.id).where(c.function_id == function_id, c.prediction_label_id == label_id)
    stale = {"prediction_label_id": into, "prediction_version_id": None}
    of_predicted = c.id.in_(_first(connection, predicted, limit))
    return max(n, connection.execute(samples.update().where(of_predicted).values(stale)).rowcount)


def _first(connection: Connection, query: sa.Select[tuple[str]], limit: int) -> list[str]:
    return list(connection.scalars(query.limit(limit)))


def _move_tags(connection: Connection, function_id: str, label_id: str, into: str) -> None:
    """Where one is present, the other one's absence gives way."""
    c, other = tag_annotations.c, tag_annotations.alias()
    here = (c.function_id == function_id) & (c.label_id == into)
    there = sa.select(other.c.sample_id).where(other.c.function_id == function_id)
    present = there.where(other.c.label_id == label_id, other.c.present.is_(True))
    connection.execute(tag_annotations.update().where(here, c.sample_id.in_(present)).values(present=True))
    mine = (c.function_id == function_id) & (c.label_id == label_id)
    twice = there.where(other.c.label_id == into)
    connection.execute(tag_annotations.delete().where(mine, c.sample_id.in_(twice)))
    connection.execute(tag_annotations.update().where(mine).values(label_id=into))


def _move_captures(connection: Connection, function_id: str, label_id: str, into: str) -> None:
    for column in (captures.c.label_id, captures.c.true_label_id):
        mine = (captures.c.function_id == function_id) & (column == label_id)
        connection.execute(captures.update().where(mine).values({column: into}))


def _move_sums(connection: Connection, function_id: str, label_id: str, into: str) -> None:
    mine = (sums.c.function_id == function_id) & (sums.c.label_id == label_id)
    rows = [dict(row) for row in connection.execute(sa.select(sums).where(mine)).mappings()]
    connection.execute(sums.delete().where(mine))
    upserts.add_up(connection, sums, [row | {"label_id": into} for row in rows])


def _move_known(connection: Connection, function_id: str, label_id: str, into: str) -> None:
    """Known answers; those that one of the two gave for the other are right by now."""
    c = known_sums.c
    mine = (c.function_id == function_id) & (
        (c.predicted_label_id == label_id) | (c.true_label_id == label_id)
    )
    rows = [dict(row) for row in connection.execute(sa.select(known_sums).where(mine)).mappings()]
    connection.execute(known_sums.delete().where(mine))
    names = {label_id: into}
    moved = [
        row | {name: names.get(row[name], row[name]) for name in ("predicted_label_id", "true_label_id")}
        for row in rows
    ]
    upserts.add_up(connection, known_sums, moved)
    right = [
        before
        for before, after in zip(rows, moved, strict=True)
        if before["predicted_label_id"] != before["true_label_id"]
        and after["predicted_label_id"] == after["true_label_id"]
    ]
    amounts = {column.name: 0 for column in traffic.c if not column.primary_key}
    keys = ("function_id", "hour", "version_id")
    upserts.add_up(
        connection,
        traffic,
        [{key: row[key] for key in keys} | amounts | {"known_correct": row["n"]} for row in right],
    )


def _forget_known(connection: Connection, function_id: str, label_id: str) -> None:
    """Of tags: the other one's figures begin anew, see `serving.tag_figures`."""
    c = known_sums.c
    asked = c.true_label_id.in_([label_id, without(label_id)])
    connection.execute(known_sums.delete().where(c.function_id == function_id, asked))


def _move_kept(connection: Connection, function_id: str, label_id: str, into: str) -> None:
    c = kept_labels.c
    mine = (c.function_id == function_id) & ((c.label_id == label_id) | (c.suggested_label_id == label_id))
    rows = [dict(row) for row in connection.execute(sa.select(kept_labels).where(mine)).mappings()]
    connection.execute(kept_labels.delete().where(mine))
    names = {label_id: into}
    for row in rows:
        moved = row | {name: names.get(row[name], row[name]) for name in ("label_id", "suggested_label_id")}
        if moved["label_id"] != moved["suggested_label_id"]:
            upserts.put(connection, kept_labels, moved)


def _hand_down(connection: Connection, function_id: str, label_id: str, into: str) -> None:
    """The other keeps what it has; what it lacks, it gets: description, metadata, a tag's threshold."""
    rows = connection.execute(sa.select(labels).where(labels.c.id.in_([label_id, into]))).mappings()
    by_id = {row["id"]: row for row in rows}
    lacking = {
        name: by_id[label_id][name]
        for name in ("description", "metadata")
        if by_id[into][name] is None and by_id[label_id][name] is not None
    }
    if lacking:
        connection.execute(labels.update().where(labels.c.id == into).values(lacking))
    c = tag_thresholds.c
    set_by_hand = (c.function_id == function_id) & (c.label_id == label_id)
    threshold = connection.scalar(sa.select(c.threshold).where(set_by_hand))
    if threshold is not None:
        connection.execute(tag_thresholds.delete().where(set_by_hand))
        row = {"function_id": function_id, "label_id": into, "threshold": threshold}
        upserts.keep_first(connection, tag_thresholds, row)


def _move_rules(connection: Connection, function_id: str, label_id: str, into: str) -> None:
    """Rules that compare with the label's name compare with the other's; one that can't be read stays as it is."""
    names = _names(connection, label_id, into)
    capture = _capture(connection, function_id)
    rules = [
        {**rule, "expression": relabelled(rule["expression"], *names)} for rule in capture.get("rules", ())
    ]
    if rules:
        row = functions.update().where(functions.c.id == function_id)
        connection.execute(row.values(capture={**capture, "rules": rules}))


def _counts(connection: Connection, function_id: str, label_id: str, into: str) -> MergeCounts:
    said, other = tag_annotations.c, tag_annotations.alias().c
    apart = (
        sa.select(sa.func.count())
        .select_from(tag_annotations)
        .join(other.sample_id.table, other.sample_id == said.sample_id)
        .where(said.function_id == function_id, said.label_id == label_id, other.label_id == into)
        .where(said.present != other.present)
    )
    used = uses(connection, function_id, label_id, *_names(connection, label_id, into))
    return MergeCounts(
        samples=used.samples,
        conflicts=connection.scalar(apart) or 0,
        waiting=used.waiting,
        calls=used.calls,
        judged=used.judged,
        rules=used.rules,
    )


def _names(connection: Connection, label_id: str, into: str) -> tuple[str, str]:
    query = sa.select(labels.c.id, labels.c.name).where(labels.c.id.in_([label_id, into]))
    found = {row.id: row.name for row in connection.execute(query)}
    if len(found) < 2:
        raise LabelNotFound(id=label_id if into in found else into)
    return found[label_id], found[into]


def _capture(connection: Connection, function_id: str) -> dict[str, Any]:
    query = sa.select(functions.c.capture).where(functions.c.id == function_id)
    return dict(connection.execute(query).scalar_one())
