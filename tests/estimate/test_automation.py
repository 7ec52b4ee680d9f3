from dataclasses import replace

import numpy as np
import pytest
from estimate.traffic import N_BINS, Traffic, least

from noria.estimate.accuracy import CountedLabel, Figure, TooFew, live_accuracy
from noria.estimate.automation import automation
from noria.estimate.response import Unanswered
from noria.estimate.sums import BinSums, TrafficSums

RUNS = 300
THRESHOLDS = (4, 8, 12, 14, 16, 18)


def label(correct: bool, confidence: float, propensity: float = 0.1) -> CountedLabel:
    return CountedLabel(correct, "a", "a" if correct else "b", confidence, propensity, 0.0)


def sums(*cells: BinSums) -> TrafficSums:
    """Traffic in as many bins."""
    return TrafficSums(
        n=sum(c.n for c in cells),
        known_n=sum(c.known_n for c in cells),
        known_correct=sum(c.known_correct for c in cells),
        bins=cells,
    )


def figure(found: object) -> Figure:
    assert isinstance(found, Figure), found
    return found


def covered(use: str) -> dict[int, float]:
    """How often the interval at each threshold holds the truth; `use`: the true weights, or all alike."""
    rng = np.random.default_rng(11)
    traffic = Traffic.simulated(rng)
    truth = {k: traffic.correct[traffic.confidence >= k / N_BINS].mean() for k in THRESHOLDS}
    inside, sums = dict.fromkeys(THRESHOLDS, 0), traffic.sums()
    for _ in range(RUNS):
        counted = traffic.labels(rng)
        if use == "all alike":
            counted = [replace(c, propensity=0.02) for c in counted]
        points = automation(counted, sums)
        for k in THRESHOLDS:
            found = figure(points[k].accuracy)
            inside[k] += found.low <= truth[k] <= found.high
    return {k: n / RUNS for k, n in inside.items()}


def test_intervals_hold_the_truth_at_every_threshold() -> None:
    found = covered("weights")
    assert min(found.values()) >= least(RUNS), found


def test_the_same_labels_without_their_weights_would_not() -> None:
    assert min(covered("all alike").values()) < 0.8


def test_the_share_of_traffic_is_counted_over_all_calls() -> None:
    points = automation([], sums(BinSums(50), BinSums(30), BinSums(20), BinSums(0)))
    assert [(p.threshold, p.share) for p in points] == [(0, 1), (0.25, 0.5), (0.5, 0.2), (0.75, 0)]


def test_only_labels_at_or_above_the_threshold_tell_of_it() -> None:
    counted = [label(False, 0.2)] * 40 + [label(True, 0.5)] * 30 + [label(False, 0.9)] * 10
    points = automation(counted, sums(BinSums(400), BinSums(400)))
    assert figure(points[1].accuracy).value == pytest.approx(0.75)
    assert figure(points[0].accuracy).value == pytest.approx(30 / 80, abs=0.01)


def test_few_labels_above_a_threshold_make_no_figure() -> None:
    counted = [label(True, 0.2)] * 40 + [label(True, 0.9)] * 15
    found = automation(counted, sums(BinSums(400), BinSums(150)))[1].accuracy
    assert isinstance(found, TooFew)
    assert (found.missing, found.counted) == (5, 15)


def test_known_copies_are_certain_and_weigh_what_they_are_of_the_calls_there() -> None:
    counted = [label(True, 0.9)] * 20 + [label(False, 0.9)] * 20
    alone = figure(automation(counted, sums(BinSums(0), BinSums(400)))[1].accuracy)
    found = figure(automation(counted, sums(BinSums(0), BinSums(800, 400, 400)))[1].accuracy)
    assert found.value == pytest.approx(0.75, abs=0.01)
    assert found.high - found.low == pytest.approx((alone.high - alone.low) / 2)


def test_a_threshold_above_which_all_is_known_needs_no_label() -> None:
    found = figure(automation([], sums(BinSums(50), BinSums(40, 40, 30)))[1].accuracy)
    assert (found.value, found.low, found.high) == (0.75, 0.75, 0.75)


def test_the_first_point_is_the_headline_figure() -> None:
    rng = np.random.default_rng(5)
    traffic = Traffic.simulated(rng)
    counted = traffic.labels(rng)
    assert automation(counted, traffic.sums())[0].accuracy == live_accuracy(counted, traffic.sums()).accuracy


def test_the_unanswered_are_stood_for_by_their_likes() -> None:
    counted = [label(True, 0.9)] * 30 + [label(False, 0.6)] * 30
    skipped = [Unanswered("a", 0.6, 0.1)] * 30
    points = automation(counted, sums(BinSums(0), BinSums(900)), skipped)
    assert figure(points[1].accuracy).value == pytest.approx(1 / 3, abs=0.01)


def test_without_traffic_there_is_no_curve() -> None:
    assert automation([], TrafficSums()) == ()
    assert automation([], sums(BinSums(), BinSums())) == ()


def test_a_confidence_of_one_is_in_the_last_bin() -> None:
    points = automation([label(True, 1.0)] * 30, sums(BinSums(0), BinSums(300)))
    assert figure(points[1].accuracy).counted == 30
