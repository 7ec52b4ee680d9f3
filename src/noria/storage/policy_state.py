"""Slow-moving state of the capture policy, so that a restart goes on where it was."""

from datetime import datetime
from typing import Any

from noria.storage.database import Database


class PolicyStates:
    def __init__(self, database: Database) -> None:
        self._db = database

    def save(self, function_id: str, state: dict[str, Any], at: datetime) -> None:
        raise NotImplementedError

    def load(self, function_id: str) -> dict[str, Any] | None:
        raise NotImplementedError
