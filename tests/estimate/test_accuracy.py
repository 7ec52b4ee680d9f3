import math

import numpy as np
import pytest

from noria.estimate.accuracy import DIFFERENCE, HAJEK, CountedLabel, Figure, TooFew, live_accuracy
from noria.estimate.response import Unanswered
from noria.estimate.sums import LabelSums, TrafficSums


def labels(right: int, wrong: int, propensity: float = 0.1, predicted: str = "a") -> list[CountedLabel]:
    """Answers of 0.8 confidence; the wrong ones were of the label "other"."""
    return [
        CountedLabel(correct, predicted, predicted if correct else "other", 0.8, propensity, 0.0)
        for correct in [True] * right + [False] * wrong
    ]


def figure(found: object) -> Figure:
    assert isinstance(found, Figure), found
    return found


def test_weighted_labels_stand_for_all_calls() -> None:
    counted = labels(40, 10, 0.1) + labels(10, 40, 0.5)
    found = figure(live_accuracy(counted, TrafficSums(n=600)).accuracy)
    assert found.value == pytest.approx((400 + 20) / 600, abs=0.01)
    assert found.low < found.value < found.high


def test_below_twenty_effective_labels_it_says_how_many_are_missing() -> None:
    found = live_accuracy(labels(10, 2), TrafficSums(n=120)).accuracy
    assert isinstance(found, TooFew)
    assert (found.missing, found.counted) == (8, 12)


def test_unequal_weights_ask_for_more_labels() -> None:
    found = live_accuracy(labels(19, 0, 1.0) + labels(6, 0, 0.05), TrafficSums(n=139)).accuracy
    assert isinstance(found, TooFew)
    assert found.counted == 25


def test_without_traffic_there_is_nothing_to_tell() -> None:
    found = live_accuracy([], TrafficSums())
    assert isinstance(found.accuracy, TooFew)
    assert found.expected is None
    assert found.until is None


def test_known_copies_are_certain_and_need_no_label() -> None:
    found = figure(live_accuracy([], TrafficSums(n=50, known_n=50, known_correct=45)).accuracy)
    assert (found.value, found.low, found.high) == (0.9, 0.9, 0.9)


def test_known_copies_count_as_what_they_are_of_the_traffic() -> None:
    found = figure(
        live_accuracy(labels(40, 10), TrafficSums(n=1000, known_n=500, known_correct=500)).accuracy
    )
    assert found.value == pytest.approx(0.9, abs=0.01)


def test_known_copies_narrow_the_interval() -> None:
    alone = figure(live_accuracy(labels(40, 10), TrafficSums(n=500)).accuracy)
    more = figure(live_accuracy(labels(40, 10), TrafficSums(n=1000, known_n=500, known_correct=400)).accuracy)
    assert more.high - more.low == pytest.approx((alone.high - alone.low) / 2)


def test_where_every_call_was_labelled_there_is_no_doubt() -> None:
    found = figure(live_accuracy(labels(40, 10, 1.0), TrafficSums(n=50)).accuracy)
    assert (found.value, found.low, found.high) == (0.8, 0.8, 0.8)
    assert found.effective == math.inf


def test_precision_is_of_the_calls_answered_with_the_label() -> None:
    counted = labels(15, 5, predicted="a") + labels(20, 0, predicted="b")
    assert figure(live_accuracy(counted, TrafficSums(n=400)).labels["a"].precision).value == pytest.approx(
        0.75
    )


def test_recall_is_of_the_calls_that_are_of_the_label() -> None:
    missed = [CountedLabel(False, "b", "a", 0.8, 0.1, 0.0)] * 5
    found = live_accuracy(labels(15, 0, predicted="a") + missed, TrafficSums(n=200)).labels["a"]
    assert figure(found.recall).value == pytest.approx(0.75)
    assert figure(found.precision).value == pytest.approx(1.0)


def test_the_share_of_a_label_is_of_all_calls() -> None:
    counted = labels(30, 0, 0.1, "a") + labels(50, 0, 0.5, "b")
    found = live_accuracy(counted, TrafficSums(n=400)).labels
    assert figure(found["a"].share).value == pytest.approx(0.75, abs=0.02)
    assert figure(found["b"].share).value == pytest.approx(0.25, abs=0.02)


