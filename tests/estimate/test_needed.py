import math

import numpy as np
import pytest
from estimate.traffic import Traffic

from noria.estimate.accuracy import CountedLabel, Figure, TooFew, live_accuracy
from noria.estimate.needed import needed, parted
from noria.estimate.sums import TrafficSums


def accuracy(n: int, known: int = 0) -> Figure:
    counted = [CountedLabel(i % 5 > 0, "a", "a" if i % 5 else "b", 0.8, 0.01, 0.0) for i in range(n)]
    found = live_accuracy(
        counted, TrafficSums(n=100 * n + known, known_n=known, known_correct=known)
    ).accuracy
    assert isinstance(found, Figure)
    return found


def half(figure: Figure) -> float:
    return (figure.high - figure.low) / 2


@pytest.mark.parametrize("known", [0, 5_000])
def test_so_many_more_labels_give_the_interval_that_was_wanted(known: int) -> None:
    for wanted in needed(accuracy(100, known), 100):
        after = accuracy(100 + wanted.labels, known * (100 + wanted.labels) // 100)
        assert half(after) == pytest.approx(wanted.within, rel=0.03)


def test_uneven_weights_take_more_labels_and_the_promise_holds() -> None:
    rng = np.random.default_rng(2)
    traffic = Traffic.simulated(rng, n=60_000, wanted=250, known=0)
    sums = TrafficSums(n=len(traffic.true))
    few = traffic.labels(rng)
    (wanted,) = needed(live_accuracy(few, sums).accuracy, len(few), (0.03,))
    many = len(few) + wanted.labels
    richer = Traffic.simulated(np.random.default_rng(2), n=60_000, wanted=many, known=0)
    after = live_accuracy(richer.labels(rng), sums).accuracy
    assert isinstance(after, Figure)
    assert half(after) == pytest.approx(0.03, rel=0.15)


def test_labels_that_do_not_count_make_it_more() -> None:
    (alone,), (half_count,) = needed(accuracy(100), 100, (0.03,)), needed(accuracy(100), 200, (0.03,))
    assert half_count.labels == pytest.approx(2 * alone.labels, abs=1)


def test_what_is_known_well_enough_needs_none() -> None:
    assert [n.labels > 0 for n in needed(accuracy(400), 400)] == [False, True, True]


def test_before_a_figure_or_without_doubt_nothing_is_told() -> None:
    assert needed(TooFew(8, 12.0, 12), 12) == ()
    assert needed(Figure(0.9, 0.9, 0.9, math.inf, 0), 0) == ()


@pytest.mark.parametrize(("expected", "by"), [(0.95, 0.05), (0.8, 0.0), (0.6, -0.1), (None, 0.0)])
def test_the_expectation_parts_where_it_lies_outside_the_interval(expected: float | None, by: float) -> None:
    assert parted(Figure(0.8, 0.7, 0.9, 50.0, 60), expected) == pytest.approx(by)
    assert parted(TooFew(8, 12.0, 12), expected) == 0
