"""Secrets of the installation: signing and session keys."""

from collections.abc import Callable

import sqlalchemy as sa

from noria.storage import upserts
from noria.storage.database import Database
from noria.storage.tables import secrets


class Secrets:
    def __init__(self, database: Database) -> None:
        self._db = database

    def get_or_create(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The secret of this name; of processes that create it at once, all get the first one's."""
        query = sa.select(secrets.c.value).where(secrets.c.name == name)
        with self._db.read() as connection:
            value = connection.scalar(query)
        if value is None:
            with self._db.write() as connection:
                upserts.keep_first(connection, secrets, {"name": name, "value": make()})
                value = connection.execute(query).scalar_one()
        return bytes(value)
