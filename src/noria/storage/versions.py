"""Model versions, and which of them is live."""

from dataclasses import dataclass
from datetime import datetime

from noria.records.version import ModelVersion
from noria.storage.database import Database


@dataclass(frozen=True, slots=True)
class LiveChange:
    at: datetime
    version_id: str
    by: str
    why: str


class Versions:
    def __init__(self, database: Database) -> None:
        self._db = database

    def publish(
        self,
        version: ModelVersion,
        head: bytes,
        out_of_fold: bytes,
        covered_seq: int,
        expected_live: str | None,
    ) -> bool:
        raise NotImplementedError

    def get(self, function_id: str, id: str) -> ModelVersion:
        raise NotImplementedError

    def all(self, function_id: str) -> list[ModelVersion]:
        raise NotImplementedError

    def head(self, id: str) -> bytes:
        raise NotImplementedError

    def out_of_fold(self, id: str) -> bytes:
        raise NotImplementedError

    def set_live(self, function_id: str, version_id: str, by: str, why: str, at: datetime) -> None:
        raise NotImplementedError

    def live_history(self, function_id: str) -> list[LiveChange]:
        raise NotImplementedError
