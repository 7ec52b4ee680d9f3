"""Opinions in a transaction that holds the function: written, settled, moved and dropped with what they are about."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.records.opinion import Met, OpinionKind, Said
from noria.records.sample import Annotation, AnnotationSource
from noria.storage import upserts
from noria.storage.tables import opinions, samples, second_asks

_O = opinions.c


def first(connection: Connection, function_id: str, sample_id: str, given: Annotation, met: Met) -> None:
    """A first answer, as it was met; where it overlaps or its giver asked, it waits for a second person."""
    row = {
        "function_id": function_id,
        "sample_id": sample_id,
        "kind": OpinionKind.FIRST.value,
        "by": given.by,
        "at": given.at,
        "said": Said.LABEL.value,
        "label_id": given.label_id,
        "by_hand": False,
        "blind": met.blind,
        "suggested_label_id": met.suggested_label_id,
        "suggested_confidence": met.confidence,
    }
    upserts.put(connection, opinions, row)
    if (met.overlaps or met.asks) and not has_second(connection, sample_id):
        ask(connection, function_id, sample_id, given.by, met.asks and not met.overlaps, given.at)


def ask(
    connection: Connection, function_id: str, sample_id: str, first_by: str, by_hand: bool, at: datetime
) -> None:
    row = {"function_id": function_id, "sample_id": sample_id, "first_by": first_by}
    upserts.keep_first(connection, second_asks, {**row, "by_hand": by_hand, "at": at})


def has_second(connection: Connection, sample_id: str) -> bool:
    mine = (_O.sample_id == sample_id) & (_O.kind == OpinionKind.SECOND.value)
    return connection.scalar(sa.select(_O.sample_id).where(mine)) is not None


def settle(connection: Connection, sample_id: str, given: Annotation) -> None:
    """An annotation that was given on purpose ends the disagreement; the queue's is a first answer, perhaps sent twice."""
    if given.source is AnnotationSource.QUEUE:
        return
    mine = (_O.sample_id == sample_id) & (_O.kind == OpinionKind.SECOND.value) & disputed()
    values = {"settled_by": given.by, "settled_at": given.at, "settled_label_id": given.label_id}
    connection.execute(opinions.update().where(mine).values(values))


def disputed() -> sa.ColumnElement[bool]:
    """Of a second opinion: another label than the first, or none, and nobody has settled it yet."""
    return _O.settled_at.is_(None) & sa.or_(_O.label_id.is_(None), _O.label_id != _O.other_label_id)


def unannotated(connection: Connection, sample_id: str) -> None:
    """The first answer is gone, and with it all that was said about it; known answers that were given stay."""
    connection.execute(second_asks.delete().where(second_asks.c.sample_id == sample_id))
    given = (_O.kind == OpinionKind.KNOWN.value) & _O.at.is_not(None)
    connection.execute(opinions.delete().where(_O.sample_id == sample_id, ~given))


def purge_label(connection: Connection, function_id: str, label_id: str) -> None:
    """What names a label that is deleted says nothing any more."""
    named = sa.or_(*(column == label_id for column in (_O.label_id, _O.other_label_id, _O.settled_label_id)))
    bare = (samples.c.function_id == function_id) & samples.c.annotation_label_id.is_(None)
    gone = sa.select(samples.c.id).where(bare)
    asks = second_asks.c.function_id == function_id
    connection.execute(second_asks.delete().where(asks, second_asks.c.sample_id.in_(gone)))
    connection.execute(opinions.delete().where(_O.function_id == function_id, named))
    suggested = (_O.function_id == function_id) & (_O.suggested_label_id == label_id)
    connection.execute(opinions.update().where(suggested).values(suggested_label_id=None))


def purge_samples(connection: Connection, sample_ids: Sequence[str]) -> None:
    for table in (opinions, second_asks):
        connection.execute(table.delete().where(table.c.sample_id.in_(sample_ids)))


def move_label(connection: Connection, function_id: str, label_id: str, into: str) -> None:
    """Of a merge: who disagreed about the two labels agrees by now."""
    columns: tuple[sa.Column[Any], ...] = (
        _O.label_id, _O.other_label_id, _O.suggested_label_id, _O.settled_label_id
    )  # fmt: skip
    for column in columns:
        mine = (_O.function_id == function_id) & (column == label_id)
        connection.execute(opinions.update().where(mine).values({column: into}))
