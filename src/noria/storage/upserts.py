"""Insert or add, insert or keep: the one place where the two dialects' constructs are told apart."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Values = Mapping[str, Any]
AnyInsert = sqlite.Insert | postgresql.Insert


def add_up(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Add the rows' amounts (all columns outside the primary key) to what stands there."""
    if rows:
        connection.execute(_add_up(connection.dialect.name, table), list(rows))


def put(connection: Connection, table: Table, *rows: Values) -> None:
    """Insert the rows, all with the same columns, or replace what stands under their primary keys."""
    if rows:
        connection.execute(_put(connection.dialect.name, table, tuple(rows[0])), list(rows))


def keep_first(connection: Connection, table: Table, row: Values) -> bool:
    """Insert the row unless one like it stands there; returns whether it was inserted."""
    statement = _insert(connection.dialect.name, table).values(row)
    return connection.execute(statement.on_conflict_do_nothing()).rowcount == 1


def put_if_more(connection: Connection, table: Table, row: Values, column: str) -> bool:
    """Insert the row, or replace what stands under its key if that has less in this column; whether it did.

    Of two transactions that put one row at once the later waits for the earlier, and sees what that has put.
    """
    statement = _insert(connection.dialect.name, table).values(row)
    more = statement.excluded[column]
    statement = statement.on_conflict_do_update(
        index_elements=_key(table), set_={column: more}, where=table.c[column] < more
    )
    return connection.execute(statement.returning(table.c[column])).one_or_none() is not None


@cache  # building it takes longer than running it
def _add_up(dialect: str, table: Table) -> AnyInsert:
    statement = _insert(dialect, table)
    amounts = {
        column.name: column + statement.excluded[column.name] for column in table.c if not column.primary_key
    }
    return statement.on_conflict_do_update(index_elements=_key(table), set_=amounts)


@cache
def _put(dialect: str, table: Table, columns: tuple[str, ...]) -> AnyInsert:
    statement = _insert(dialect, table)
    rest = {name: statement.excluded[name] for name in columns if not table.c[name].primary_key}
    return statement.on_conflict_do_update(index_elements=_key(table), set_=rest)


def _insert(dialect: str, table: Table) -> AnyInsert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def _key(table: Table) -> list[sa.Column[Any]]:
    return list(table.primary_key.columns)
