"""Training runs: what is under way, for people and for the reconciler."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from noria.records.ids import new_id
from noria.storage import changes
from noria.storage.database import Database
from noria.storage.tables import runs

STALE = "The run stopped without an end; its process is gone."


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    function_id: str
    phase: str
    done: int
    total: int
    started_at: datetime
    heartbeat: datetime
    ended_at: datetime | None
    error: str | None


class Runs:
    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, function_id: str, at: datetime) -> str:
        """The id of a new run, of whoever has the function's turn: older ones have ended. Raises FunctionNotFound."""
        id = new_id("run")
        start = {"phase": "starting", "done": 0, "total": 0, "started_at": at, "heartbeat": at}
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            _end_abandoned(connection, function_id)
            connection.execute(runs.insert().values(id=id, function_id=function_id, **start))
        return id

    def update(self, run_id: str, phase: str, done: int, total: int, at: datetime) -> None:
        """Say how far it is. A run that is gone with its function is passed over."""
        self._set(run_id, phase=phase, done=done, total=total, heartbeat=at)

    def end(self, run_id: str, at: datetime, error: str | None = None) -> None:
        self._set(run_id, ended_at=at, heartbeat=at, error=error)

    def current(self, function_id: str) -> Run | None:
        """The newest run that has not ended."""
        return self._newest((runs.c.function_id == function_id) & runs.c.ended_at.is_(None))

    def last(self, function_id: str) -> Run | None:
        """The newest run, ended or not."""
        return self._newest(runs.c.function_id == function_id)

    def under_way(self) -> set[str]:
        """Ids of the functions with a run that has not ended."""
        with self._db.read() as connection:
            return set(connection.scalars(sa.select(runs.c.function_id).where(runs.c.ended_at.is_(None))))

    def end_abandoned(self, function_id: str) -> int:
        """End those of a function whose turn the caller has, so that nobody works on them; returns how many."""
        with self._db.write() as connection:
            return _end_abandoned(connection, function_id)

    def _set(self, run_id: str, **values: Any) -> None:
        with self._db.write() as connection:
            connection.execute(runs.update().where(runs.c.id == run_id).values(values))

    def _newest(self, which: sa.ColumnElement[bool]) -> Run | None:
        query = sa.select(runs).where(which).order_by(runs.c.seq.desc()).limit(1)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Run(*row[1:])


def _end_abandoned(connection: sa.Connection, function_id: str) -> int:
    open_ones = (runs.c.function_id == function_id) & runs.c.ended_at.is_(None)
    ended = runs.update().where(open_ones).values(ended_at=runs.c.heartbeat, error=STALE)
    return connection.execute(ended).rowcount
