from dataclasses import replace

import numpy as np
import pytest
from estimate.traffic import Traffic, least

from noria.estimate.accuracy import CountedLabel
from noria.estimate.confusion import confusions
from noria.estimate.sums import TrafficSums

RUNS = 300


def label(true: str, predicted: str, propensity: float = 0.1) -> CountedLabel:
    return CountedLabel(true == predicted, predicted, true, 0.8, propensity, 0.0)


def covered(weighed: bool) -> float:
    """How often the interval of the most frequent pair holds its true share."""
    rng = np.random.default_rng(31)
    traffic = Traffic.simulated(rng)
    sums, pair = traffic.sums(), ("a", "b")
    truth = ((traffic.true == "a") & (traffic.predicted == "b")).mean()
    inside = 0
    for _ in range(RUNS):
        counted = traffic.labels(rng)
        if not weighed:
            counted = [replace(c, propensity=0.04) for c in counted]
        (share,) = [c.share for c in confusions(counted, sums, most=99) if (c.true, c.answered) == pair]
        inside += share.low <= truth <= share.high
    return inside / RUNS


def test_the_interval_of_a_pair_holds_its_share() -> None:
    assert covered(weighed=True) >= least(RUNS)


def test_without_their_weights_the_same_labels_would_not() -> None:
    assert covered(weighed=False) < 0.85


def test_pairs_come_by_their_share_of_traffic_not_of_labels() -> None:
    counted = [label("a", "a")] * 40 + [label("a", "b", 0.5)] * 10 + [label("b", "a", 0.1)] * 5
    first, second = confusions(counted, TrafficSums(n=470))
    assert (first.true, first.answered) == ("b", "a")
    assert first.share.value == pytest.approx(50 / 470, abs=0.01)
    assert (second.true, second.answered) == ("a", "b")


def test_known_mistakes_are_counted_in() -> None:
    sums = TrafficSums(n=1000, known_n=500, known_correct=400, known_pairs={("b", "a"): 100, ("a", "a"): 400})
    (found,) = confusions([label("a", "a")] * 50, sums)
    assert (found.true, found.answered) == ("b", "a")
    assert found.share.value == pytest.approx(0.1, abs=0.01)


def test_only_the_most_frequent_are_listed() -> None:
    counted = [label(str(i), "a") for i in range(30)]
    assert len(confusions(counted, TrafficSums(n=300))) == 10


def test_few_labels_make_no_list() -> None:
    assert confusions([label("a", "b")] * 5, TrafficSums(n=50)) == ()
