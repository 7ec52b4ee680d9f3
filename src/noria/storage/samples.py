"""Samples: every stored input."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from noria.records.sample import NewSample, Sample
from noria.storage.database import Database
from noria.storage.sample_lists import SampleFilter, SamplePage


@dataclass(frozen=True, slots=True)
class AddedMany:
    """What became of a list of new samples."""

    added: list[str]  # ids, in the order given, duplicates left out
    duplicates: list[tuple[int, str]]  # place in the list given, id of the sample that has this data


@dataclass(frozen=True, slots=True)
class SampleCounts:
    """Staged samples are counted apart from the others."""

    samples: int
    annotated: int
    predicted: int
    staged: int


class Samples:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, sample: NewSample, at: datetime) -> Sample:
        raise NotImplementedError

    def add_many(self, samples: Sequence[NewSample], at: datetime) -> AddedMany:
        raise NotImplementedError

    def get(self, function_id: str, id: str) -> Sample:
        raise NotImplementedError

    def by_external_id(self, function_id: str, external_id: str) -> Sample:
        raise NotImplementedError

    def list(
        self, function_id: str, filter: SampleFilter, limit: int, cursor: str | None = None
    ) -> SamplePage:
        raise NotImplementedError

    def delete(self, function_id: str, id: str, at: datetime) -> None:
        raise NotImplementedError

    def delete_by_external_id(self, function_id: str, external_id: str, at: datetime) -> None:
        raise NotImplementedError

    def counts(self, function_id: str) -> SampleCounts:
        raise NotImplementedError

    def set_predictions(
        self, function_id: str, rows: Sequence[tuple[str, str, float]], version_id: str | None
    ) -> None:
        raise NotImplementedError

    def unpredicted(self, function_id: str, limit: int) -> Sequence[tuple[str, bytes]]:
        raise NotImplementedError

    def embeddings(self, function_id: str, sample_ids: Sequence[str]) -> dict[str, bytes]:
        raise NotImplementedError

    def known_answers(self, function_id: str) -> dict[bytes, str]:
        raise NotImplementedError

    def known_answers_since(
        self, function_id: str, after: int
    ) -> tuple[Sequence[tuple[bytes, str | None]], int]:
        raise NotImplementedError
