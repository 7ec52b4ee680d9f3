"""The numbers that databases count up for new rows; none is ever given twice."""

import sqlalchemy as sa
from sqlalchemy import Connection

_SQLITE = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))


def given(connection: Connection, table: sa.Table) -> dict[str, int]:
    """By the column that counts up, if there is one, the largest number that it ever gave; 0 before the first."""
    column = table.autoincrement_column
    if column is None:
        return {}
    if connection.dialect.name == "sqlite":
        last = connection.scalar(sa.select(_SQLITE.c.seq).where(_SQLITE.c.name == table.name))
    else:  # the name of the sequence comes from the database itself, quoted where it has to be
        sequence = _sequence(connection, table.name, column.name)
        last = connection.scalar(sa.text(f"SELECT last_value FROM {sequence} WHERE is_called"))
    return {str(column.name): last or 0}


def go_on_from(connection: Connection, table: str, column: str, last: int) -> None:
    """New rows of the table get larger numbers than this."""
    if connection.dialect.name == "sqlite":
        connection.execute(_SQLITE.delete().where(_SQLITE.c.name == table))
        connection.execute(_SQLITE.insert().values(name=table, seq=last))
    elif last:
        connection.execute(sa.select(sa.func.setval(_sequence(connection, table, column), last)))


def _sequence(connection: Connection, table: str, column: str) -> str:
    name: str = connection.execute(sa.select(sa.func.pg_get_serial_sequence(table, column))).scalar_one()
    return name
