"""Captures: one transaction per batch of them, together with the sums over all invokes."""

from collections.abc import Iterator
from datetime import datetime

from noria.records.capture import Capture
from noria.storage.database import Database
from noria.storage.judged import Judged
from noria.storage.sums import CaptureBatch, DecisionRow, KnownRow, SumsRow, Totals, TrafficRow


class Captures:
    def __init__(self, database: Database) -> None:
        self._db = database

    def commit(self, batch: CaptureBatch) -> list[str]:
        raise NotImplementedError

    def sums(
        self, function_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[SumsRow]:
        raise NotImplementedError

    def traffic(
        self, function_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[TrafficRow]:
        raise NotImplementedError

    def known_sums(
        self, function_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[KnownRow]:
        raise NotImplementedError

    def totals(self, function_id: str) -> Totals:
        raise NotImplementedError

    def judged(
        self, function_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[Judged]:
        raise NotImplementedError

    def of_sample(self, function_id: str, sample_id: str) -> list[Capture]:
        raise NotImplementedError

    def decisions(self, function_id: str) -> Iterator[DecisionRow]:
        raise NotImplementedError
