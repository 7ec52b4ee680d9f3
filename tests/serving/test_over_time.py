"""The curve of live accuracy, read from real rows."""

from datetime import UTC, datetime, timedelta

import pytest
from past_labels import Said, label_past
from serving.parts import Serving

from noria.estimate.accuracy import Figure, TooFew
from noria.serving.figures import Figures
from noria.serving.over_time import LiveOverTime, live_over_time

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def over(serving: Serving, **window: object) -> LiveOverTime:
    id = serving.function.id
    found = live_over_time(serving.storage, id, Figures(serving.storage).calls(id, **window))
    assert found is not None
    return found


def week(serving: Serving, number: int, n: int, wrong: int, version: str | None = None) -> list[Said]:
    """So many labels over five days of this week; the wrong ones spread."""
    cat, dog = serving.function.labels["cat"], serving.function.labels["dog"]
    begin = MONDAY + 7 * number * DAY
    return [
        Said(begin + (i % 5) * DAY + i * HOUR / 10, cat, dog if i * wrong % n < wrong else cat, version)
        for i in range(n)
    ]


def test_weeks_have_figures_of_their_own_and_say_when_they_have_none(serving: Serving) -> None:
    calls = week(serving, 0, 40, 20) + week(serving, 1, 5, 0) + week(serving, 2, 40, 0)
    label_past(serving.storage, serving.function.id, calls)
    found = over(serving)
    first, second, third = found.stretches
    assert found.days == 7
    assert isinstance(first.accuracy, Figure)
    assert isinstance(second.accuracy, TooFew)
    assert isinstance(third.accuracy, Figure)
    assert first.accuracy.value == pytest.approx(0.5, abs=0.1)
    assert third.accuracy.value > 0.95
    assert [s.n_calls for s in found.stretches] == [400, 50, 400]
    assert third.expected == pytest.approx(0.9)


def test_calls_after_the_last_judged_one_have_an_expectation_only(serving: Serving) -> None:
    cat = serving.function.labels["cat"]
    waits = [Said(MONDAY + 8 * DAY, cat, None, confidence=0.7)] * 3
    label_past(serving.storage, serving.function.id, week(serving, 0, 40, 0) + waits)
    _, later = over(serving).stretches
    assert (later.accuracy, later.expected, later.n_calls) == (None, pytest.approx(0.7), 30)


def test_a_version_has_only_its_own_calls_and_its_window(serving: Serving) -> None:
    one = serving.train()
    calls = week(serving, 0, 30, 0, one) + week(serving, 1, 30, 0)
    label_past(serving.storage, serving.function.id, calls)
    (only,) = over(serving, version_id=one).stretches
    assert (only.n_calls, only.expected) == (300, pytest.approx(0.9))
    (later,) = over(serving, since=MONDAY + 7 * DAY).stretches
    assert later.n_calls == 300


def test_versions_that_went_live_meanwhile_are_marked_once(serving: Serving) -> None:
    one = serving.train()
    serving.function.teach("a kitten that purrs", "cat")
    two, versions = serving.train(), serving.storage.versions
    for version, at in (
        (one, MONDAY + DAY),
        (one, MONDAY + 2 * DAY),
        (two, MONDAY + 3 * DAY),
        (one, MONDAY + 90 * DAY),
    ):
        versions.set_live(serving.function.id, version, "test", "test", at)
    label_past(serving.storage, serving.function.id, week(serving, 0, 30, 0))
    assert over(serving).went_live == ((MONDAY + DAY, one), (MONDAY + 3 * DAY, two))


def test_a_window_without_calls_has_no_curve(serving: Serving) -> None:
    calls = Figures(serving.storage).calls(serving.function.id)
    assert live_over_time(serving.storage, serving.function.id, calls) is None
