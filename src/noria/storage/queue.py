"""The queue of open captures: leases, skips, expiry, eviction, and the log of rho."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from noria.records.capture import Capture
from noria.records.sample import Sample
from noria.storage.database import Database


@dataclass(frozen=True, slots=True)
class QueueSize:
    open_items: int
    open_captures: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A sample that waits for a label, with its open captures."""

    sample: Sample
    captures: tuple[Capture, ...]  # smallest key first


class Queue:
    def __init__(self, database: Database) -> None:
        self._db = database

    def size(self, function_id: str) -> QueueSize:
        raise NotImplementedError

    def open(self, function_id: str, limit: int, *, by: str, at: datetime) -> list[OpenItem]:
        raise NotImplementedError

    def smallest(self, function_id: str, at: datetime, by: str, n: int) -> list[OpenItem]:
        raise NotImplementedError

    def lease(
        self, function_id: str, sample_ids: Sequence[str], by: str, until: datetime, at: datetime
    ) -> list[str]:
        raise NotImplementedError

    def release(self, by: str) -> None:
        raise NotImplementedError

    def skip(
        self, function_id: str, sample_id: str, by: str, kind: Literal["skipped", "unsure"], at: datetime
    ) -> int:
        raise NotImplementedError

    def unskip(self, function_id: str, sample_id: str, by: str, at: datetime) -> int:
        raise NotImplementedError

    def expire(self, function_id: str, older_than: datetime, at: datetime) -> int:
        raise NotImplementedError

    def evict(self, function_id: str, keep: int, at: datetime) -> int:
        raise NotImplementedError

    def next_turn(self, function_id: str, by: str) -> int:
        raise NotImplementedError

    def rho_log(self, function_id: str) -> list[tuple[datetime, float]]:
        raise NotImplementedError

    def evictions(self, function_id: str) -> list[tuple[datetime, float]]:
        raise NotImplementedError
