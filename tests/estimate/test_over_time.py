"""The headline estimate, stretch by stretch."""

import numpy as np
import pytest
from estimate.traffic import Traffic, least

from noria.estimate.accuracy import CountedLabel, Figure, TooFew, live_accuracy
from noria.estimate.over_time import DAY_S, MOST, WEEK_S, edges, over_time, width_days
from noria.estimate.response import Unanswered
from noria.estimate.sums import TrafficSums

MONDAY_S = 4 * DAY_S + 2000 * WEEK_S


def labels(at: float, right: int, wrong: int) -> list[CountedLabel]:
    return [CountedLabel(True, "a", "a", 0.9, 0.1, at)] * right + [
        CountedLabel(False, "a", "b", 0.6, 0.1, at)
    ] * wrong


def test_each_stretch_has_the_figure_of_its_own_calls_alone() -> None:
    bounds = [MONDAY_S, MONDAY_S + WEEK_S, MONDAY_S + 2 * WEEK_S]
    first, second = labels(MONDAY_S + 5, 30, 10), labels(MONDAY_S + WEEK_S, 40, 0)
    sums = [TrafficSums(n=400, confidence=340), TrafficSums(n=400, confidence=360)]
    found = over_time(bounds, [*second, *first], [], sums, sums)
    for stretch, mine, of in zip(found, (first, second), sums, strict=True):
        assert stretch.accuracy == live_accuracy(mine, of).accuracy
    assert [stretch.expected for stretch in found] == [0.85, 0.9]
    assert (found[0].begin_s, found[0].end_s) == (MONDAY_S, MONDAY_S + WEEK_S)


def test_what_nobody_answered_weighs_in_its_own_stretch() -> None:
    bounds = [0.0, WEEK_S, 2.0 * WEEK_S]
    counted = labels(5, 30, 10) + labels(WEEK_S + 5, 30, 10)
    lost = [(WEEK_S + 9.0, Unanswered("a", 0.6, 0.1))] * 20
    first, second = over_time(bounds, counted, lost, [TrafficSums(n=400)] * 2, [TrafficSums(n=400)] * 2)
    assert isinstance(first.accuracy, Figure)
    assert isinstance(second.accuracy, Figure)
    assert second.accuracy.value < first.accuracy.value


def test_too_few_labels_make_no_figure_and_unjudged_calls_none_at_all() -> None:
    bounds = [0.0, WEEK_S, 2.0 * WEEK_S]
    first, second = over_time(
        bounds,
        labels(5, 3, 0),
        [],
        [TrafficSums(n=30), TrafficSums()],
        [TrafficSums(n=30, confidence=20)] * 2,
    )
    assert isinstance(first.accuracy, TooFew)
    assert second.accuracy is None
    assert (second.n_calls, second.expected) == (30, pytest.approx(2 / 3))


def test_stretches_meet_and_whole_weeks_begin_on_mondays() -> None:
    bounds = edges(MONDAY_S - 3600, MONDAY_S + 9 * DAY_S, 7)
    assert bounds == [MONDAY_S - 3600, MONDAY_S, MONDAY_S + WEEK_S, MONDAY_S + 9 * DAY_S]
    assert edges(MONDAY_S, MONDAY_S + DAY_S, 1) == [MONDAY_S, MONDAY_S + DAY_S]


def test_days_are_told_where_most_have_labels_enough() -> None:
    hours = [MONDAY_S + 3600.0 * h for h in range(10 * 24)]
    many = [MONDAY_S + DAY_S * d + 60.0 for d in range(6) for _ in range(20)]
    assert width_days(hours, many) == 1
    assert width_days(hours, many[:80]) == 7


def test_a_long_time_has_no_more_stretches_than_can_be_read() -> None:
    hours = [MONDAY_S + 3600.0 * h for h in range(24 * 365 * 5)]
    days = width_days(hours, hours * 3)
    assert days % 7 == 0
    assert len(edges(hours[0], hours[-1], days)) - 1 <= MOST + 1


def test_the_interval_of_a_stretch_holds_its_truth() -> None:
    rng = np.random.default_rng(8)
    traffic = Traffic.simulated(rng)
    truth, sums, runs, inside, told = (traffic.true == traffic.predicted).mean(), traffic.sums(), 200, 0, 0
    for _ in range(runs):
        (found,) = over_time([0.0, WEEK_S], traffic.labels(rng), [], [sums], [sums])
        if isinstance(found.accuracy, Figure):
            told += 1
            inside += found.accuracy.low <= truth <= found.accuracy.high
    assert told > runs / 2
    assert inside / told >= least(told)
