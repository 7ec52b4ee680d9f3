"""Groups of labels that are taken for each other."""

import numpy as np
import pytest

from noria.estimate.accuracy import CountedLabel
from noria.estimate.confusion import confusions
from noria.estimate.mixed_up import MOST_OF_A_GROUP, mixed_up, of_traffic
from noria.estimate.sums import TrafficSums


def planted(rng: np.random.Generator, sizes: list[int], noise: float = 0.02) -> dict[tuple[str, str], int]:
    """Counts of 100 items a label; a fifth is answered with another label of its group, some with any."""
    groups = [[f"g{g:02} label{i}" for i in range(size)] for g, size in enumerate(sizes)]
    every = [label for group in groups for label in group]
    pairs: dict[tuple[str, str], int] = {}
    for group in groups:
        for true in group:
            for _ in range(100):
                kind = rng.random()
                of = group if kind < 0.2 else every if kind < 0.2 + noise else [true]
                pair = true, of[rng.integers(len(of))]
                pairs[pair] = pairs.get(pair, 0) + 1
    return pairs


def test_labels_that_are_taken_for_each_other_stand_together_among_150() -> None:
    sizes = [3, 4, 5, 6, 2] * 7 + [5, 5]
    found = mixed_up(planted(np.random.default_rng(5), sizes))
    assert sum(sizes) == 150
    pure = [group for group in found.groups if len({label[:3] for label in group.label_ids}) == 1]
    assert len(pure) >= 0.9 * len(found.groups)
    assert sum(len(group.label_ids) for group in pure) >= 130


def test_no_group_is_larger_than_can_be_read() -> None:
    found = mixed_up(planted(np.random.default_rng(5), [40], noise=0))
    assert all(len(group.label_ids) <= MOST_OF_A_GROUP for group in found.groups)
    assert found.between > 0


def test_two_labels_are_one_group_and_pairs_go_by_their_amount() -> None:
    found = mixed_up({("a", "b"): 2, ("b", "a"): 5, ("a", "a"): 20, ("b", "b"): 20})
    (group,) = found.groups
    rows = dict(zip(group.label_ids, group.amounts, strict=True))
    assert set(group.label_ids) == {"a", "b"}
    assert sorted(rows["a"]) == [2, 20]
    assert (group.wrong, found.between, found.total, found.never) == (7, 0, 47, 0)
    assert found.pairs == (("b", "a", 5), ("a", "b", 2))


def test_without_mistakes_there_is_no_group() -> None:
    found = mixed_up({("a", "a"): 4, ("b", "b"): 4})
    assert (found.groups, found.pairs, found.never) == ((), (), 2)
    assert mixed_up({}).total == 0


def test_a_label_that_was_only_answered_stands_beside_what_it_was() -> None:
    (group,) = mixed_up({("a", "gone"): 3, ("a", "a"): 3}).groups
    assert set(group.label_ids) == {"a", "gone"}


def test_calls_are_weighed_as_the_shares_of_traffic_are() -> None:
    labels = [CountedLabel(True, "a", "a", 0.8, 0.1, 0.0)] * 40
    labels += [CountedLabel(False, "b", "a", 0.8, 0.5, 0.0)] * 10
    sums = TrafficSums(n=500, known_n=80, known_correct=60, known_pairs={("b", "a"): 20, ("a", "a"): 60})
    pairs = of_traffic(labels, sums)
    assert sum(pairs.values()) == pytest.approx(500)
    for found in confusions(labels, sums):
        assert pairs[found.true, found.answered] / 500 == pytest.approx(found.share.value, abs=0.01)


def test_too_few_labels_say_nothing() -> None:
    assert of_traffic([CountedLabel(False, "b", "a", 0.8, 0.1, 0.0)] * 5, TrafficSums(n=50)) == {}
