"""Between rows and sample records."""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import SampleNotFound
from noria.records.content import Content
from noria.records.prediction import Prediction
from noria.records.sample import (
    Annotation,
    AnnotationSource,
    NewSample,
    Origin,
    Sample,
    TagsAnnotation,
)
from noria.records.tags import Tag, TagsPrediction
from noria.storage import changes, tagging
from noria.storage.tables import sample_aliases, sample_set_members, samples


def read(connection: Connection, query: sa.Select[Any]) -> list[Sample]:
    """The records of a query over the samples' columns."""
    rows = connection.execute(query).all()
    sets = _sets(connection, [row.id for row in rows])
    said = tagging.said_of(connection, [row.id for row in rows if _has_tags(row)])
    versions = {row.id: row.prediction_version_id for row in rows if _predicts_tags(row)}
    predicted = tagging.predicted_of(connection, versions)
    return [_sample(row, tuple(sets[row.id]), said.get(row.id, ()), predicted.get(row.id)) for row in rows]


def get(connection: Connection, function_id: str, id: str) -> Sample:
    """Also by an id that only its caller knows it by: the record has its own. Raises SampleNotFound."""
    mine = samples.c.function_id == function_id
    found = read(connection, sa.select(samples).where(mine, samples.c.id == id))
    if not found:
        other = sa.select(sample_aliases.c.sample_id).where(sample_aliases.c.id == id).scalar_subquery()
        found = read(connection, sa.select(samples).where(mine, samples.c.id == other))
    if not found:
        raise SampleNotFound(id=id)
    return found[0]


def must_exist(connection: Connection, function_id: str, id: str) -> None:
    query = sa.select(samples.c.seq).where(samples.c.id == id, samples.c.function_id == function_id)
    if connection.scalar(query) is None:
        raise SampleNotFound(id=id)


def annotation_values(annotation: Annotation | None) -> dict[str, Any]:
    return {
        "annotation_label_id": annotation and annotation.label_id,
        "annotated_at": annotation and annotation.at,
        "annotated_by": annotation and annotation.by,
        "annotation_source": annotation and annotation.source.value,
    }


def tags_values(annotation: TagsAnnotation) -> dict[str, Any]:
    """Without the tags themselves, which are rows of their own."""
    return {
        "annotation_label_id": None,
        "annotated_at": annotation.at,
        "annotated_by": annotation.by,
        "annotation_source": annotation.source.value,
    }


def prediction_values(prediction: Prediction | None, labels: set[str]) -> dict[str, Any]:
    """None where there is no prediction, or where its label is gone by now."""
    kept = prediction if prediction is not None and prediction.label_id in labels else None
    return {
        "prediction_label_id": kept and kept.label_id,
        "prediction_confidence": kept and kept.confidence,
        "prediction_version_id": kept and kept.version_id,
    }


def content_values(content: Content) -> dict[str, Any]:
    return {
        "data": content.text,
        "field_values": None if content.field_values is None else dict(content.field_values),
        "media_type": content.media_type,
        "digest": content.digest,
    }


def given_values(new: NewSample) -> dict[str, Any]:
    """What a person says about a sample, apart from the data itself."""
    return {
        "external_id": new.external_id,
        "metadata": new.metadata,
        **(annotation_values(new.annotation) if new.tags is None else tags_values(new.tags)),
    }


def _has_tags(row: Any) -> bool:
    return row.annotated_at is not None and row.annotation_label_id is None


def _predicts_tags(row: Any) -> bool:
    return row.prediction_version_id is not None and row.prediction_label_id is None


def _sample(
    row: Any, sample_sets: tuple[str, ...], tags: tuple[Tag, ...], predicted: TagsPrediction | None
) -> Sample:
    return Sample(
        id=row.id,
        function_id=row.function_id,
        seq=row.seq,
        data=row.data,
        digest=bytes(row.digest),
        origin=Origin(row.origin),
        created_at=row.created_at,
        staged=row.staged,
        external_id=row.external_id,
        metadata=row.metadata,
        annotation=_annotation(row),
        prediction=_prediction(row),
        sample_sets=sample_sets,
        media_type=row.media_type,
        field_values=row.field_values,
        tags=_tags(row, tags) if _has_tags(row) else None,
        tags_prediction=predicted,
        note=row.note,
    )


def _annotation(row: Any) -> Annotation | None:
    if row.annotation_label_id is None:
        return None
    source = AnnotationSource(row.annotation_source)
    return Annotation(row.annotation_label_id, row.annotated_at, row.annotated_by, source)


def _tags(row: Any, tags: tuple[Tag, ...]) -> TagsAnnotation:
    return TagsAnnotation(tags, row.annotated_at, row.annotated_by, AnnotationSource(row.annotation_source))


def _prediction(row: Any) -> Prediction | None:
    if row.prediction_label_id is None:
        return None
    return Prediction(row.prediction_label_id, row.prediction_confidence, row.prediction_version_id)


def _sets(connection: Connection, sample_ids: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    members = sample_set_members.c
    for some in changes.chunks(sample_ids):
        query = sa.select(members.sample_id, members.sample_set_id).where(members.sample_id.in_(some))
        for sample_id, sample_set_id in connection.execute(query.order_by(members.sample_set_id)):
            found[sample_id].append(sample_set_id)
    return found
