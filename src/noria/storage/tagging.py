"""Tags in rows: written inside a transaction that holds the function, and read for samples."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import LabelNotFound
from noria.records.capture import NewCapture
from noria.records.function import Output
from noria.records.sample import TagsAnnotation
from noria.records.tags import Tag, TagsPrediction, completed, merged
from noria.storage import changes
from noria.storage.tables import (
    functions,
    labels,
    samples,
    tag_annotations,
    tag_answers,
    tag_log,
    tag_predictions,
)


def gives_tags(connection: Connection, function_id: str) -> bool:
    query = sa.select(functions.c.output).where(functions.c.id == function_id)
    return connection.scalar(query) == Output.TAGS


def marks(connection: Connection, function_id: str) -> tuple[sa.Column[Any], sa.Column[Any]]:
    """The columns of samples that are not null where a sample is annotated, and where it is predicted."""
    if gives_tags(connection, function_id):
        return samples.c.annotated_at, samples.c.prediction_version_id
    return samples.c.annotation_label_id, samples.c.prediction_label_id


def check(given: Sequence[Tag], label_ids: set[str]) -> None:
    """Raises LabelNotFound."""
    for tag in given:
        if tag.label_id not in label_ids:
            raise LabelNotFound(id=tag.label_id)


def say(connection: Connection, function_id: str, said: Sequence[tuple[str, bytes, TagsAnnotation]]) -> None:
    """Store and log what is said of samples (id, content key) that have rows already.

    The labels that there are at this moment and that are not named are absent, unless the annotation says otherwise
    of them. Raises LabelNotFound.
    """
    ordered = list(connection.scalars(_labels_of(function_id)))
    known, rows, entries = set(ordered), [], []
    names = changes.meanings(connection, [function_id])
    for sample_id, digest, annotation in said:
        unsaid = {names.get(id, id) for id in annotation.unsaid}
        given = meant(annotation.tags, names)
        check(given, known)
        rest = [id for id in ordered if id not in unsaid] if annotation.rest_absent else []
        tags = completed(given, rest)
        rows += [
            {
                "function_id": function_id,
                "sample_id": sample_id,
                "label_id": tag.label_id,
                "present": tag.present,
                "place": place,
            }
            for place, tag in enumerate(tags)
        ]
        entries.append(
            {
                "function_id": function_id,
                "sample_id": sample_id,
                "digest": digest,
                "tags": {tag.label_id: tag.present for tag in tags},
                "by": annotation.by,
                "source": annotation.source.value,
                "at": annotation.at,
            }
        )
    if rows:
        connection.execute(tag_annotations.insert(), rows)
    if entries:
        connection.execute(tag_log.insert(), entries)


def meant(given: Sequence[Tag], names: Mapping[str, str]) -> Sequence[Tag]:
    """As labels are called by now; of two that have become one, present wins."""
    said: dict[str, bool] = {}
    for tag in given:
        id = names.get(tag.label_id, tag.label_id)
        said[id] = said.get(id, False) or tag.present
    return [Tag(id, present) for id, present in said.items()]


def unsay(connection: Connection, sample_id: str) -> None:
    """Take away what was said of a sample, to say something else or nothing."""
    connection.execute(tag_annotations.delete().where(tag_annotations.c.sample_id == sample_id))


def log_removal(
    connection: Connection, function_id: str, sample_id: str, digest: bytes, by: str, at: datetime
) -> None:
    removal = {"function_id": function_id, "sample_id": sample_id, "digest": digest, "by": by, "at": at}
    connection.execute(tag_log.insert().values(removal))


def said_of(connection: Connection, sample_ids: Sequence[str]) -> dict[str, tuple[Tag, ...]]:
    """By sample id, in the order in which it was said."""
    columns = tag_annotations.c
    found: dict[str, list[Tag]] = defaultdict(list)
    for some in changes.chunks(sample_ids):
        query = sa.select(columns.sample_id, columns.label_id, columns.present).where(
            columns.sample_id.in_(some)
        )
        for sample_id, label_id, present in connection.execute(query.order_by(columns.place)):
            found[sample_id].append(Tag(label_id, present))
    return {id: tuple(tags) for id, tags in found.items()}


def unannotated(connection: Connection, sample_ids: Sequence[str]) -> set[str]:
    """Those of these samples that nobody has said anything of."""
    found: set[str] = set()
    for some in changes.chunks(sample_ids):
        query = sa.select(samples.c.id).where(samples.c.id.in_(some), samples.c.annotated_at.is_(None))
        found.update(connection.scalars(query))
    return found


def predicted_of(connection: Connection, versions: Mapping[str, str]) -> dict[str, TagsPrediction]:
    """By sample id, without labels that are gone.

    versions: of each sample's prediction, by sample id.
    """
    columns = tag_predictions.c
    found = {}
    for some in changes.chunks(list(versions)):
        query = sa.select(columns.sample_id, columns.function_id, columns.confidences).where(
            columns.sample_id.in_(some)
        )
        rows = connection.execute(query).all()
        functions_of = {row.function_id for row in rows}
        alive = {id: changes.label_ids(connection, id) for id in functions_of}
        names = changes.meanings(connection, functions_of)
        for sample_id, function_id, confidences in rows:
            now = merged(confidences, names)
            kept = {id: p for id, p in now.items() if id in alive[function_id]}
            found[sample_id] = TagsPrediction(kept, versions[sample_id])
    return found


def predict(connection: Connection, function_id: str, rows: Sequence[tuple[str, TagsPrediction]]) -> None:
    """Replace the predictions of samples of this function; samples that are gone are left out."""
    here: set[str] = set()
    for some in changes.chunks([id for id, _ in rows]):
        query = sa.select(samples.c.id).where(samples.c.function_id == function_id, samples.c.id.in_(some))
        here.update(connection.scalars(query))
        connection.execute(tag_predictions.delete().where(tag_predictions.c.sample_id.in_(some)))
    kept = [(id, prediction) for id, prediction in rows if id in here]
    if not kept:
        return
    values = [
        {"function_id": function_id, "sample_id": id, "confidences": dict(p.confidences)} for id, p in kept
    ]
    connection.execute(tag_predictions.insert(), values)
    statement = samples.update().where(samples.c.id == sa.bindparam("of_sample"))
    connection.execute(
        statement.values(prediction_version_id=sa.bindparam("version")),
        [{"of_sample": id, "version": prediction.version_id} for id, prediction in kept],
    )


def answered(connection: Connection, news: Sequence[NewCapture]) -> None:
    """Keep what captured calls were answered with."""
    rows = [
        {
            "function_id": new.function_id,
            "capture_id": new.id,
            "confidences": dict(new.tags.confidences),
            "present": list(new.tags.present),
        }
        for new in news
        if new.tags is not None
    ]
    if rows:
        connection.execute(tag_answers.insert(), rows)


def _labels_of(function_id: str) -> sa.Select[Any]:
    return sa.select(labels.c.id).where(labels.c.function_id == function_id).order_by(labels.c.seq)
