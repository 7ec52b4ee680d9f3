"""Secrets of the installation: signing and session keys."""

from collections.abc import Callable

from noria.storage.database import Database


class Secrets:
    def __init__(self, database: Database) -> None:
        self._db = database

    def get_or_create(self, name: str, make: Callable[[], bytes]) -> bytes:
        raise NotImplementedError
