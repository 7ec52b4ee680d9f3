"""Training runs: what is under way, for people and for the reconciler."""

from dataclasses import dataclass
from datetime import datetime

from noria.storage.database import Database


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
        raise NotImplementedError

    def update(self, run_id: str, phase: str, done: int, total: int, at: datetime) -> None:
        raise NotImplementedError

    def end(self, run_id: str, at: datetime, error: str | None = None) -> None:
        raise NotImplementedError

    def current(self, function_id: str) -> Run | None:
        raise NotImplementedError

    def last(self, function_id: str) -> Run | None:
        raise NotImplementedError

    def fail_stale(self, before: datetime) -> int:
        raise NotImplementedError
