"""Live accuracy over time: the same estimate in each of equally long stretches, by day where labels allow, else by week."""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from noria.estimate.accuracy import ENOUGH, CountedLabel, Estimate, Sample
from noria.estimate.response import Unanswered
from noria.estimate.sums import TrafficSums

DAY_S, WEEK_S = 86_400, 7 * 86_400
MOST = 104  # stretches, two years of weeks: a curve of more can't be read
_FIRST_MONDAY_S = 4 * DAY_S  # 5 January 1970
_DAYS_WITH_A_FIGURE = 0.5  # of those with calls, from which days are told and not weeks


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is known of the calls of one stretch of time."""

    begin_s: float
    end_s: float
    accuracy: Estimate | None  # None: none of its calls is judged yet, or none came
    expected: float | None  # label-free: mean confidence of its calls; None without any
    n_calls: float


def width_days(called_s: Sequence[float], counted_s: Sequence[float]) -> int:
    """Days in a stretch: 1 where most days have labels enough for a figure, else 7, or more weeks for a long time.

    called_s: the hours in which calls came, as seconds.   counted_s: when the calls of the counted labels came.

    >>> hours = [h * 3600.0 for h in range(96)]
    >>> width_days(hours, hours), width_days(hours, hours[::12])
    (1, 7)
    """
    if not called_s:
        return 7
    days = {int(at // DAY_S) for at in called_s}
    labels = Counter(int(at // DAY_S) for at in counted_s)
    told = sum(labels[day] >= ENOUGH for day in days)
    lasts_days = max(days) - min(days) + 1
    if lasts_days <= MOST and told >= _DAYS_WITH_A_FIGURE * len(days):
        return 1
    return 7 * max(1, math.ceil(lasts_days / 7 / MOST))


def edges(begin_s: float, end_s: float, days: int) -> list[float]:
    """Where stretches of so many days begin, then where the last one ends; days and weeks of UTC.

    Whole weeks begin on a Monday. The first and last one are cut to [begin_s, end_s).

    >>> [edge / DAY_S for edge in edges(5.5 * DAY_S, 13 * DAY_S, 7)]
    [5.5, 11.0, 13.0]
    """
    width = days * DAY_S
    origin = _FIRST_MONDAY_S if days % 7 == 0 else 0
    first = (begin_s - origin) // width + 1
    last = math.ceil((end_s - origin) / width)
    return [begin_s, *(origin + i * width for i in range(int(first), last)), end_s]


def over_time(
    edges_s: Sequence[float],
    counted: Sequence[CountedLabel],
    unanswered: Sequence[tuple[float, Unanswered]],
    judged: Sequence[TrafficSums],
    every: Sequence[TrafficSums],
) -> tuple[Stretch, ...]:
    """The headline estimate of each stretch, as `live_accuracy` makes it of all.

    edges_s: (n + 1,), rising, as `edges` makes them.   unanswered: each with the time of its call.
    judged, every: (n,), sums over the calls of each stretch, up to the last settled item and in all; nothing by label is read.
    """
    n = len(edges_s) - 1
    labels: list[list[CountedLabel]] = [[] for _ in range(n)]
    lost: list[list[Unanswered]] = [[] for _ in range(n)]
    for label in counted:
        labels[_place(edges_s, label.at)].append(label)
    for at, one in unanswered:
        lost[_place(edges_s, at)].append(one)
    return tuple(
        Stretch(
            begin,
            end,
            Sample.of(labels[i], replace(judged[i], by_label={}), lost[i]).accuracy()[0]
            if judged[i].n > 0
            else None,
            every[i].expected_accuracy,
            every[i].n,
        )
        for i, (begin, end) in enumerate(pairwise(edges_s))
    )


def _place(edges_s: Sequence[float], at: float) -> int:
    """The stretch that a moment lies in; what lies outside goes to the nearest."""
    return min(max(bisect_right(edges_s, at) - 1, 0), len(edges_s) - 2)
