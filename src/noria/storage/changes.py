"""A function's row stands for all of it: who holds it may change it, and its counters tell who must look."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import FunctionNotFound, LabelNotFound
from noria.storage import presence
from noria.storage.tables import functions, label_merges, labels

T = TypeVar("T")


def hold(connection: Connection, function_id: str) -> None:
    """Keep other writers of this function out until the transaction ends.

    Raises FunctionNotFound. SQLite has one writer in any case and takes no lock for it.
    """
    if not hold_all(connection, [function_id]):
        raise FunctionNotFound(id=function_id)


def hold_all(connection: Connection, function_ids: Iterable[str]) -> set[str]:
    """Hold several, always in the same order; returns those that exist."""
    query = sa.select(functions.c.id).where(functions.c.id.in_(sorted(function_ids))).order_by(functions.c.id)
    return set(connection.scalars(query.with_for_update(key_share=True)))


def must_exist(connection: Connection, function_id: str) -> None:
    if connection.scalar(sa.select(functions.c.seq).where(functions.c.id == function_id)) is None:
        raise FunctionNotFound(id=function_id)


def must_have_label(connection: Connection, function_id: str, label_id: str) -> None:
    query = sa.select(labels.c.seq).where(labels.c.id == label_id, labels.c.function_id == function_id)
    if connection.scalar(query) is None:
        raise LabelNotFound(id=label_id)


def label_ids(connection: Connection, function_id: str) -> set[str]:
    return set(connection.scalars(sa.select(labels.c.id).where(labels.c.function_id == function_id)))


def meanings(connection: Connection, function_ids: Iterable[str]) -> dict[str, str]:
    """Of these functions' labels that were merged, the one that each is by now, by the id of the one that is gone."""
    c = label_merges.c
    query = sa.select(c.label_id, c.into_label_id).where(c.function_id.in_(sorted(function_ids)))
    return {row.label_id: row.into_label_id for row in connection.execute(query)}


def meant(connection: Connection, function_id: str, label_id: str) -> str:
    """The label that somebody means who knows it by this id, perhaps since before a merge."""
    c = label_merges.c
    query = sa.select(c.into_label_id).where(c.function_id == function_id, c.label_id == label_id)
    return connection.scalar(query) or label_id


def changed(connection: Connection, function_id: str) -> None:
    """Serving processes must look again."""
    row = functions.update().where(functions.c.id == function_id)
    connection.execute(row.values(changed_seq=functions.c.changed_seq + 1))
    presence.tell(connection, function_id)


def wanted(connection: Connection, function_id: str, at: datetime) -> None:
    """Training must look again, and so must serving processes."""
    pending = functions.c.wanted_seq > functions.c.done_seq
    connection.execute(
        functions.update()
        .where(functions.c.id == function_id)
        .values(
            changed_seq=functions.c.changed_seq + 1,
            wanted_seq=functions.c.wanted_seq + 1,
            wanted_last=at,
            wanted_since=sa.case(
                (pending, functions.c.wanted_since), else_=sa.literal(at, functions.c.wanted_since.type)
            ),
        )
    )
    presence.tell(connection, function_id)


def covered(connection: Connection, function_id: str, seq: int) -> None:
    """A run has seen everything up to this wanted_seq."""
    row = connection.execute(
        sa.select(functions.c.wanted_seq, functions.c.done_seq, functions.c.wanted_last).where(
            functions.c.id == function_id
        )
    ).one()
    done = max(row.done_seq, seq)
    # When the first change after the covered ones came is not kept; the last one's time is the safe stand-in.
    pending = row.wanted_last if row.wanted_seq > done else None
    connection.execute(
        functions.update()
        .where(functions.c.id == function_id)
        .values(done_seq=done, wanted_since=pending, wanted_last=pending)
    )


def chunks(items: Sequence[T], size: int = 500) -> Iterable[Sequence[T]]:
    """Pieces small enough for one statement's parameters."""
    return (items[start : start + size] for start in range(0, len(items), size))
