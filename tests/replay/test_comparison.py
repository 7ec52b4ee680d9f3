import numpy as np
import pytest
from replay_samples import WORDS, compared, stream

from noria.errors import BadInput
from noria.replay import Comparison, compare, ways
from noria.replay.comparison import near_copies


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    known = ways()
    chosen = {"noria": known["noria"], "again": known["noria"], "confidence": known["confidence"]}
    return compare(stream(), chosen, budget=12, rounds=3, seeds=2)


def test_replays_are_paired_by_calls_and_draws(comparison: Comparison) -> None:
    assert comparison.outcomes["noria"] == comparison.outcomes["again"]


def test_each_seed_is_another_replay(comparison: Comparison) -> None:
    one, other = comparison.outcomes["noria"]
    assert one != other


def test_annotations_are_told_by_reason_and_label(comparison: Comparison) -> None:
    for outcome in comparison.outcomes["noria"]:
        assert sum(outcome.spent.values()) == outcome.annotations
        assert {label for _, label in outcome.spent} <= WORDS.keys()


def test_recall_is_told_for_each_label(comparison: Comparison) -> None:
    (outcome, *_) = comparison.outcomes["noria"]
    assert outcome.recalls.keys() == WORDS.keys()
    assert np.mean(list(outcome.recalls.values())) == pytest.approx(outcome.points[-1].macro_recall)


def test_a_way_that_draws_shows_a_figure_each_round_and_another_none(comparison: Comparison) -> None:
    assert [m.shown is not None for m in comparison.outcomes["noria"][0].moments] == [True] * 3
    assert [m.shown is None for m in comparison.outcomes["confidence"][0].moments] == [True] * 3


def test_a_difference_beyond_two_standard_errors_is_more_than_chance() -> None:
    (found,) = compared(one=[0.8, 0.82, 0.84], other=[0.7, 0.73, 0.75]).differences()
    assert (found.more, found.less, found.surely) == ("one", "other", True)


def test_a_difference_within_two_standard_errors_may_be_chance() -> None:
    (found,) = compared(one=[0.8, 0.6, 0.7], other=[0.6, 0.8, 0.71]).differences()
    assert not found.surely


def test_two_replays_tell_nothing_of_chance() -> None:
    (found,) = compared(one=[0.8, 0.8], other=[0.7, 0.71]).differences()
    assert found.error is None
    assert not found.surely


def test_near_copies_are_those_of_seeds_and_of_earlier_annotations() -> None:
    a, b, c = np.eye(3, dtype=np.float32)
    assert near_copies(np.array([a]), np.array([b, a, c, b + 0.01 * c]), np.zeros(3)) == 2


@pytest.mark.parametrize("asked", [{"rounds": 0}, {"budget": 0}, {"seeds": 0}, {"rounds": 1000}])
def test_what_can_not_be_replayed_is_told(asked: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        compare(stream(50), ways(), **asked)
