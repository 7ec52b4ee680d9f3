"""Annotations: labels that people gave, and the log of every change."""

from dataclasses import dataclass
from datetime import date, datetime

from noria.records.sample import AnnotationSource, Sample
from noria.storage.database import Database


@dataclass(frozen=True, slots=True)
class AnnotationEvent:
    """One entry of the log that only grows."""

    id: int
    function_id: str
    sample_id: str
    label_id: str | None  # None: the annotation was removed
    previous_label_id: str | None
    by: str
    source: AnnotationSource | None  # None where it was removed
    at: datetime


@dataclass(frozen=True, slots=True)
class DayCount:
    day: date  # UTC
    annotations: int


class Annotations:
    def __init__(self, database: Database) -> None:
        self._db = database

    def set(
        self, function_id: str, sample_id: str, label_id: str, by: str, source: AnnotationSource, at: datetime
    ) -> Sample:
        raise NotImplementedError

    def remove(self, function_id: str, sample_id: str, by: str, at: datetime) -> Sample:
        raise NotImplementedError

    def history(
        self, function_id: str, sample_id: str | None = None, limit: int = 100
    ) -> list[AnnotationEvent]:
        raise NotImplementedError

    def daily(self, function_id: str, since: datetime) -> list[DayCount]:
        raise NotImplementedError
