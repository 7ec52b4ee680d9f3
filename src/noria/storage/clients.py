"""API clients."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from noria.errors import ClientNotFound
from noria.records.client import Client, Scope
from noria.storage import upserts
from noria.storage.database import Database
from noria.storage.tables import clients


class Clients:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, client: Client) -> Client:
        """Add the client, or replace the one with its id: its secret may be a new one."""
        with self._db.write() as connection:
            upserts.put(connection, clients, asdict(client) | {"scope": client.scope.value})
        return client

    def get(self, id: str) -> Client:
        """Revoked ones too. Raises ClientNotFound."""
        with self._db.read() as connection:
            row = connection.execute(sa.select(clients).where(clients.c.id == id)).one_or_none()
        if row is None:
            raise ClientNotFound(id=id)
        return _client(row)

    def all(self) -> list[Client]:
        """In creation order, revoked ones too."""
        with self._db.read() as connection:
            rows = connection.execute(sa.select(clients).order_by(clients.c.created_at, clients.c.id))
            return [_client(row) for row in rows]

    def revoke(self, id: str, at: datetime) -> None:
        """From now on; the first time holds. Raises ClientNotFound."""
        first = sa.func.coalesce(clients.c.revoked_at, sa.literal(at, clients.c.revoked_at.type))
        with self._db.write() as connection:
            revoked = clients.update().where(clients.c.id == id).values(revoked_at=first)
            if connection.execute(revoked).rowcount == 0:
                raise ClientNotFound(id=id)


def _client(row: Any) -> Client:
    secret = bytes(row.secret_sha256)
    return Client(row.id, row.name, Scope(row.scope), secret, row.created_at, row.revoked_at)
