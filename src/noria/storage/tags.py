"""Tags: several labels that people gave to one sample, and everything that is counted of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.records.sample import AnnotationSource, Sample, TagsAnnotation
from noria.records.tags import Tag, TagsAnswer, TagsPrediction
from noria.records.version import TaggedSample
from noria.storage import capture_rows, changes, purging, sample_rows, settling, tagging, upserts
from noria.storage.database import Database
from noria.storage.judged import CaptureOutcome, Judged
from noria.storage.tables import (
    captures,
    sample_set_members,
    samples,
    tag_annotations,
    tag_answers,
    tag_log,
    tag_thresholds,
)
from noria.storage.training import propensities, weight_of

_JUDGED = [captures.c[field.name] for field in fields(Judged)]


@dataclass(frozen=True, slots=True)
class TagCounts:
    """Samples that are annotated of one label."""

    present: int = 0
    absent: int = 0


@dataclass(frozen=True, slots=True)
class JudgedTags:
    """One capture with what it was answered with and what people said of its sample."""

    capture: Judged
    answer: TagsAnswer
    true: Mapping[str, bool]  # by label id; empty before anybody said anything


class Tags:
    def __init__(self, database: Database) -> None:
        self._db = database

    def set(
        self,
        function_id: str,
        sample_id: str,
        tags: Sequence[Tag],
        by: str,
        source: AnnotationSource,
        at: datetime,
    ) -> Sample:
        """Say this of the sample in place of whatever was said; labels that are not named are absent.

        Its captures are settled by it. Raises FunctionNotFound, SampleNotFound, LabelNotFound.
        """
        annotation = TagsAnnotation(tuple(tags), at, by, source)
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            annotate(connection, function_id, sample_id, annotation)
            return sample_rows.get(connection, function_id, sample_id)

    def remove(self, function_id: str, sample_id: str, by: str, at: datetime) -> Sample:
        """Undo: what was said goes, its captures are open again, and what was only captured is staged again.

        Without an annotation nothing changes. Raises FunctionNotFound, SampleNotFound.
        """
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            before = sample_rows.get(connection, function_id, sample_id)
            sample_id = before.id
            if before.tags is None:
                return before
            tagging.unsay(connection, sample_id)
            tagging.log_removal(connection, function_id, sample_id, before.digest, by, at)
            values = {"staged": sa.not_(samples.c.brought), **purging.NO_ANNOTATION}
            connection.execute(samples.update().where(samples.c.id == sample_id).values(values))
            settling.unannotated(connection, sample_id)
            settling.log_rho(connection, function_id, at)
            changes.wanted(connection, function_id, at)
            return sample_rows.get(connection, function_id, sample_id)

    def has_unsaid(self, function_id: str) -> bool:
        """Whether nothing was said of some label of some annotated sample. Raises FunctionNotFound."""
        annotated = sa.select(sa.func.count()).where(
            samples.c.function_id == function_id, samples.c.annotated_at.is_not(None)
        )
        said = sa.select(sa.func.count()).where(tag_annotations.c.function_id == function_id)
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            wanted = (connection.scalar(annotated) or 0) * len(changes.label_ids(connection, function_id))
            return (connection.scalar(said) or 0) < wanted

    def counts(self, function_id: str, held_out: str | None = None) -> dict[str, TagCounts]:
        """Annotated samples by label id, zero included; those of the sample set `held_out` left out.

        Raises FunctionNotFound.
        """
        columns = tag_annotations.c
        query = sa.select(columns.label_id, columns.present, sa.func.count()).where(
            columns.function_id == function_id
        )
        if held_out is not None:
            query = query.where(columns.sample_id.not_in(_members(held_out)))
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            found: dict[tuple[str, bool], int] = {
                (id, present): n
                for id, present, n in connection.execute(query.group_by(columns.label_id, columns.present))
            }
            every = changes.label_ids(connection, function_id)
        return {id: TagCounts(found.get((id, True), 0), found.get((id, False), 0)) for id in every}

    def training(self, function_id: str, held_out: str) -> list[TaggedSample]:
        """Annotated samples in creation order, but those of the sample set `held_out`. Raises FunctionNotFound."""
        return self._annotated(function_id, samples.c.id.not_in(_members(held_out)))

    def held_out(self, function_id: str, held_out: str) -> list[TaggedSample]:
        """Annotated samples of the sample set `held_out` alone, in creation order. Raises FunctionNotFound."""
        return self._annotated(function_id, samples.c.id.in_(_members(held_out)))

    def set_predictions(self, function_id: str, rows: Sequence[tuple[str, TagsPrediction]]) -> None:
        """By sample id; rows of samples that are gone are left out."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            tagging.predict(connection, function_id, rows)

    def thresholds(self, function_id: str) -> dict[str, float]:
        """By label id; those at the default are left out."""
        columns = tag_thresholds.c
        query = sa.select(columns.label_id, columns.threshold).where(columns.function_id == function_id)
        with self._db.read() as connection:
            return {row.label_id: row.threshold for row in connection.execute(query)}

    def set_threshold(self, function_id: str, label_id: str, threshold: float) -> None:
        """From here on the tag is answered at this probability. Raises FunctionNotFound, LabelNotFound."""
        row = {"function_id": function_id, "label_id": label_id, "threshold": threshold}
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            changes.must_have_label(connection, function_id, label_id)
            upserts.put(connection, tag_thresholds, row)
            changes.changed(connection, function_id)

    def known_since(
        self, function_id: str, after: int
    ) -> tuple[Sequence[tuple[bytes, Mapping[str, bool] | None]], int]:
        """What people said of contents after this entry of the log, and the last entry's id.

        Apply the rows in order; None removes. With 0 comes what is said now.
        """
        log = tag_log.c
        of_function = log.function_id == function_id
        with self._db.read() as connection:
            last = connection.scalar(sa.select(sa.func.max(log.id)).where(of_function)) or 0
            if after <= 0:
                return _known(connection, function_id), last
            news = sa.select(log.digest, log.tags).where(of_function, log.id > after, log.id <= last)
            rows = [(bytes(digest), tags) for digest, tags in connection.execute(news.order_by(log.id))]
            return rows, max(last, after)

    def judged(
        self, function_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[JudgedTags]:
        """Captures of calls in [since, until) that no label is waited for any longer, in order of arrival."""
        query = (
            sa.select(*_JUDGED, tag_answers.c.confidences, tag_answers.c.present)
            .join_from(captures, tag_answers, tag_answers.c.capture_id == captures.c.id)
            .where(captures.c.function_id == function_id, capture_rows.waited_for_no_longer())
            .order_by(captures.c.seq)
        )
        if since is not None:
            query = query.where(captures.c.at >= since)
        if until is not None:
            query = query.where(captures.c.at < until)
        with self._db.read() as connection:
            said = _said(connection, function_id)
            rows = [dict(row) for row in connection.execute(query).mappings()]
            names = changes.meanings(connection, [function_id])
        found = []
        for row in rows:
            answer = TagsAnswer(row.pop("confidences"), tuple(row.pop("present"))).merged(names)
            capture = Judged(**{**row, "outcome": CaptureOutcome(row["outcome"])})
            found.append(JudgedTags(capture, answer, said.get(capture.sample_id, {})))
        return found

    def answer(self, capture_id: str) -> TagsAnswer | None:
        """What a captured call was answered with; None where it gave no tags."""
        columns = tag_answers.c
        query = sa.select(columns.function_id, columns.confidences, columns.present)
        with self._db.read() as connection:
            row = connection.execute(query.where(columns.capture_id == capture_id)).one_or_none()
            if row is None:
                return None
            names = changes.meanings(connection, [row.function_id])
        return TagsAnswer(row.confidences, tuple(row.present)).merged(names)

    def _annotated(self, function_id: str, which: sa.ColumnElement[bool]) -> list[TaggedSample]:
        columns, drawn = samples.c, propensities(function_id)
        query = (
            sa.select(columns.id, columns.digest, columns.brought, drawn.c.propensity)
            .outerjoin_from(samples, drawn, drawn.c.sample_id == columns.id)
            .where(columns.function_id == function_id, columns.annotated_at.is_not(None), which)
            .order_by(columns.seq)
        )
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            said = _said(connection, function_id)
            rows = connection.execute(query).all()
        return [
            TaggedSample(id, bytes(digest), said.get(id, {}), weight_of(brought, propensity), not brought)
            for id, digest, brought, propensity in rows
        ]


def annotate(connection: Connection, function_id: str, sample_id: str, annotation: TagsAnnotation) -> None:
    """What `set` does, in a transaction that holds the function."""
    before = sample_rows.get(connection, function_id, sample_id)
    sample_id = before.id
    tagging.unsay(connection, sample_id)
    tagging.say(connection, function_id, [(sample_id, before.digest, annotation)])
    values = {"staged": False, **sample_rows.tags_values(annotation)}
    connection.execute(samples.update().where(samples.c.id == sample_id).values(values))
    turn_at = settling.turn_at(connection, function_id, annotation.at)
    settling.annotated(connection, sample_id, None, turn_at)
    settling.release(connection, [sample_id])
    settling.log_rho(connection, function_id, turn_at)
    changes.wanted(connection, function_id, annotation.at)


def bring(connection: Connection, function_id: str, wanted: Mapping[str, TagsAnnotation]) -> int:
    """Say of samples that are there what an import has of them, where that is something else; how many these are.

    An opinion that is only implied changes nothing: nobody looked again. Where labels that are not named are not absent,
    what was said of them stays.
    """
    now = {
        id: {tag.label_id: tag for tag in tags}
        for id, tags in tagging.said_of(connection, list(wanted)).items()
    }
    open_ = tagging.unannotated(connection, list(wanted))
    changed = 0
    for id, annotation in wanted.items():
        before = now.get(id, {})
        if id in open_ or _differ(annotation, before):
            named = {tag.label_id for tag in annotation.tags}
            kept = (
                ()
                if annotation.rest_absent
                else tuple(tag for tag in before.values() if tag.label_id not in named)
            )
            annotate(connection, function_id, id, replace(annotation, tags=(*annotation.tags, *kept)))
            changed += 1
    return changed


def _differ(annotation: TagsAnnotation, before: Mapping[str, Tag]) -> bool:
    if any(before.get(tag.label_id) != tag for tag in annotation.tags):
        return True
    there = {tag.label_id for tag in before.values() if tag.present}
    return annotation.rest_absent and not there <= {tag.label_id for tag in annotation.tags}


def _said(connection: Connection, function_id: str) -> dict[str, dict[str, bool]]:
    """What is said of every sample, by its id."""
    columns = tag_annotations.c
    query = sa.select(columns.sample_id, columns.label_id, columns.present).where(
        columns.function_id == function_id
    )
    said: dict[str, dict[str, bool]] = defaultdict(dict)
    for sample_id, label_id, present in connection.execute(query):
        said[sample_id][label_id] = present
    return said


def _known(connection: Connection, function_id: str) -> list[tuple[bytes, Mapping[str, bool] | None]]:
    said = _said(connection, function_id)
    mine = (samples.c.function_id == function_id) & samples.c.annotated_at.is_not(None)
    rows = connection.execute(sa.select(samples.c.id, samples.c.digest).where(mine))
    return [(bytes(digest), said.get(id, {})) for id, digest in rows]


def _members(sample_set_id: str) -> sa.Select[tuple[str]]:
    members = sample_set_members.c
    return sa.select(members.sample_id).where(members.sample_set_id == sample_set_id)
