"""Drift of a function's traffic as pages, the API and alerts show it: read from the hourly sums."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from noria.errors import ModelDamaged
from noria.estimate.accuracy import Estimate, Figure
from noria.estimate.drift import Counts, Drift, Span, banded, buckets, drift, shares_over_time, span
from noria.estimate.watch import Array
from noria.learning.cells import LEAST_SAMPLES
from noria.records.function import Function
from noria.records.sample import Sample
from noria.serving.examples import examples
from noria.serving.figures import BINS, Figures
from noria.serving.outputs import must_have_labels
from noria.serving.tag_figures import live_tag_figures
from noria.storage import Storage, StoredCells

RECENT_H = 24
_HISTORY_H = 5 * 7 * 24  # hours that can matter: the reference and what is watched
_HOUR_S = 3600
BANDS: Mapping[str, tuple[float, float]] = {
    "0–40": (0.0, 0.4),
    "40–60": (0.4, 0.6),
    "60–80": (0.6, 0.8),
    "80–95": (0.8, 0.95),
    "95–100": (0.95, 1.0),
}  # of confidence, in percent: edges lie on those of the bins
_BAND_STARTS = tuple(round(low * 20) for low, _ in BANDS.values())


@dataclass(frozen=True, slots=True)
class Line:
    """Shares of calls over time: equal stretches of hours, None where there was no call."""

    starts: tuple[datetime, ...]
    shares: Mapping[str, tuple[float | None, ...]]  # by kind


@dataclass(frozen=True, slots=True)
class Course:
    """One sort of drift: where it stands, and how it came there."""

    drift: Drift
    line: Line
    split: datetime  # where watching begins
    recent: datetime


@dataclass(frozen=True, slots=True)
class CellsState:
    """What calls are told apart by, whatever they are answered."""

    made_at: datetime | None  # None: not yet
    remade: bool  # whether there were others before, of another encoder
    wanted: int  # samples that are missing until they are made
    examples: Mapping[
        str, tuple[Sample, ...]
    ]  # of the cells that moved most, by kind; the most telling first


@dataclass(frozen=True, slots=True)
class DriftReport:
    """How recent traffic differs from the traffic before. Courses are None before there are calls to compare."""

    begin: datetime  # of the reference
    split: datetime  # where the reference ends and watching begins
    recent: datetime  # where what is called recent begins
    end: datetime
    balance: Course | None  # kinds are the ids of answered labels; of tags, their expected shares of calls
    confidence: Course | None  # kinds are the keys of BANDS; never of tags, each of which has one of its own
    embedding: Course | None  # kinds are numbers of cells
    cells: CellsState
    mean_confidence: tuple[float, float] | None  # before and now, in [0, 1]
    confidence_line: tuple[float | None, ...]  # mean confidence over the stretches of `confidence.line`
    new_model: float  # share of recent calls that versions answered which had answered nothing before
    labelled: Mapping[
        str, tuple[Figure, Figure]
    ]  # of labels that moved: their true share before and now, by people's labels

    @property
    def moved(self) -> bool:
        return any(
            course is not None and course.drift.moved
            for course in (self.balance, self.confidence, self.embedding)
        )

    @property
    def balance_since(self) -> datetime | None:
        """When the class balance began to move; None where it did not."""
        moved = self.balance.drift.moved if self.balance else ()
        return _at(min(move.since for move in moved)) if moved else None


class Drifts:
    """Reads only."""

    def __init__(self, storage: Storage, figures: Figures) -> None:
        self._storage = storage
        self._figures = figures

    def report(
        self, function_id: str, recent_h: int = RECENT_H, now: datetime | None = None, labelled: bool = True
    ) -> DriftReport:
        """Up to the last whole hour. Raises FunctionNotFound, OnlySearches.

        labelled: also estimate true shares from people's labels, which takes longer.
        """
        function = self._storage.functions.get(function_id)
        must_have_labels(function)
        end = int((now.timestamp() if now else time.time()) // _HOUR_S)
        since, until = _at(end - _HISTORY_H), _at(end)
        if function.tags:
            answered, bins = self._expected(function_id, since, until), []
        else:
            answered = by_kind(self._storage.captures.answered(function_id, since, until))
            bins = self._storage.captures.bins(function_id, since, until)
        where = span(int(answered.hours[0]) if len(answered.hours) else end, end, recent_h)
        binned = Counts(
            np.array([hour for hour, _ in bins], dtype=np.int64),
            tuple(BANDS),
            np.array([row for _, row in bins], dtype=float).reshape(len(bins), BINS),
        )
        banded_ = Counts(
            binned.hours, binned.kinds, banded(binned.calls, _BAND_STARTS) if bins else binned.calls
        )
        balance, confidence = _course(answered, where), _course(banded_, where)
        cells = self._storage.cells.of(function_id)
        embedding = self._embedding(function_id, cells, recent_h, since, until) if cells else None
        return DriftReport(
            begin=_at(where.begin),
            split=_at(where.split),
            recent=_at(where.recent),
            end=until,
            balance=balance,
            confidence=confidence,
            embedding=embedding,
            cells=self._cells(function_id, cells, embedding),
            mean_confidence=_means(binned, where) if confidence else None,
            confidence_line=tuple(_mean(row) for _, row in buckets(_as_bins(binned), where))
            if confidence
            else (),
            new_model=self._new_model(function_id, where),
            labelled=self._labelled(function, balance, where) if labelled else {},
        )

    def _expected(self, function_id: str, since: datetime, until: datetime) -> Counts:
        """Calls that have each tag by what the model expects: the sum of its probabilities.

        So a threshold that people set anew is no drift.
        """
        captures = self._storage.captures
        calls: dict[int, int] = {}
        for passed in captures.traffic(function_id, since, until):
            if passed.n:
                calls[passed.hour] = calls.get(passed.hour, 0) + passed.n
        rows = captures.expected(function_id, since, until)
        found = by_kind([row for row in rows if row[0] in calls], sorted(calls))
        return replace(found, all=np.array([calls[hour] for hour in found.hours.tolist()], dtype=float))

    def _embedding(
        self, function_id: str, cells: StoredCells, recent_h: int, since: datetime, until: datetime
    ) -> Course | None:
        """Its history is its own: it begins with the cells."""
        rows = self._storage.captures.cells(function_id, cells.first, since, until)
        if not rows:
            return None
        where = span(rows[0][0], int(until.timestamp() // _HOUR_S), recent_h)
        return _course(by_kind([(hour, str(cell), n) for hour, cell, n in rows]), where)

    def _cells(self, function_id: str, cells: StoredCells | None, course: Course | None) -> CellsState:
        if cells is None:
            here = len(self._storage.vectors.newest(function_id, LEAST_SAMPLES))
            return CellsState(None, False, LEAST_SAMPLES - here, {})
        found: dict[str, tuple[Sample, ...]] = {}
        if course is not None:
            grown = {
                int(move.kind): _at(move.since) if move.moved and move.points > 0 else None
                for move in course.drift.shown
            }
            found = {
                str(cell): samples for cell, samples in self._examples(function_id, cells, grown).items()
            }
        return CellsState(cells.made_at, cells.remade, 0, found)

    def _examples(
        self, function_id: str, cells: StoredCells, grown: Mapping[int, datetime | None]
    ) -> dict[int, tuple[Sample, ...]]:
        try:
            return examples(self._storage, function_id, cells, grown)
        except ModelDamaged:  # the shares are there all the same
            return {}

    def _new_model(self, function_id: str, where: Span) -> float:
        rows = self._storage.captures.traffic(function_id, _at(where.begin), _at(where.end))
        before = {row.version_id for row in rows if row.hour < where.split and row.n}
        recent = [row for row in rows if row.hour >= where.recent]
        calls = sum(row.n for row in recent)
        return sum(row.n for row in recent if row.version_id not in before) / calls if calls else 0.0

    def _labelled(
        self, function: Function, balance: Course | None, where: Span
    ) -> dict[str, tuple[Figure, Figure]]:
        """Predicted shares hold the model's mistakes; the labels that count take them out where there are enough."""
        moved = balance.drift.moved if balance else ()
        if not moved:
            return {}
        since = _at(min(move.since for move in moved))
        before = self._shares(function, _at(where.begin), since)
        now = self._shares(function, since, _at(where.end))
        found = {}
        for id in (move.kind for move in moved):
            pair = [before.get(id), now.get(id)]
            if isinstance(pair[0], Figure) and isinstance(pair[1], Figure):
                found[id] = (pair[0], pair[1])
        return found

    def _shares(self, function: Function, since: datetime, until: datetime) -> dict[str, Estimate]:
        if function.tags:
            live = live_tag_figures(self._storage, function.id, since, until)
            return {tag.label_id: tag.prevalence for tag in live.tags}
        labels = self._figures.live(function.id, since, until).estimate.labels
        return {id: label.share for id, label in labels.items()}


