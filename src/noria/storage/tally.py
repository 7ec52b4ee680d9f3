"""Sums of what invokes leave behind, gathered in memory between two commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from noria.storage.sums import (
    BINS,
    CellRow,
    DecisionRow,
    KnownRow,
    SumsRow,
    TrafficRow,
    hour_of,
    without,
)

Key = tuple[str, int, str | None]  # function, hour, version


@dataclass(slots=True)
class _Answered:
    """Invokes that were answered with one label."""

    n: int = 0
    confidence_sum: float = 0.0
    confidence_sq_sum: float = 0.0
    bins: list[int] = field(default_factory=lambda: [0] * BINS)


class _Spread:
    """Invokes of one hour and version over one tuple of labels."""

    __slots__ = ("answered", "label_ids", "p_sum")

    def __init__(self, label_ids: tuple[str, ...]) -> None:
        self.label_ids = label_ids
        self.p_sum: NDArray[np.float64] = np.zeros(len(label_ids))
        self.answered: dict[int, _Answered] = {}

    def add(self, probabilities: NDArray[np.floating], index: int) -> None:
        self._answered(probabilities, index)
        self.p_sum += probabilities

    def add_tags(self, probabilities: NDArray[np.floating], indexes: Sequence[int]) -> None:
        for index in indexes:
            self._answered(probabilities, index)
        self.p_sum += probabilities

    def _answered(self, probabilities: NDArray[np.floating], index: int) -> None:
        confidence = float(probabilities[index])
        answered = self.answered.get(index)
        if answered is None:
            answered = self.answered[index] = _Answered()
        answered.n += 1
        answered.confidence_sum += confidence
        answered.confidence_sq_sum += confidence * confidence
        answered.bins[_bin(confidence)] += 1


@dataclass(slots=True)
class _Passed:
    n: int = 0
    known_n: int = 0
    known_correct: int = 0
    shed: int = 0
    outside: int = 0


class Tally:
    """Not safe by itself: the writer adds under its lock, and takes a whole tally out."""

    def __init__(self) -> None:
        self._spreads: dict[Key, list[_Spread]] = {}
        self._passed: dict[Key, _Passed] = {}
        self._known: dict[tuple[Key, str, str], list[int]] = {}  # by bin of confidence
        self._cells: dict[tuple[str, int, int], int] = {}  # by function, hour and cell
        self._decisions: list[DecisionRow] = []

    def __bool__(self) -> bool:
        return bool(self._passed or self._decisions)

    def count(
        self,
        function_id: str,
        at: datetime,
        version_id: str | None,
        label_ids: tuple[str, ...],
        probabilities: NDArray[np.floating],
        answered: int,
        known_label_id: str | None,
        cell: int | None = None,
    ) -> None:
        key = (function_id, hour_of(at), version_id)
        self._spread(key, label_ids).add(probabilities, answered)
        passed = self.passed(key)
        passed.n += 1
        self._count_cell(key, cell)
        if known_label_id is not None:
            passed.known_n += 1
            passed.known_correct += label_ids[answered] == known_label_id
            pair = (key, label_ids[answered], known_label_id)
            self._known.setdefault(pair, [0] * BINS)[_bin(float(probabilities[answered]))] += 1

    def _count_cell(self, key: Key, cell: int | None) -> None:
        if cell is not None:
            place = (key[0], key[1], cell)
            self._cells[place] = self._cells.get(place, 0) + 1

    def count_tags(
        self,
        function_id: str,
        at: datetime,
        version_id: str | None,
        label_ids: tuple[str, ...],
        probabilities: NDArray[np.floating],
        answered: Sequence[int],
        known: Mapping[str, bool] | None,
        cell: int | None = None,
    ) -> None:
        """Each tag as a question of its own: see `sums.without` for how known answers to it are kept."""
        key = (function_id, hour_of(at), version_id)
        self._spread(key, label_ids).add_tags(probabilities, answered)
        self._count_cell(key, cell)
        passed = self.passed(key)
        passed.n += 1
        if known is None:
            return
        there = {label_ids[index] for index in answered}
        passed.known_n += 1
        passed.known_correct += all((id in there) == known.get(id, id in there) for id in label_ids)
        for index, id in enumerate(label_ids):
            if id in known:
                pair = (key, id if id in there else without(id), id if known[id] else without(id))
                self._known.setdefault(pair, [0] * BINS)[_bin(float(probabilities[index]))] += 1

    def passed(self, key: Key) -> _Passed:
        found = self._passed.get(key)
        if found is None:
            found = self._passed[key] = _Passed()
        return found

    def decided(self, row: DecisionRow) -> None:
        self._decisions.append(row)

    def sums(self) -> list[SumsRow]:
        return [
            row for key, spreads in self._spreads.items() for spread in spreads for row in _rows(key, spread)
        ]

    def traffic(self) -> list[TrafficRow]:
        return [
            TrafficRow(*key, p.n, p.known_n, p.known_correct, p.shed, p.outside)
            for key, p in self._passed.items()
        ]

    def known(self) -> list[KnownRow]:
        return [
            KnownRow(*key, predicted, true, sum(bins), tuple(bins))
            for (key, predicted, true), bins in self._known.items()
        ]

    def cells(self) -> list[CellRow]:
        return [CellRow(*key, n) for key, n in self._cells.items()]

    def decisions(self) -> Sequence[DecisionRow]:
        return self._decisions

    def _spread(self, key: Key, label_ids: tuple[str, ...]) -> _Spread:
        spreads = self._spreads.get(key)
        if spreads is None:
            spreads = self._spreads[key] = []
        for spread in spreads:  # more than one only where labels changed under the same version
            if spread.label_ids is label_ids or spread.label_ids == label_ids:
                return spread
        spreads.append(_Spread(label_ids))
        return spreads[-1]


def _bin(confidence: float) -> int:
    return min(int(confidence * BINS), BINS - 1)


def _rows(key: Key, spread: _Spread) -> list[SumsRow]:
    nothing = _Answered()
    return [
        SumsRow(
            *key,
            label_id,
            a.n,
            a.confidence_sum,
            a.confidence_sq_sum,
            float(spread.p_sum[index]),
            tuple(a.bins),
        )
        for index, label_id in enumerate(spread.label_ids)
        for a in (spread.answered.get(index, nothing),)
    ]
