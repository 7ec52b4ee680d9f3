"""Feedback from callers: its own lane, never part of a capture decision."""

from dataclasses import dataclass
from datetime import datetime

from noria.storage.database import Database


@dataclass(frozen=True, slots=True)
class Feedback:
    id: int
    function_id: str
    sample_id: str
    label_id: str
    by: str
    at: datetime


class FeedbackLane:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, function_id: str, sample_id: str, label_id: str, by: str, at: datetime) -> Feedback:
        raise NotImplementedError

    def of(self, function_id: str, limit: int = 100) -> list[Feedback]:
        raise NotImplementedError
