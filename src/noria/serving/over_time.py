"""Live accuracy over time, read from the rows: judged captures once, and sums by the hour."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from noria.estimate.over_time import Stretch, edges, over_time, width_days
from noria.estimate.sums import TrafficSums
from noria.serving.figures import Calls, as_unanswered, is_of
from noria.storage import Storage

_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class LiveOverTime:
    """The figure of each stretch, oldest first, and the versions that went live meanwhile."""

    days: int  # in a stretch: 1, or whole weeks
    stretches: tuple[Stretch, ...]
    went_live: tuple[tuple[datetime, str], ...]  # (time, version id), oldest first


def live_over_time(storage: Storage, function_id: str, calls: Calls) -> LiveOverTime | None:
    """The same calls as the page's figures, stretch by stretch; None without calls.

    calls: as `Figures.calls` has read them.
    """
    hours = sorted(row.hour for row in calls.traffic if row.n)
    if not hours:
        return None
    begin, end = hours[0] * _HOUR_S, (hours[-1] + 1) * _HOUR_S
    counted = calls.labels
    lost = [(j.at.timestamp(), one) for j, p in calls.counted if (one := as_unanswered(j, p)) is not None]
    days = width_days([hour * _HOUR_S for hour in hours], [label.at for label in counted])
    bounds = edges(begin, end, days)
    sure = storage.captures.confidences(function_id, calls.since, calls.until)
    every = _sums(calls, sure, bounds, end)
    covered = calls.covered.timestamp() if calls.covered else end
    stretches = over_time(bounds, counted, lost, _sums(calls, sure, bounds, covered), every)
    return LiveOverTime(days, stretches, _went_live(storage, function_id, begin, end))


def _sums(
    calls: Calls,
    sure: Sequence[tuple[int, str | None, float, float]],
    bounds: Sequence[float],
    until_s: float,
) -> list[TrafficSums]:
    """Of each stretch, over the hours before `until_s`; nothing by label.

    sure: sums of confidences, as `Captures.confidences` gives them.
    """
    found = [[0.0] * 5 for _ in bounds[1:]]
    for row in calls.traffic:
        if row.hour * _HOUR_S < until_s:
            amounts = found[_stretch(bounds, row.hour)]
            amounts[0] += row.n
            amounts[1] += row.known_n
            amounts[2] += row.known_correct
    for hour, version_id, confidence, confidence_sq in sure:
        if is_of(version_id, calls.version_id) and hour * _HOUR_S < until_s:
            amounts = found[_stretch(bounds, hour)]
            amounts[3] += confidence
            amounts[4] += confidence_sq
    return [
        TrafficSums(n=n, known_n=known, known_correct=right, confidence=confidence, confidence_sq=squares)
        for n, known, right, confidence, squares in found
    ]


def _stretch(bounds: Sequence[float], hour: int) -> int:
    return min(max(bisect_right(bounds, hour * _HOUR_S) - 1, 0), len(bounds) - 2)


def _went_live(
    storage: Storage, function_id: str, begin_s: float, end_s: float
) -> tuple[tuple[datetime, str], ...]:
    """Changes of the version that answers; a pin of the one that is live already is none."""
    found: list[tuple[datetime, str]] = []
    before = None
    for change in storage.versions.live_history(function_id):
        if change.version_id != before and begin_s <= change.at.timestamp() < end_s:
            found.append((change.at, change.version_id))
        before = change.version_id
    return tuple(found)
