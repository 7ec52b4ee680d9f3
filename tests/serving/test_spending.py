"""What was spent of the budget, and what waits for people, from real rows."""

from datetime import UTC, datetime, timedelta

import pytest
from serving.parts import HUGE, Serving

from noria.serving.spending import Backlog, Spending, backlog, expected_today, spending
from noria.storage import TrafficRow

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=30)
HOUR = int(NOON.timestamp() // 3600)


def traffic(*at: tuple[int, int]) -> list[TrafficRow]:
    """Calls by hours before noon."""
    return [TrafficRow("function_x", HOUR - before, None, n) for before, n in at]


def test_the_hours_to_come_bring_what_they_brought_yesterday() -> None:
    mostly_evenings = traffic((2, 100), (18, 300))
    assert expected_today(10, 60, mostly_evenings, LONG_AGO, NOON) == pytest.approx(10 + 60 * 0.75)


def test_a_silent_afternoon_brings_nothing_more() -> None:
    assert expected_today(60, 60, traffic((2, 1000)), LONG_AGO, NOON) == 60


@pytest.mark.parametrize(("today", "expected"), [(25, 60), (70, 70)])
def test_what_was_too_much_by_now_is_made_up_for(today: int, expected: float) -> None:
    assert expected_today(today, 60, traffic((2, 100), (18, 300)), LONG_AGO, NOON) == expected


def test_no_more_is_expected_than_there_are_calls() -> None:
    assert expected_today(10, 200, traffic((2, 10), (18, 10)), LONG_AGO, NOON) == pytest.approx(20)


def test_without_calls_nothing_is_expected() -> None:
    assert expected_today(0, 200, [], LONG_AGO, NOON) is None


def test_a_new_function_is_expected_to_go_on_as_it_began() -> None:
    assert expected_today(7, 60, traffic((1, 5000)), NOON - timedelta(hours=2), NOON) == pytest.approx(7 + 30)


def test_what_was_captured_is_told_with_random_s_part(serving: Serving) -> None:
    serving.capture_everything()
    for i in range(5):
        serving.ask(f"bark {i}")
    serving.settled()
    assert spending(serving.storage, serving.function.id) == Spending(
        HUGE.budget_per_day, last_day=5, today=5, expected_today=pytest.approx(5, abs=200), random_share=1.0
    )


def test_captures_of_the_day_before_are_not_of_today(serving: Serving) -> None:
    serving.capture_everything()
    serving.ask("bark")
    serving.settled()
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    tomorrow = spending(serving.storage, serving.function.id, midnight)
    assert (tomorrow.last_day, tomorrow.today) == (1, 0)


def test_a_queue_that_nobody_works_at_has_no_days_of_work(serving: Serving) -> None:
    serving.capture_everything()
    serving.ask("bark")
    serving.settled()
    told = backlog(serving.storage, serving.function.id)
    assert (told.items, told.labelled_last_week, told.days) == (1, 0, None)


def test_days_of_work_follow_the_pace_of_the_last_week(serving: Serving) -> None:
    serving.capture_everything()
    asked = [serving.ask(f"bark {i}").sample_id for i in range(9)]
    serving.settled()
    for sample_id in asked[:3]:
        serving.function.annotate(sample_id, "dog")
    in_six_days = datetime.now(UTC) + timedelta(days=6)
    told = backlog(serving.storage, serving.function.id, in_six_days)
    assert (told.items, told.labelled_last_week) == (6, 3)
    assert told.days == pytest.approx(12, rel=0.01)  # 3 in 6 days


def test_an_empty_queue_expires_never(serving: Serving) -> None:
    assert backlog(serving.storage, serving.function.id) == Backlog(0, 0, None, None, 0)


@pytest.mark.parametrize(("days", "leaving"), [(22, 0), (24, 1)])
def test_what_leaves_within_a_week_is_counted(serving: Serving, days: int, leaving: int) -> None:
    serving.capture_everything()
    before = datetime.now(UTC)
    serving.ask("bark")
    serving.settled()
    told = backlog(serving.storage, serving.function.id, before + timedelta(days=days))
    assert told.expiring_within_week == leaving
    assert told.next_expiry_at is not None
    assert timedelta(0) <= told.next_expiry_at - before - timedelta(days=30) < timedelta(minutes=5)
