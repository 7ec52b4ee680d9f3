"""Labels of a function."""

from collections.abc import Mapping
from datetime import datetime

from noria.records.label import Label
from noria.storage.database import Database


class Labels:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(
        self,
        function_id: str,
        name: str,
        description: str | None,
        metadata: Mapping[str, str] | None,
        at: datetime,
    ) -> Label:
        raise NotImplementedError

    def get(self, function_id: str, id: str) -> Label:
        raise NotImplementedError

    def by_name(self, function_id: str, name: str) -> Label:
        raise NotImplementedError

    def all(self, function_id: str) -> list[Label]:
        raise NotImplementedError

    def update(
        self,
        function_id: str,
        id: str,
        name: str,
        description: str | None,
        metadata: Mapping[str, str] | None,
        at: datetime,
    ) -> Label:
        raise NotImplementedError

    def delete(self, function_id: str, id: str, at: datetime) -> None:
        raise NotImplementedError

    def counts(self, function_id: str) -> dict[str, int]:
        raise NotImplementedError
