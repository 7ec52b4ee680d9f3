"""Fields of a table function."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import DuplicateField, FieldNotFound
from noria.learning.rows import Layout
from noria.records.field import Field, FieldType
from noria.records.ids import new_id
from noria.storage import changes
from noria.storage.cells import FEWER_FIELDS
from noria.storage.database import Database
from noria.storage.tables import cells, embeddings, fields, samples


class Fields:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, function_id: str, name: str, type: FieldType, at: datetime) -> Field:
        """The rows that are there have nothing in it. Raises FunctionNotFound, DuplicateField."""
        field = Field(new_id("field"), function_id, name, type, at)
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            _must_be_free(connection, function_id, name)
            connection.execute(
                fields.insert().values(
                    id=field.id,
                    function_id=function_id,
                    name=name,
                    type=type.value,
                    created_at=at,
                    deleted=False,
                )
            )
            _widen(connection, function_id, Layout.of([field]).width)
            mine = cells.c.function_id == function_id
            connection.execute(cells.update().where(mine).values(encoder=FEWER_FIELDS))
            changes.wanted(connection, function_id, at)
        return field

    def all(self, function_id: str) -> list[Field]:
        """In creation order, deleted ones among them. Raises FunctionNotFound."""
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            return read(connection, function_id)

    def rename(self, function_id: str, id: str, name: str) -> Field:
        """Raises FunctionNotFound, FieldNotFound, DuplicateField."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            field = _one(connection, function_id, id)
            _must_be_free(connection, function_id, name, but_for=id)
            connection.execute(fields.update().where(fields.c.id == id).values(name=name))
            changes.changed(connection, function_id)
        return Field(field.id, function_id, name, field.type, field.created_at)

    def delete(self, function_id: str, id: str, at: datetime) -> None:
        """Its values are not shown, asked for or learnt from any more. Raises FunctionNotFound, FieldNotFound."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            _one(connection, function_id, id)
            connection.execute(fields.update().where(fields.c.id == id).values(deleted=True))
            changes.wanted(connection, function_id, at)


def read(connection: Connection, function_id: str) -> list[Field]:
    query = sa.select(fields).where(fields.c.function_id == function_id).order_by(fields.c.seq)
    return [_field(row) for row in connection.execute(query)]


def of_all(connection: Connection) -> dict[str, list[Field]]:
    """Of every function that has any, in creation order, by its id."""
    found: dict[str, list[Field]] = {}
    for row in connection.execute(sa.select(fields).order_by(fields.c.seq)):
        found.setdefault(row.function_id, []).append(_field(row))
    return found


def fitted(connection: Connection, function_id: str, n_slots: int, embedding: bytes) -> bytes:
    """The embedding of a row, with zeros for fields that were added since it was made."""
    return embedding + bytes(4 * Layout.of(read(connection, function_id)[n_slots:]).width)


def _widen(connection: Connection, function_id: str, width: int) -> None:
    """Zeros at the end of all embeddings: the new field is missing there."""
    of_function = sa.select(samples.c.seq).where(samples.c.function_id == function_id)
    joined: sa.ColumnElement[bytes] = embeddings.c.vector.op("||")(
        sa.literal(bytes(4 * width), sa.LargeBinary)
    )
    if connection.dialect.name == "sqlite":  # its || makes text of what it joins
        joined = sa.cast(joined, sa.LargeBinary)
    connection.execute(
        embeddings.update().where(embeddings.c.sample_seq.in_(of_function)).values(vector=joined)
    )


def _one(connection: Connection, function_id: str, id: str) -> Field:
    query = sa.select(fields).where(fields.c.function_id == function_id, fields.c.id == id, ~fields.c.deleted)
    row = connection.execute(query).first()
    if row is None:
        raise FieldNotFound(id=id)
    return _field(row)


def _must_be_free(connection: Connection, function_id: str, name: str, but_for: str = "") -> None:
    here = (fields.c.function_id == function_id, fields.c.name == name, ~fields.c.deleted)
    taken = connection.scalar(sa.select(fields.c.id).where(*here, fields.c.id != but_for))
    if taken is not None:
        raise DuplicateField(taken)


def _field(row: Any) -> Field:
    return Field(row.id, row.function_id, row.name, FieldType(row.type), row.created_at, row.deleted)
