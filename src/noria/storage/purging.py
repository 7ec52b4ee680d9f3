"""Deletions reach everything that the deleted thing had said."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.storage import opinion_rows, settling, tagging
from noria.storage.judged import CaptureOutcome
from noria.storage.tables import (
    annotation_log,
    captures,
    embeddings,
    feedback,
    kept_labels,
    metadata,
    sample_aliases,
    sample_set_members,
    samples,
    tag_annotations,
    tag_predictions,
    tag_thresholds,
)

NO_ANNOTATION: dict[str, Any] = {
    "annotation_label_id": None,
    "annotated_at": None,
    "annotated_by": None,
    "annotation_source": None,
}
NO_PREDICTION: dict[str, Any] = {
    "prediction_label_id": None,
    "prediction_confidence": None,
    "prediction_version_id": None,
}
BY_DELETION = "deletion"  # stands in the log where nobody removed the annotation by hand


def purge_label(connection: Connection, function_id: str, label_id: str, at: datetime) -> None:
    """Take the label out of every sample, capture and feedback of its function."""
    mine = (samples.c.function_id == function_id) & (samples.c.annotation_label_id == label_id)
    _log_removals(connection, mine, at)
    connection.execute(samples.update().where(mine).values(NO_ANNOTATION))
    predicted = (samples.c.function_id == function_id) & (samples.c.prediction_label_id == label_id)
    connection.execute(samples.update().where(predicted).values(NO_PREDICTION))
    judged = (captures.c.function_id == function_id) & (captures.c.true_label_id == label_id)
    settling.deleted(connection, judged, at)
    said = (feedback.c.function_id == function_id) & (feedback.c.label_id == label_id)
    connection.execute(feedback.delete().where(said))
    c = kept_labels.c
    kept = (c.function_id == function_id) & ((c.label_id == label_id) | (c.suggested_label_id == label_id))
    connection.execute(kept_labels.delete().where(kept))
    opinion_rows.purge_label(connection, function_id, label_id)
    for table in (tag_annotations, tag_thresholds):
        named = (table.c.function_id == function_id) & (table.c.label_id == label_id)
        connection.execute(table.delete().where(named))


def purge_samples(connection: Connection, function_id: str, sample_ids: Sequence[str], at: datetime) -> None:
    """Delete samples, a few hundred at most; their captures stay for the sums, as non-response."""
    which = samples.c.id.in_(sample_ids)
    _log_removals(connection, which & samples.c.annotation_label_id.is_not(None), at)
    _log_tags_removed(connection, which, at)
    still_open = settling.passed_over(connection, sample_ids, CaptureOutcome.DELETED, at)
    settling.deleted(connection, captures.c.sample_id.in_(sample_ids), at)
    purge_contents(connection, sample_ids)
    if still_open:
        settling.log_rho(connection, function_id, at)


def purge_contents(connection: Connection, sample_ids: Sequence[str]) -> None:
    """Delete samples and all that was said of them; their captures stay as they are, and so does every estimate."""
    which = samples.c.id.in_(sample_ids)
    drop_embeddings(connection, which)
    for table in (
        sample_set_members,
        feedback,
        kept_labels,
        tag_annotations,
        tag_predictions,
        sample_aliases,
    ):
        connection.execute(table.delete().where(table.c.sample_id.in_(sample_ids)))
    opinion_rows.purge_samples(connection, sample_ids)
    settling.release(connection, sample_ids)
    connection.execute(samples.delete().where(which))


def purge_function(connection: Connection, function_id: str) -> None:
    """Delete everything of the function but its own row."""
    drop_embeddings(connection, samples.c.function_id == function_id)
    for table in reversed(metadata.sorted_tables):
        if "function_id" in table.c:
            connection.execute(table.delete().where(table.c.function_id == function_id))


def drop_embeddings(connection: Connection, of: sa.ColumnElement[bool]) -> None:
    gone = embeddings.c.sample_seq.in_(sa.select(samples.c.seq).where(of))
    connection.execute(embeddings.delete().where(gone))


def _log_tags_removed(connection: Connection, which: sa.ColumnElement[bool], at: datetime) -> None:
    query = sa.select(samples.c.function_id, samples.c.id, samples.c.digest).where(
        which,
        samples.c.annotated_at.is_not(None),
        samples.c.annotation_label_id.is_(None),
    )
    for function_id, sample_id, digest in connection.execute(query).all():
        tagging.log_removal(connection, function_id, sample_id, bytes(digest), BY_DELETION, at)


def _log_removals(connection: Connection, which: sa.ColumnElement[bool], at: datetime) -> None:
    log = annotation_log.c
    removed = sa.select(
        samples.c.function_id,
        samples.c.id,
        samples.c.digest,
        samples.c.annotation_label_id,
        sa.literal(BY_DELETION),
        sa.literal(at, log.at.type),
    ).where(which)
    into = [log.function_id, log.sample_id, log.digest, log.previous_label_id, log.by, log.at]
    connection.execute(annotation_log.insert().from_select(into, removed))
