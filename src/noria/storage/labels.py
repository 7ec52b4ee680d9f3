"""Labels of a function."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import DuplicateLabel, LabelNotFound
from noria.records.ids import new_id
from noria.records.label import Label
from noria.storage import changes, purging
from noria.storage.database import Database
from noria.storage.judged import CaptureOutcome
from noria.storage.label_uses import LabelUses, uses
from noria.storage.tables import captures, labels, sample_counts, tag_annotations


class Labels:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(
        self,
        function_id: str,
        name: str,
        description: str | None,
        metadata: Mapping[str, str] | None,
        at: datetime,
    ) -> Label:
        """Raises FunctionNotFound, DuplicateLabel."""
        label = Label(new_id("label"), function_id, name, at, description, metadata)
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            _must_be_free(connection, function_id, name)
            values = _values(name, description, metadata)
            connection.execute(
                labels.insert().values(id=label.id, function_id=function_id, created_at=at, **values)
            )
            changes.changed(connection, function_id)
        return label

    def get(self, function_id: str, id: str) -> Label:
        """Raises FunctionNotFound, LabelNotFound."""
        return self._one(function_id, labels.c.id == id, id=id)

    def by_name(self, function_id: str, name: str) -> Label:
        """Raises FunctionNotFound, LabelNotFound."""
        return self._one(function_id, labels.c.name == name, name=name)

    def all(self, function_id: str) -> list[Label]:
        """In creation order. Raises FunctionNotFound."""
        query = sa.select(labels).where(labels.c.function_id == function_id).order_by(labels.c.seq)
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            return [_label(row) for row in connection.execute(query)]

    def update(
        self,
        function_id: str,
        id: str,
        name: str,
        description: str | None,
        metadata: Mapping[str, str] | None,
        at: datetime,
    ) -> Label:
        """Raises FunctionNotFound, LabelNotFound, DuplicateLabel."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            changes.must_have_label(connection, function_id, id)
            _must_be_free(connection, function_id, name, but_for=id)
            values = _values(name, description, metadata)
            connection.execute(labels.update().where(labels.c.id == id).values(**values))
            changes.wanted(connection, function_id, at)  # names are training data
            return _label(connection.execute(sa.select(labels).where(labels.c.id == id)).one())

    def delete(self, function_id: str, id: str, at: datetime) -> None:
        """The label and what it said: annotations, predictions, judgements. Raises LabelNotFound."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            changes.must_have_label(connection, function_id, id)
            purging.purge_label(connection, function_id, id, at)
            connection.execute(labels.delete().where(labels.c.id == id))
            changes.wanted(connection, function_id, at)

    def counts(self, function_id: str) -> dict[str, int]:
        """Annotated samples that have the label, zero included. Raises FunctionNotFound."""
        kinds = sample_counts.c
        query = (
            sa.select(kinds.label_id.label("id"), sa.func.sum(kinds.n).label("n"))
            .where(kinds.function_id == function_id, kinds.label_id != "")
            .group_by(kinds.label_id)
        )
        every = sa.select(labels.c.id).where(labels.c.function_id == function_id).order_by(labels.c.seq)
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            found = {row.id: int(row.n) for row in connection.execute(query)}
            found |= {row.id: row.n for row in connection.execute(_with_tag(function_id))}
            return {id: found.get(id, 0) for id in connection.scalars(every)}

    def uses(self, function_id: str, id: str) -> LabelUses:
        """What names the label. Raises FunctionNotFound, LabelNotFound."""
        label = self.get(function_id, id)
        with self._db.read() as connection:
            return uses(connection, function_id, id, label.name)

    def waiting(self, function_id: str) -> dict[str, int]:
        """Samples in the queue by the label that their calls were answered with; labels of none are left out.

        Of a tags function it is the least certain tag, which says little.
        """
        c = captures.c
        query = (
            sa.select(c.label_id, sa.func.count(c.sample_id.distinct()))
            .where(c.function_id == function_id, c.outcome == CaptureOutcome.OPEN)
            .group_by(c.label_id)
        )
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def _one(self, function_id: str, condition: sa.ColumnElement[bool], **facts: str) -> Label:
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            query = sa.select(labels).where(labels.c.function_id == function_id, condition)
            row = connection.execute(query).one_or_none()
        if row is None:
            raise LabelNotFound(**facts)
        return _label(row)


def _with_tag(function_id: str) -> sa.Select[tuple[str, int]]:
    """Samples on which a label was said to be present; there are none where a sample has one label."""
    columns = tag_annotations.c
    mine = (columns.function_id == function_id) & columns.present.is_(True)
    return (
        sa.select(columns.label_id.label("id"), sa.func.count().label("n"))
        .where(mine)
        .group_by(columns.label_id)
    )


def _must_be_free(connection: Connection, function_id: str, name: str, but_for: str = "") -> None:
    query = sa.select(labels.c.id).where(labels.c.function_id == function_id, labels.c.name == name)
    taken = connection.scalar(query.where(labels.c.id != but_for))
    if taken is not None:
        raise DuplicateLabel(taken)


def _values(name: str, description: str | None, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    plain = None if metadata is None else dict(metadata)
    return {"name": name, "description": description, "metadata": plain}


def _label(row: Any) -> Label:
    return Label(row.id, row.function_id, row.name, row.created_at, row.description, row.metadata)