def test_the_share_of_a_label_follows_what_all_calls_were_answered_with() -> None:
    counted = labels(38, 2, 0.1, "a") + labels(40, 0, 0.1, "b")
    alone = figure(live_accuracy(counted, TrafficSums(n=800)).labels["a"].share)
    by_label = {"a": LabelSums(n=300), "b": LabelSums(n=500)}
    found = figure(live_accuracy(counted, TrafficSums(n=800, by_label=by_label)).labels["a"].share)
    assert alone.value == pytest.approx(38 / 80, abs=0.01)
    assert found.value == pytest.approx(300 / 800 - 2 / 80, abs=0.02)
    assert found.high - found.low < 0.8 * (alone.high - alone.low)


def test_a_few_light_labels_are_no_figure_where_heavy_ones_might_be() -> None:
    counted = labels(60, 20, 0.02, "a") + labels(6, 6, 0.8, "b")
    assert isinstance(live_accuracy(counted, TrafficSums(n=4000)).labels["b"].precision, TooFew)


def test_known_copies_enter_the_figures_of_their_label() -> None:
    sums = TrafficSums(
        n=600,
        known_n=200,
        known_correct=200,
        by_label={"a": LabelSums(n=600, known_n=200, known_correct=200, true_known=200)},
    )
    found = live_accuracy(labels(20, 20), sums).labels["a"]
    assert figure(found.precision).value == pytest.approx((200 + 200) / 600)
    assert figure(found.share).value == pytest.approx((200 + 200) / 600)


def test_a_label_of_which_little_is_known_has_no_figure() -> None:
    assert isinstance(live_accuracy(labels(40, 3), TrafficSums(n=430)).labels["other"].recall, TooFew)


def test_every_label_of_the_traffic_is_listed() -> None:
    found = live_accuracy(labels(25, 5), TrafficSums(n=300, by_label={"never judged": LabelSums(n=4)}))
    assert set(found.labels) == {"a", "other", "never judged"}


def test_skips_lower_the_coverage_and_span_worst_and_best() -> None:
    skipped = [Unanswered("a", 0.8, 0.1)] * 10
    found = live_accuracy(labels(32, 8), TrafficSums(n=500), skipped).coverage
    assert found.answered == pytest.approx(0.8)
    assert found.worst == pytest.approx(0.64)
    assert found.best == pytest.approx(0.84)


def test_skips_are_stood_for_by_their_likes() -> None:
    counted = labels(30, 0, predicted="easy") + labels(0, 30, predicted="hard")
    skipped = [Unanswered("hard", 0.8, 0.1)] * 15
    assert figure(live_accuracy(counted, TrafficSums(n=750), skipped).accuracy).value == pytest.approx(
        0.4, abs=0.01
    )


def test_the_expectation_without_labels_is_the_mean_confidence() -> None:
    assert live_accuracy([], TrafficSums(n=200, confidence=150)).expected == 0.75


def test_confidences_that_tell_are_used_and_named() -> None:
    rng = np.random.default_rng(4)
    sure = rng.random(300)
    counted = [CountedLabel(bool(rng.random() < c), "a", "a", float(c), 0.1, 0.0) for c in sure]
    sums = TrafficSums(n=3000, confidence=1500)
    assert live_accuracy(counted, sums).method == DIFFERENCE
    assert live_accuracy(counted, TrafficSums(n=3000)).method == HAJEK


def test_without_the_confidences_of_known_copies_they_are_left_out() -> None:
    assert TrafficSums(n=100, confidence=80, known_n=10, known_correct=9).unknown_confidence is None
    assert TrafficSums(
        n=100, confidence=80, known_n=10, known_confidence=8
    ).unknown_confidence == pytest.approx(0.8)


def test_figures_reach_to_the_last_settled_item() -> None:
    counted = [CountedLabel(True, "a", "a", 0.8, 0.1, at) for at in (3.0, 7.0)]
    assert live_accuracy(counted, TrafficSums(n=20)).until == 7.0
    assert live_accuracy(counted, TrafficSums(n=20), until=9.0).until == 9.0
