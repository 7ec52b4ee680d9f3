"""Long work that any server process carries on: who has it, and what becomes of it when its owner is silent."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from noria.storage.database import Database


def claim(
    database: Database,
    table: sa.Table,
    due: sa.ColumnElement[bool],
    owner: str,
    now: datetime,
    silent_s: float,
) -> Any | None:
    """The row of the oldest that is due and that nobody works on, or whose owner has been silent for so long.

    table: has the columns seq, id, owner and heartbeat.
    """
    c = table.c
    free = due & (c.owner.is_(None) | (c.heartbeat < now - timedelta(seconds=silent_s)))
    with database.read() as connection:  # mostly there is none, and a write would hold up others
        if connection.scalar(sa.select(c.seq).where(free).limit(1)) is None:
            return None
    with database.write() as connection:
        first = sa.select(c.id).where(free).order_by(c.seq).limit(1).with_for_update(skip_locked=True)
        id = connection.scalar(first)
        if id is None:
            return None
        connection.execute(table.update().where(c.id == id).values(owner=owner, heartbeat=now))
        return connection.execute(sa.select(table).where(c.id == id)).one()


def release(database: Database, table: sa.Table, owner: str) -> None:
    """The owner ends: others need not wait for its silence."""
    with database.write() as connection:
        connection.execute(table.update().where(table.c.owner == owner).values(owner=None, heartbeat=None))