def by_kind(rows: Sequence[tuple[int, str, float]], hours: Sequence[int] = ()) -> Counts:
    """Calls by hour and kind from (hour, label's id or cell's number, calls), in order of hours.

    hours: others that had calls, in order, those of the rows among them.
    """
    hours, kinds = hours or sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
    at, of = {hour: i for i, hour in enumerate(hours)}, {kind: k for k, kind in enumerate(kinds)}
    calls = np.zeros((len(hours), len(kinds)))
    for hour, kind, n in rows:
        calls[at[hour], of[kind]] += n
    return Counts(np.array(hours, dtype=np.int64), tuple(kinds), calls)


def _course(counts: Counts, where: Span) -> Course | None:
    found = drift(counts, where)
    if found is None:
        return None
    stretches = shares_over_time(counts, where)
    shares = [row for _, row in stretches]
    return Course(
        found,
        Line(
            tuple(_at(hour) for hour, _ in stretches),
            {
                kind: tuple(None if row is None else float(row[k]) for row in shares)
                for k, kind in enumerate(counts.kinds)
            },
        ),
        _at(where.split),
        _at(where.recent),
    )


def _as_bins(binned: Counts) -> Counts:
    return Counts(binned.hours, tuple(str(i) for i in range(binned.calls.shape[1])), binned.calls)


def _means(binned: Counts, where: Span) -> tuple[float, float] | None:
    before = _mean(binned.between(where.begin, where.split).calls.sum(axis=0))
    now = _mean(binned.between(where.recent, where.end).calls.sum(axis=0))
    return None if before is None or now is None else (before, now)


def _mean(bins: Array) -> float | None:
    """Mean confidence from calls by bin, by the bins' middles: right to half a bin, and its changes much closer."""
    middles = (np.arange(len(bins)) + 0.5) / len(bins)
    return float(bins @ middles / bins.sum()) if bins.sum() else None


def _at(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * _HOUR_S, UTC)
