"""Functions, and the counters that tell trainers and servers that something changed."""

from datetime import datetime

from noria.records.function import CaptureSettings, Function
from noria.storage.database import Database


class Functions:
    def __init__(self, database: Database) -> None:
        self._db = database

    def create(
        self,
        project_id: str,
        name: str,
        input: str,
        output: str,
        at: datetime,
        capture: CaptureSettings | None = None,
    ) -> Function:
        raise NotImplementedError

    def get(self, id: str) -> Function:
        raise NotImplementedError

    def page(self, after: str | None, limit: int, project_id: str | None = None) -> list[Function]:
        raise NotImplementedError

    def update(
        self,
        id: str,
        *,
        at: datetime,
        name: str | None = None,
        project_id: str | None = None,
        capture: CaptureSettings | None = None,
        decision_threshold: float | None = None,
    ) -> Function:
        raise NotImplementedError

    def delete(self, id: str) -> None:
        raise NotImplementedError

    def changed(self) -> dict[str, int]:
        raise NotImplementedError

    def waiting(self) -> list[Function]:
        raise NotImplementedError

    def want_training(self, id: str, at: datetime) -> None:
        raise NotImplementedError

    def finish_without_model(self, id: str, covered_seq: int) -> None:
        raise NotImplementedError
