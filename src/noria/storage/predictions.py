"""Stored predictions of samples: what the live version answers for each."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.storage import changes, own_encoders
from noria.storage.tables import embeddings, functions, samples


def store(
    connection: Connection, function_id: str, rows: Sequence[tuple[str, str, float]], version_id: str | None
) -> None:
    """Write (sample id, label id, confidence) of one version, but for labels that are gone."""
    labels, names = changes.label_ids(connection, function_id), changes.meanings(connection, [function_id])
    values = [
        {
            "of_sample": id,
            "label": names.get(label_id, label_id),
            "how_sure": confidence,
            "version": version_id,
        }
        for id, label_id, confidence in rows
        if names.get(label_id, label_id) in labels
    ]
    statement = samples.update().where(
        samples.c.id == sa.bindparam("of_sample"), samples.c.function_id == function_id
    )
    statement = statement.values(
        prediction_label_id=sa.bindparam("label"),
        prediction_confidence=sa.bindparam("how_sure"),
        prediction_version_id=sa.bindparam("version"),
    )
    if values:
        connection.execute(statement, values)


def missing(connection: Connection, function_id: str, limit: int) -> list[tuple[str, bytes]]:
    """Samples, none staged, without a prediction of the live version, with their embeddings."""
    live = connection.scalar(sa.select(functions.c.live_version_id).where(functions.c.id == function_id))
    found: list[tuple[str, bytes]] = []
    for condition in _not_of(live):
        query = (
            sa.select(samples.c.id, embeddings.c.vector)
            .join(embeddings, embeddings.c.sample_seq == samples.c.seq)
            .where(samples.c.function_id == function_id, samples.c.staged.is_(False), condition)
            .where(own_encoders.vectors(connection))
            .order_by(
                samples.c.prediction_version_id
            )  # else both databases walk over all vectors to find some
            .limit(limit - len(found))
        )
        found += [(id, bytes(vector)) for id, vector in connection.execute(query)]
        if len(found) >= limit:
            break
    return found


def _not_of(live: str | None) -> Iterator[sa.ColumnElement[bool]]:
    """ "Of another version" in parts, each a range of the index: thousands of done ones are never walked over."""
    version: sa.Column[Any] = samples.c.prediction_version_id
    if live is None:
        yield version.is_(None) & samples.c.prediction_label_id.is_(None)
        yield version.is_not(None)
    else:
        yield version.is_(None)
        yield version < live
        yield version > live
