"""Drift: how far recent traffic lies from the traffic before it, in points of traffic, and what moved."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noria.estimate.watch import Array, Usual, usual, watch

Hours = npt.NDArray[np.int64]

REFERENCE_H = 28 * 24  # hours of traffic that recent traffic is held against, at most
_LONGEST_H, _SHORTEST_H = 7 * 24, 24  # hours that are watched
_SHOWN = 5  # kinds
_PARTS = 3  # a short history is watched in its last third


@dataclass(frozen=True, slots=True)
class Counts:
    """Calls by hour and kind: by answered label, by band of confidence, or by cell of the embedding."""

    hours: Hours  # (n_hours,) epoch hours, rising; hours with a call
    kinds: tuple[str, ...]
    calls: Array  # (n_hours, n_kinds)
    all: Array | None = None  # (n_hours,) calls in all, where one can be of several kinds or of none: tags

    @property
    def total(self) -> Array:
        """(n_hours,) calls in all."""
        return np.asarray(self.calls.sum(axis=1) if self.all is None else self.all)

    def between(self, first: int, end: int) -> "Counts":
        """The hours in [first, end)."""
        inside = (self.hours >= first) & (self.hours < end)
        return Counts(
            self.hours[inside], self.kinds, self.calls[inside], None if self.all is None else self.all[inside]
        )


@dataclass(frozen=True, slots=True)
class Move:
    """One kind of call, before and now."""

    kind: str
    before: float  # share of the reference's calls, in [0, 1]
    now: float  # share of the recent calls
    low: float | None  # the usual range of an hour's share; None while the reference is too short
    high: float | None
    evidence: float  # 1 and above: moved; 0 while the reference is too short
    since: int  # epoch hour since which it is away, where it moved
    since_share: float  # its share since then

    @property
    def moved(self) -> bool:
        return self.evidence >= 1

    @property
    def points(self) -> float:
        """How far its share went, in [-1, 1]."""
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class Drift:
    """Recent traffic against the reference, of one sort of kinds."""

    size: float  # in [0, 1]: the share of traffic that would have to be of another kind, total variation; of tags at least
    by_chance: float  # about as large would it be with nothing moved, from so few calls
    moves: tuple[Move, ...]  # the strongest evidence first, then the largest
    n_before: float  # calls of the reference
    n_now: float  # recent calls
    watched: bool  # whether the reference is long enough for a verdict

    @property
    def moved(self) -> tuple[Move, ...]:
        return tuple(move for move in self.moves if move.moved)

    @property
    def shown(self) -> tuple[Move, ...]:
        """What moved, filled up with the largest others to a handful."""
        rest = sorted((move for move in self.moves if not move.moved), key=lambda move: -abs(move.points))
        return self.moved + tuple(rest[: max(0, _SHOWN - len(self.moved))])


@dataclass(frozen=True, slots=True)
class Span:
    """Which hours are compared: the reference is [begin, split), watched are [split, end)."""

    begin: int
    split: int
    recent: int  # the first hour of what is called recent, at or after `split`
    end: int


def span(first: int, end: int, recent_h: int) -> Span:
    """The hours to compare in a history of [first, end).

    The last week is watched and the four weeks before it are the reference; of a shorter history the last third, no less than a day.

    >>> span(0, 1000, 24)
    Span(begin=160, split=832, recent=976, end=1000)
    >>> span(900, 1000, 24)
    Span(begin=900, split=967, recent=976, end=1000)
    """
    watched = min(_LONGEST_H, max(_SHORTEST_H, (end - first) // _PARTS))
    split = max(first, end - watched)
    return Span(max(first, split - REFERENCE_H), split, max(split, end - recent_h), end)


def drift(counts: Counts, where: Span) -> Drift | None:
    """How the kinds moved; None without calls on one side."""
    reference, later = counts.between(where.begin, where.split), counts.between(where.split, where.end)
    recent = counts.between(where.recent, where.end)
    before, now = reference.calls.sum(axis=0), recent.calls.sum(axis=0)
    n_before, n_now = float(reference.total.sum()), float(recent.total.sum())
    if not n_before or not n_now or not counts.kinds:
        return None
    p, q = before / n_before, now / n_now
    within = usual(reference.hours, reference.calls, reference.total)
    spread = _by_chance((before + now) / (n_before + n_now), n_before, n_now)
    exclusive = counts.all is None  # else the tag that moved most: so many calls are other ones at least
    return Drift(
        size=float(np.abs(p - q).sum() / 2 if exclusive else np.abs(p - q).max()),
        by_chance=float(spread.sum() / 2 if exclusive else spread.max()),
        moves=_moves(later, p, q, within),
        n_before=n_before,
        n_now=n_now,
        watched=within is not None,
    )


def _moves(later: Counts, before: Array, now: Array, within: Usual | None) -> tuple[Move, ...]:
    if within is None:
        found = [
            Move(kind, float(before[k]), float(now[k]), None, None, 0.0, 0, float(now[k]))
            for k, kind in enumerate(later.kinds)
        ]
        return tuple(sorted(found, key=lambda move: -abs(move.points)))
    seen, total = watch(later.calls, within, later.total), later.total
    found = []
    for k, kind in enumerate(later.kinds):
        since = int(seen.began[k])
        found.append(
            Move(
                kind,
                before=float(before[k]),
                now=float(now[k]),
                low=float(within.low[k]),
                high=float(within.high[k]),
                evidence=float(seen.evidence[k]),
                since=int(later.hours[since]),
                since_share=float(later.calls[since:, k].sum() / total[since:].sum()),
            )
        )
    return tuple(sorted(found, key=lambda move: (-min(move.evidence, 1.0), -abs(move.points))))


def _by_chance(shares: Array, n_before: float, n_now: float) -> Array:
    """How far each share is expected to part in two draws of so many calls from the same shares, one call at a time."""
    spread = np.sqrt(shares * (1 - shares) * (1 / n_before + 1 / n_now))
    return np.asarray(np.sqrt(2 / np.pi) * spread)


def shares_over_time(counts: Counts, where: Span) -> list[tuple[int, Array | None]]:
    """(first epoch hour, share of calls by kind) of the stretches of `buckets`; None where there was no call."""
    every = buckets(Counts(counts.hours, ("all",), counts.total[:, None]), where)
    return [
        (hour, row / calls[0] if calls[0] else None)
        for (hour, row), (_, calls) in zip(buckets(counts, where), every, strict=True)
    ]


def buckets(counts: Counts, where: Span, most: int = 60) -> list[tuple[int, Array]]:
    """(first epoch hour, calls by kind) of equal stretches from the reference to now, empty ones included.

    Stretches are 1, 3, 6, 12 or 24 hours, the shortest that leaves at most `most`, and end with the last hour.
    """
    length = next((h for h in (1, 3, 6, 12) if (where.end - where.begin) <= h * most), 24)
    n = -(-(where.end - where.begin) // length)
    first = where.end - n * length
    found = np.zeros((n, len(counts.kinds)))
    inside = counts.between(max(first, where.begin), where.end)
    np.add.at(found, (inside.hours - first) // length, inside.calls)
    return [(first + i * length, row) for i, row in enumerate(found)]


def banded(bins: Array, bands: Sequence[int]) -> Array:
    """Calls by band of confidence from those by bin.

    bins: (n_hours, n_bins).   bands: the first bin of each band, rising from 0.   Returns (n_hours, n_bands).

    >>> banded(np.array([[1.0, 2.0, 3.0, 4.0]]), (0, 2)).tolist()
    [[3.0, 7.0]]
    """
    return np.add.reduceat(bins, bands, axis=1)
