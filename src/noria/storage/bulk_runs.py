"""Runs of `noria bulk-invoke`, as they tell of themselves: for people, never for decisions."""

from datetime import datetime
from typing import Any

from noria.records.ids import new_id
from noria.storage import changes
from noria.storage.database import Database
from noria.storage.tables import bulk_runs


class BulkRuns:
    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, function_id: str, name: str, total: int, at: datetime) -> str:
        """The id of a new run over so many rows of a file. Raises FunctionNotFound."""
        id = new_id("bulk")
        start = {"began_at": at, "seen_at": at, "done": 0, "total": total, "error": ""}
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            connection.execute(bulk_runs.insert().values(id=id, function_id=function_id, name=name, **start))
        return id

    def update(self, run_id: str, done: int, at: datetime) -> None:
        """Say that it is there, and how many rows are done. A run that is gone with its function is passed over."""
        self._set(run_id, done=done, seen_at=at)

    def end(self, run_id: str, done: int, at: datetime, error: str = "") -> None:
        self._set(run_id, done=done, seen_at=at, ended_at=at, error=error)

    def _set(self, run_id: str, **values: Any) -> None:
        with self._db.write() as connection:
            connection.execute(bulk_runs.update().where(bulk_runs.c.id == run_id).values(values))
