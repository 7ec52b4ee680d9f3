"""One-time sign-in codes."""

from datetime import datetime

from noria.storage.database import Database


class SignIns:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, code_sha256: bytes, name: str, expires: datetime) -> None:
        raise NotImplementedError

    def use(self, code_sha256: bytes, at: datetime) -> str | None:
        raise NotImplementedError
