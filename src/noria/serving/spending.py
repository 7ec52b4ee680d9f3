"""What a function's capture budget was spent on, and what its queue asks of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from noria.records.capture import Capture, CaptureReason
from noria.serving.outputs import must_have_labels
from noria.storage import Storage, TrafficRow

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
_LOOKED_AT = 2000  # captures from which random's share is told
_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Spending:
    """Days are of UTC."""

    budget_per_day: float
    last_day: int  # captures of the last 24 hours
    today: int  # captures since midnight
    expected_today: float | None  # captures of the whole day, about; None without calls in the last 24 hours
    random_share: float | None  # random's part in the captures of the last 24 hours; None without any


@dataclass(frozen=True, slots=True)
class Backlog:
    items: int
    labelled_last_week: int  # items of the queue that were given a label in the last 7 days
    days: float | None  # of work, at the pace of the last week; None where nobody labelled in it
    next_expiry_at: datetime | None
    expiring_within_week: int  # items


def spending(storage: Storage, function_id: str, now: datetime | None = None) -> Spending:
    """Raises FunctionNotFound, OnlySearches."""
    now = now or datetime.now(UTC)
    function = storage.functions.get(function_id)
    must_have_labels(function)
    captures, midnight = storage.captures, now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = captures.count_since(function_id, midnight)
    budget = function.capture.budget_per_day if function.capture.enabled else 0.0
    traffic = captures.traffic(function_id, now - DAY, now)
    return Spending(
        budget_per_day=function.capture.budget_per_day,
        last_day=captures.count_since(function_id, now - DAY),
        today=today,
        expected_today=expected_today(today, budget, traffic, function.created_at, now),
        random_share=random_share(captures.since(function_id, now - DAY, _LOOKED_AT)),
    )


def backlog(storage: Storage, function_id: str, now: datetime | None = None) -> Backlog:
    """Raises FunctionNotFound."""
    now = now or datetime.now(UTC)
    function, queue = storage.functions.get(function_id), storage.queue
    size, age = queue.size(function_id), timedelta(days=function.capture.queue_days)
    labelled = queue.labelled_since(function_id, now - WEEK)
    watched = min(WEEK, max(DAY, now - function.created_at)) / DAY
    return Backlog(
        items=size.open_items,
        labelled_last_week=labelled,
        days=size.open_items * watched / labelled if labelled else None,
        next_expiry_at=size.oldest_at + age if size.oldest_at else None,
        expiring_within_week=queue.open_before(function_id, now + WEEK - age),
    )


def expected_today(
    today: int, budget: float, traffic: Sequence[TrafficRow], created_at: datetime, now: datetime
) -> float | None:
    """Captures by midnight: those so far, and of the budget what falls on the hours of the day still to come.

    The calls of these hours yesterday say how much that is; a function of today knows no yesterday, and its
    hours count alike. No more is expected than there are calls, nor more than the budget unless it is spent
    already: what was too much by now is made up for.   traffic: of the last 24 hours.
    """
    calls = sum(row.n for row in traffic)
    if not calls:
        return None
    if now - created_at < DAY:
        age_h = max(1.0, (now - created_at).total_seconds() / _HOUR_S)
        most = min(budget, 24 * calls / age_h)
        to_come = 1 - (now.hour + now.minute / 60) / 24
    else:
        this_hour = int(now.timestamp() // _HOUR_S)
        most = min(budget, calls)
        to_come = sum(row.n for row in traffic if row.hour < this_hour - now.hour) / calls
    return max(today, min(most, today + most * to_come))


def random_share(captures: Sequence[Capture]) -> float | None:
    """Random's part in what was captured, in [0, 1]."""
    if not captures:
        return None
    parts = [c.parts.get(CaptureReason.RANDOM, 0.0) / c.weight for c in captures if c.weight > 0]
    return sum(parts) / len(captures)
