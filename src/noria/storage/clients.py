"""API clients."""

from datetime import datetime

from noria.records.client import Client
from noria.storage.database import Database


class Clients:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, client: Client) -> Client:
        raise NotImplementedError

    def get(self, id: str) -> Client:
        raise NotImplementedError

    def all(self) -> list[Client]:
        raise NotImplementedError

    def revoke(self, id: str, at: datetime) -> None:
        raise NotImplementedError
