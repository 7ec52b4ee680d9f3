"""Large sets: what is fitted goes on from the version before."""

from dataclasses import replace

import numpy as np
import pytest
from learning.trained import MakeSet, live_of, only, right

from noria.learning import examples, large
from noria.learning.arrays import FloatArray
from noria.learning.large import fit_large_head
from noria.learning.training import TrainingSet, full_cross_validation, train


@pytest.fixture(autouse=True)
def _small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "LARGE", 100)
    monkeypatch.setattr(large, "LARGE", 100)


def ones(given: TrainingSet) -> FloatArray:
    return np.ones(len(given.targets), np.float32)


def test_it_is_as_good_as_one_from_zero_and_scored_out_of_fold(
    training_set: MakeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, new = training_set(4, 100, noise=1.0), training_set(4, 200, noise=1.0, seed=1)
    first = train(given, None)
    second = train(given, live_of(first))
    monkeypatch.setattr(examples, "LARGE", 1000)
    usual = train(given, None)
    assert min(right(first.head, new), right(second.head, new)) > right(usual.head, new) - 0.02
    assert second.scores["cv_accuracy"] == pytest.approx(right(second.head, new), abs=0.06)
    assert len(first.record.fold_heads) == first.scores["n_folds"]


def test_equal_sets_give_equal_bytes_in_any_order(training_set: MakeSet) -> None:
    given = training_set(3, 60)
    shuffled = only(given, np.random.default_rng(0).permutation(180))
    live = live_of(train(only(given, np.arange(170)), None))
    one, other = train(given, live), train(shuffled, live)
    assert one.head.to_bytes() == other.head.to_bytes()
    assert one.record.to_bytes() == other.record.to_bytes()


def test_noise_is_not_learnt_out_of_fold_however_often_heads_go_on(training_set: MakeSet) -> None:
    """A fold's head that had seen what it is judged on, in any version before, would be right far more often."""
    given = training_set(2, 150)
    noise = replace(given, targets=np.random.default_rng(5).integers(0, 2, 300))
    order = np.random.default_rng(6).permutation(300)
    live = None
    for n in range(270, 301, 3):
        candidate = train(only(noise, order[:n]), live)
        live = live_of(candidate)
    assert right(candidate.head, noise) > 0.6
    assert candidate.scores["cv_accuracy"] < 0.58


def test_it_goes_on_from_live_and_its_folds(training_set: MakeSet) -> None:
    given = training_set(3, 60, noise=1.2)
    first = train(only(given, np.arange(175)), None)
    on, anew = train(given, live_of(first)), train(given, None)
    assert on.head.to_bytes() != anew.head.to_bytes()
    assert on.record.fold_heads[0].to_bytes() != anew.record.fold_heads[0].to_bytes()


@pytest.mark.parametrize("what", ["a sample is gone", "a label is new", "half of the samples are new"])
def test_it_begins_anew_when(what: str, training_set: MakeSet) -> None:
    given = training_set(3, 60, noise=1.2)
    before, after = {
        "a sample is gone": (given, only(given, np.arange(1, 180))),
        "a label is new": (only(given, np.arange(120)), only(given, np.arange(122))),
        "half of the samples are new": (only(given, np.arange(180)[::2]), given),
    }[what]
    live = live_of(train(before, None))
    on, anew = train(after, live), train(after, None)
    assert on.head.to_bytes() == anew.head.to_bytes()
    assert on.record.to_bytes() == anew.record.to_bytes()


def test_a_label_with_one_example_hurts_nobody(training_set: MakeSet) -> None:
    given = only(training_set(3, 100), np.arange(201))
    first = train(given, None)
    assert first.head.label_ids == given.label_ids
    assert train(given, live_of(first)).scores["cv_accuracy"] > 0.9


def test_a_rare_label_alone_against_one_other_is_held_out_in_turn(training_set: MakeSet) -> None:
    """Two of one label and many of another: where parts that last leave a fold one label only, others are made."""
    given = only(training_set(2, 200), np.arange(202))
    for salt in range(20):
        salted = replace(given, digests=[b"%d-%08d" % (salt, i) for i in range(202)])
        assert train(salted, None).head.label_ids == given.label_ids


def test_labels_without_an_example_are_left_out(training_set: MakeSet) -> None:
    given = training_set(4, 60)
    kept = only(given, np.flatnonzero(given.targets != 1))
    head = fit_large_head(kept.embeddings, kept.targets, given.label_ids, c=10.0, weights=ones(kept))
    assert head.label_ids == ("label_0", "label_2", "label_3")
    assert right(head, kept) > 0.9


def test_full_cross_validation_gives_a_loss_for_each_choice(training_set: MakeSet) -> None:
    losses = full_cross_validation(training_set(3, 50, noise=0.8))
    assert set(losses) == {3.0, 10.0, 30.0}
    assert all(0 < loss < 2 for loss in losses.values())
