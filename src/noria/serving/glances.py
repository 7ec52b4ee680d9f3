"""A function at a glance, as the list of functions shows it: what costs much comes when it is there."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from noria.errors import NoriaError
from noria.estimate.accuracy import Estimate
from noria.records.function import Function
from noria.serving.figures import Figures
from noria.serving.kept import Kept
from noria.storage import Storage

T = TypeVar("T")

DAYS = 14  # of traffic, today among them
_LEAST_S = 10.0  # a list of functions is no clock
_DAY_H = 24
_RESTS = 20.0  # times as long as it took to count the items of a queue


@dataclass(frozen=True, slots=True)
class Glance:
    """One function in the list. `open_items`, `days` and `accuracy` are None while they are worked out."""

    function: Function
    n_labels: int
    n_samples: int
    n_annotated: int
    open_items: int | None
    version_number: int | None  # of the live version
    phase: str | None  # of the training run under way
    raised: tuple[str, ...]  # kinds of alerts, each once
    days: Sequence[tuple[date, int]] | None  # (day of UTC, calls), oldest first
    accuracy: Estimate | None

    @property
    def coming(self) -> bool:
        """Whether something is still being worked out."""
        if self.function.searches:
            return False
        return None in (self.days, self.open_items) or (self.accuracy is None and not self.function.tags)


class Glances:
    """Reads only; safe from any thread."""

    def __init__(self, storage: Storage, figures: Figures, kept: Kept) -> None:
        self._storage = storage
        self._figures = figures
        self._kept = kept

    def of(self, functions: Sequence[Function], patience_s: float) -> list[Glance]:
        """patience_s: waited for figures that cost much, over all functions together."""
        for function in functions:  # all are asked for before any is waited for
            self.open_items(function.id, 0.0)
            self._days(function, 0.0)
            self._accuracy(function, 0.0)
        until = time.monotonic() + patience_s
        return [self._glance(function, until) for function in functions]

    def open_items(self, function_id: str, patience_s: float) -> int | None:
        """How many items wait in its queue, or did when they were last counted; None while they are being counted.

        Every page of a function shows it, and a queue may hold a million. Raises FunctionNotFound.
        """
        return self._kept.get(
            ("open items", function_id),
            lambda: self._storage.queue.size(function_id).open_items,
            least_s=0.0,
            rest=_RESTS,
            patience_s=patience_s,
        )

    def _glance(self, function: Function, until: float) -> Glance:
        storage, live = self._storage, function.live_version_id
        samples, run = storage.samples.counts(function.id), storage.runs.current(function.id)
        return Glance(
            function,
            n_labels=len(storage.labels.all(function.id)),
            n_samples=samples.samples,
            n_annotated=samples.annotated,
            open_items=0
            if function.searches
            else self.open_items(function.id, max(0.0, until - time.monotonic())),
            version_number=storage.versions.get(function.id, live).number if live else None,
            phase=run.phase if run else None,
            raised=tuple(sorted({event for _, event in storage.webhooks.raised(function.id)})),
            days=self._days(function, max(0.0, until - time.monotonic())),
            accuracy=self._accuracy(function, max(0.0, until - time.monotonic())),
        )

    def _days(self, function: Function, patience_s: float) -> Sequence[tuple[date, int]] | None:
        if function.searches:  # its calls are not counted
            return None
        return self._asked(
            ("days", function.id),
            lambda: calls_by_day(self._storage, function.id),
            patience_s,
            least_s=_LEAST_S,
        )

    def _accuracy(self, function: Function, patience_s: float) -> Estimate | None:
        if function.searches or function.tags:  # there is no one figure of it
            return None
        found = self._asked(("live", function.id), lambda: self._figures.live(function.id), patience_s)
        return None if found is None else found.estimate.accuracy

    def _asked(
        self, key: tuple[str, str], make: Callable[[], T], patience_s: float, least_s: float = 3.0
    ) -> T | None:
        with suppress(NoriaError):  # another process has just deleted it
            return self._kept.get(key, make, least_s=least_s, patience_s=patience_s)
        return None


def calls_by_day(storage: Storage, function_id: str, now: datetime | None = None) -> list[tuple[date, int]]:
    """All calls of the last days, those outside the figures too; days without any included."""
    today = (now or datetime.now(UTC)).date()
    first = today - timedelta(days=DAYS - 1)
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    calls: Counter[int] = Counter()
    for row in storage.captures.traffic(function_id, since):
        calls[row.hour // _DAY_H] += row.n + row.outside
    began = int(since.timestamp()) // 86_400
    return [(first + timedelta(days=i), calls[began + i]) for i in range(DAYS)]
