"""Many samples given one label, or tags, in a transaction that holds the function."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.records.sample import Annotation, AnnotationSource
from noria.storage import adding, annotations, changes, sample_rows, settling, tagging
from noria.storage.tables import captures, samples, tag_annotations, tag_log


def relabel(
    connection: Connection,
    function_id: str,
    sample_ids: Sequence[str],
    label_id: str,
    by: str,
    source: AnnotationSource,
    at: datetime,
) -> None:
    """Give samples, a few hundred at most, this label; those that have it stay as they are. Raises LabelNotFound."""
    annotation = Annotation(changes.meant(connection, function_id, label_id), at, by, source)
    changes.must_have_label(connection, function_id, annotation.label_id)
    query = sa.select(samples).where(samples.c.id.in_(sample_ids)).order_by(samples.c.seq)
    before = sample_rows.read(connection, query)
    others = [s for s in before if s.annotation is None or s.annotation.label_id != annotation.label_id]
    captured = _captured(connection, sample_ids)
    for sample in others:
        if sample.id in captured:  # each settles its captures in a turn of its own
            annotations.annotate(connection, function_id, sample.id, annotation)
    brought = [sample for sample in others if sample.id not in captured]
    values = {"staged": False, **sample_rows.annotation_values(annotation)}
    of_brought = samples.c.id.in_([sample.id for sample in brought])
    connection.execute(samples.update().where(of_brought).values(values))
    adding.log(
        connection,
        [(s.id, s, annotation, s.annotation.label_id if s.annotation else None) for s in brought],
    )


def retag(
    connection: Connection,
    function_id: str,
    sample_ids: Sequence[str],
    tags: Mapping[str, bool],
    by: str,
    source: AnnotationSource,
    at: datetime,
) -> None:
    """Say this of samples, a few hundred at most; what is said of other tags stays as it is. Raises LabelNotFound."""
    given: dict[str, bool] = {}
    for label_id, present in tags.items():
        id = changes.meant(connection, function_id, label_id)
        changes.must_have_label(connection, function_id, id)
        given[id] = given.get(id, False) or present
    rows = connection.execute(
        sa.select(samples.c.id, samples.c.digest).where(samples.c.id.in_(sample_ids))
    ).all()
    said = {
        id: {tag.label_id: tag.present for tag in tags_of}
        for id, tags_of in tagging.said_of(connection, sample_ids).items()
    }
    changed = [row for row in rows if {**said.get(row.id, {}), **given} != said.get(row.id)]
    if not changed:
        return
    ids = [row.id for row in changed]
    c = tag_annotations.c
    connection.execute(tag_annotations.delete().where(c.sample_id.in_(ids), c.label_id.in_(list(given))))
    connection.execute(
        tag_annotations.insert(),
        [
            {"function_id": function_id, "sample_id": id, "label_id": label_id, "present": present}
            | {"place": len(said.get(id, ())) + place}
            for id in ids
            for place, (label_id, present) in enumerate(given.items())
        ],
    )
    connection.execute(
        tag_log.insert(),
        [
            {"function_id": function_id, "sample_id": row.id, "digest": row.digest, "by": by, "at": at}
            | {"source": source.value, "tags": {**said.get(row.id, {}), **given}}
            for row in changed
        ],
    )
    values = {"staged": False, "annotated_at": at, "annotated_by": by, "annotation_source": source.value}
    connection.execute(samples.update().where(samples.c.id.in_(ids)).values(values))
    for id in sorted(_captured(connection, ids)):
        turn_at = settling.turn_at(connection, function_id, at)
        settling.annotated(connection, id, None, turn_at)
        settling.release(connection, [id])
        settling.log_rho(connection, function_id, turn_at)


def _captured(connection: Connection, sample_ids: Sequence[str]) -> set[str]:
    """Those of the samples that calls were captured of."""
    query = sa.select(captures.c.sample_id).distinct().where(captures.c.sample_id.in_(sample_ids))
    return set(connection.scalars(query))
