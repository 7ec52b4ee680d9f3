"""Groups of captured samples that somebody dismissed, so that they are not shown again."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from noria.storage import changes
from noria.storage.database import Database
from noria.storage.tables import dismissals

KEPT = 200  # of a function; those before were dismissed long ago


class Dismissals:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, function_id: str, sample_ids: Sequence[str], by: str, at: datetime) -> None:
        """Raises FunctionNotFound."""
        mine = dismissals.c.function_id == function_id
        values = {"function_id": function_id, "at": at, "by": by, "sample_ids": list(sample_ids)}
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            connection.execute(dismissals.insert().values(values))
            newest = sa.select(dismissals.c.id).where(mine).order_by(dismissals.c.id.desc())
            oldest = connection.scalar(newest.offset(KEPT - 1).limit(1))
            if oldest is not None:
                connection.execute(dismissals.delete().where(mine, dismissals.c.id < oldest))

    def of(self, function_id: str) -> list[list[str]]:
        """The sample ids of each, newest first."""
        query = sa.select(dismissals.c.sample_ids).where(dismissals.c.function_id == function_id)
        with self._db.read() as connection:
            return list(connection.scalars(query.order_by(dismissals.c.id.desc())))
