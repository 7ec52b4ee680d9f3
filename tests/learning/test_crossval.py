from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from noria.learning.arrays import BoolArray
from noria.learning.crossval import (
    NEVER_HELD_OUT,
    Plan,
    folds,
    lasting_out_of_fold,
    lasting_parts,
    out_of_fold,
    plan_for,
)
from noria.learning.head import Head, fit_head


def digests(n: int, salt: int = 0) -> list[bytes]:
    return [b"%d-%08d" % (salt, i) for i in range(n)]


@pytest.mark.parametrize("per_label", [2, 3, 4, 5, 11])
@pytest.mark.parametrize("n_parts", [3, 5])
@pytest.mark.parametrize("salt", range(5))
def test_each_part_holds_its_share_of_a_label(per_label: int, n_parts: int, salt: int) -> None:
    targets = np.repeat(np.arange(7), per_label)
    parts = folds(targets, digests(len(targets), salt), n_parts)
    assert set(parts) <= set(range(n_parts))
    for label in range(7):
        assert np.bincount(parts[targets == label]).max() <= -(-per_label // n_parts)


def test_a_label_with_two_samples_always_keeps_one_to_learn_from() -> None:
    for salt in range(50):
        first, second = folds(np.array([0, 0]), digests(2, salt), 5)
        assert first != second


def test_an_only_sample_is_never_held_out() -> None:
    parts = folds(np.array([0, 0, 1]), digests(3), 5)
    assert parts[2] == NEVER_HELD_OUT
    assert NEVER_HELD_OUT not in parts[:2]


def test_most_samples_stay_in_their_part_as_the_set_grows() -> None:
    targets = np.arange(1000) % 10
    before = folds(targets[:900], digests(900), 5)
    after = folds(targets, digests(1000), 5)[:900]
    assert (before == after).mean() > 0.9


def test_parts_depend_on_the_digests_and_not_on_the_order() -> None:
    targets, names = np.arange(100) % 4, digests(100)
    order = np.random.default_rng(0).permutation(100)
    shuffled = folds(targets[order], [names[i] for i in order], 5)
    np.testing.assert_array_equal(shuffled, folds(targets, names, 5)[order])


def test_large_sets_get_fewer_folds() -> None:
    assert plan_for(100, 5) == Plan(5, 5)
    assert plan_for(1_000, 77) == Plan(3, 3)
    assert plan_for(10_000, 77) == Plan(5, 1)


@pytest.mark.parametrize("plan", [Plan(5, 5), Plan(3, 3), Plan(5, 1)], ids=str)
def test_no_sample_is_scored_by_a_head_that_saw_it(blobs: Callable[..., Any], plan: Plan) -> None:
    embeddings, targets = blobs(3, 10)
    given: list[BoolArray] = []

    def fit(mask: BoolArray) -> Head:
        given.append(mask)
        return fit_head(embeddings[mask], targets[mask], ["a", "b", "c"])

    scored = out_of_fold(embeddings, targets, digests(30), 3, fit, plan)
    assert scored.n_folds == len(given) == plan.n_held_out
    np.testing.assert_array_equal(scored.scored, np.sum([~mask for mask in given], axis=0) == 1)
    expected = np.zeros_like(scored.logits)
    for mask in given:
        expected[~mask] = fit_head(embeddings[mask], targets[mask], ["a", "b", "c"]).logits(embeddings[~mask])
    np.testing.assert_array_equal(scored.logits, expected)


def test_a_random_label_is_not_learnt_out_of_fold(blobs: Callable[..., Any]) -> None:
    embeddings, _ = blobs(2, 100)
    targets = np.random.default_rng(3).integers(0, 2, 200)

    def fit(mask: BoolArray) -> Head:
        return fit_head(embeddings[mask], targets[mask], ["a", "b"])

    scored = out_of_fold(embeddings, targets, digests(200), 2, fit, Plan(5, 5))
    assert (scored.logits.argmax(axis=1) == targets).mean() < 0.6


def test_something_is_held_out_even_if_nearly_every_label_has_one_sample() -> None:
    targets = np.array([0, 0, *range(1, 40)])
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(41, 8)).astype(np.float32)

    def fit(mask: BoolArray) -> Head:
        return fit_head(embeddings[mask], targets[mask], [str(i) for i in range(40)])

    for salt in range(10):
        assert out_of_fold(embeddings, targets, digests(41, salt), 40, fit, Plan(5, 1)).scored.any()


# --- parts that last


def test_a_sample_stays_in_its_part_whatever_comes_or_goes() -> None:
    before = lasting_parts(digests(900), 5)
    np.testing.assert_array_equal(lasting_parts(digests(1000)[100:], 5)[:800], before[100:])
    assert np.bincount(before).min() > 140


def test_a_sample_of_a_label_that_the_folds_head_can_not_know_is_not_scored(
    blobs: Callable[..., Any],
) -> None:
    embeddings, targets = blobs(3, 10)
    parts = np.where(targets == 1, 0, np.arange(30) % 5)  # all of "b" are held out
    given: list[BoolArray] = []

    def fit(mask: BoolArray, part: int) -> Head:
        assert part == len(given)
        given.append(mask)
        return fit_head(embeddings[mask], targets[mask] // 2, ["a", "c"])

    found = lasting_out_of_fold(embeddings, targets, parts, ["a", "b", "c"], fit, 1)
    np.testing.assert_array_equal(found.scored, (parts == 0) & (targets != 1))
    np.testing.assert_array_equal(given, [parts != 0])
    assert set(found.logits[found.scored].argmax(axis=1)) == {0, 2}
    assert [head.label_ids for head in found.heads] == [("a", "c")]
