from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from learning.trained import MakeSet, live_of, only, right

from noria.errors import NotTrained
from noria.learning import examples
from noria.learning.examples import Examples
from noria.learning.head import Head, fit_head
from noria.learning.record import TrainingRecord
from noria.learning.training import (
    LiveRecord,
    TrainingSet,
    can_train,
    full_cross_validation,
    train,
)
from noria.records.version import GateOutcome


@pytest.mark.parametrize(
    ("counts", "enough"), [([], False), ([5], False), ([5, 1], False), ([2, 2], True), ([2, 0, 2], True)]
)
def test_two_labels_with_two_samples_are_the_least(counts: list[int], enough: bool) -> None:
    assert can_train(counts) is enough


def test_less_than_that_is_refused(training_set: MakeSet) -> None:
    with pytest.raises(NotTrained):
        train(only(training_set(2, 2), np.array([0, 1, 2])), None)


def test_the_least_trains(training_set: MakeSet) -> None:
    candidate = train(training_set(2, 2), None)
    assert candidate.scores["n_scored"] == 4
    assert candidate.verdict.outcome is GateOutcome.PROMOTED


def test_the_first_model_learns_and_is_scored_out_of_fold(training_set: MakeSet) -> None:
    candidate = train(training_set(4, 12), None)
    assert right(candidate.head, training_set(4, 50, seed=1)) > 0.9
    assert candidate.scores["cv_accuracy"] == pytest.approx(
        right(candidate.head, training_set(4, 50, seed=1)), abs=0.1
    )
    assert candidate.scores["n_folds"] == 5
    assert 0 < candidate.scores["cv_log_loss"] < 1
    assert candidate.head.sharpness == candidate.scores["sharpness"]
    assert set(candidate.scores) >= {"cv_macro_recall", "ece", "n_scored", "c", "n_names"}


def test_noise_is_not_taken_for_knowledge(training_set: MakeSet) -> None:
    given = training_set(2, 60)
    noise = replace(given, targets=np.random.default_rng(5).integers(0, 2, 120))
    assert train(noise, None).scores["cv_accuracy"] < 0.62


def test_equal_sets_give_equal_bytes_in_any_order(training_set: MakeSet) -> None:
    given = training_set(3, 10)
    shuffled = only(given, np.random.default_rng(0).permutation(30))
    one, other = train(given, None), train(shuffled, None)
    assert one.head.to_bytes() == other.head.to_bytes()
    assert one.record.to_bytes() == other.record.to_bytes()
    assert one.scores == other.scores


def test_the_record_holds_every_sample_and_its_answer(training_set: MakeSet) -> None:
    given = training_set(3, 10)
    record = train(given, None).record
    assert set(record.digests) == set(given.digests)
    assert set(record.predictions()) == set(given.digests)


# --- labels without samples, and names


def with_names(given: TrainingSet, turn: int = 0, readable: list[bool] | None = None) -> TrainingSet:
    """Names at the centre of what they mean, or of what their neighbour means."""
    k = len(given.label_ids)
    means = np.stack([given.embeddings[given.targets == i].mean(axis=0) for i in range(k)])
    names = means / np.linalg.norm(means, axis=1, keepdims=True)
    mask = None if readable is None else np.array(readable)
    return replace(given, label_name_embeddings=np.roll(names, turn, axis=0), readable_names=mask)


def test_a_label_without_samples_answers_by_its_name(training_set: MakeSet) -> None:
    given = with_names(training_set(3, 3))
    candidate = train(only(given, np.flatnonzero(given.targets != 2)), None)
    assert candidate.head.label_ids == given.label_ids
    assert right(candidate.head, only(training_set(3, 30, seed=1), np.arange(60, 90))) > 0.8


def test_a_label_without_samples_or_readable_name_stays_out(training_set: MakeSet) -> None:
    given = with_names(training_set(3, 3), readable=[True, True, False])
    assert train(only(given, np.flatnonzero(given.targets != 2)), None).head.label_ids == given.label_ids[:2]


def test_names_help_when_samples_are_few(training_set: MakeSet) -> None:
    test = training_set(8, 60, seed=1, noise=0.9)
    few, named = training_set(8, 2, noise=0.9), with_names(training_set(8, 200, noise=0.9))
    helped = replace(few, label_name_embeddings=named.label_name_embeddings)
    assert right(train(helped, None).head, test) > right(train(few, None).head, test) + 0.05


def test_unreadable_names_are_not_looked_at(training_set: MakeSet) -> None:
    given = with_names(training_set(3, 3), readable=[False] * 3)
    broken = replace(given, label_name_embeddings=np.full((3, 32), np.nan, np.float32))
    assert train(broken, None).head.to_bytes() == train(training_set(3, 3), None).head.to_bytes()


def test_names_that_mislead_are_turned_down(training_set: MakeSet) -> None:
    given = with_names(training_set(6, 6), turn=1)
    candidate = train(given, None)
    assert candidate.scores["n_names"] == 0
    assert candidate.head.to_bytes() == train(training_set(6, 6), None).head.to_bytes()


def test_names_that_tell_the_truth_stay(training_set: MakeSet) -> None:
    assert train(with_names(training_set(6, 6, noise=0.6)), None).scores["n_names"] == 6


def test_names_fade_as_samples_come(training_set: MakeSet) -> None:
    assert train(with_names(training_set(3, 12)), None).scores["n_names"] == 0


def of_images(given: TrainingSet) -> TrainingSet:
    return replace(given, whiten=True)


def test_heads_of_images_lean_towards_names_that_samples_confirm(training_set: MakeSet) -> None:
    """Beyond the samples' own border, and with more of them than a name is an example beside."""
    few, named = training_set(8, 16, noise=1.2), with_names(training_set(8, 200, noise=1.2))
    helped = replace(few, label_name_embeddings=named.label_name_embeddings)
    asked = training_set(8, 100, noise=1.2, seed=1)
    plain = right(train(of_images(few), None).head, asked)
    assert right(train(of_images(helped), None).head, asked) > plain + 0.01
    assert right(train(helped, None).head, asked) == pytest.approx(right(train(few, None).head, asked))


def test_heads_of_images_do_not_lean_where_samples_speak_against_it(training_set: MakeSet) -> None:
    given = of_images(with_names(training_set(6, 16, noise=0.6), turn=1))
    assert (
        train(given, None).head.to_bytes()
        == train(of_images(training_set(6, 16, noise=0.6)), None).head.to_bytes()
    )


def test_a_fit_begins_from_live_without_its_lean(
    training_set: MakeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what the steps do not take back would grow from version to version."""
    begun: list[Head | None] = []
    fitted: list[Head] = []

    def fit(*args: Any, start: Head | None = None, **more: Any) -> Head:
        begun.append(start)
        fitted.append(fit_head(*args, start=start, **more))
        return fitted[-1]

    monkeypatch.setattr(examples, "fit_head", fit)
    given = of_images(with_names(training_set(4, 14, noise=0.6)))
    first = train(given, None)
    bare = fitted[-1]
    train(given, live_of(first))
    start = begun[-1]
    assert start is not None
    np.testing.assert_allclose(start.weights, bare.weights, atol=1e-4)
    assert np.abs(first.head.weights - bare.weights).max() > 0.1


@pytest.mark.parametrize(("k", "share"), [(2, 1 / 3), (4, 1 / 3), (5, 1.0)])
def test_a_name_weighs_less_than_a_sample_where_labels_are_few(
    training_set: MakeSet, k: int, share: float
) -> None:
    made = Examples.of(with_names(training_set(k, 3)), 10.0)
    np.testing.assert_allclose(made.name_weights(), share, rtol=1e-6)


def test_the_only_example_of_a_label_weighs_as_much_as_a_sample(training_set: MakeSet) -> None:
    given = with_names(training_set(3, 3))
    made = Examples.of(only(given, np.flatnonzero(given.targets != 2)), 10.0)
    np.testing.assert_allclose(made.name_weights(), [1 / 3, 1 / 3, 1])


# --- the gate


def test_a_candidate_spoilt_by_bad_labels_is_kept_back(training_set: MakeSet) -> None:
    good, more = training_set(3, 40), training_set(3, 40, seed=1)
    live = live_of(train(good, None))
    rng = np.random.default_rng(0)
    spoilt = replace(
        good,
        embeddings=np.concatenate([good.embeddings, more.embeddings]),
        targets=np.concatenate([good.targets, rng.integers(0, 3, 120)]),
        digests=[*good.digests, *(b"x%07d" % i for i in range(120))],
        weights=np.ones(240, np.float32),
        captured=np.zeros(240, np.bool_),
    )
    verdict = train(spoilt, live).verdict
    assert verdict.outcome is GateOutcome.KEPT_BACK
    assert "worse than the live version on 240 samples" in verdict.reason


def test_the_same_samples_again_are_level(training_set: MakeSet) -> None:
    given = training_set(3, 20, noise=0.8)
    verdict = train(given, live_of(train(given, None))).verdict
    assert verdict.difference == 0
    assert verdict.n_items == 60


def test_live_is_judged_out_of_fold_on_what_it_learnt(training_set: MakeSet) -> None:
    """In sample it would be right nearly everywhere, and no candidate could pass."""
    given = training_set(2, 40, noise=1.6)
    live = live_of(train(given, None))
    in_sample = right(live.head, given)
    stored = np.mean(
        [
            live.record.predictions()[d] == given.label_ids[t]
            for d, t in zip(given.digests, given.targets, strict=True)
        ]
    )
    assert in_sample > stored + 0.05
    assert train(given, live).verdict.difference == pytest.approx(0, abs=1e-9)


def test_live_is_judged_directly_on_what_it_never_saw(training_set: MakeSet) -> None:
    given = training_set(3, 30)
    live = live_of(train(only(given, np.flatnonzero(np.arange(90) % 3 != 0)), None))
    broken = LiveRecord(replace(live.head, weights=-live.head.weights), live.record)
    verdict = train(given, broken).verdict
    assert verdict.n_items == 90
    assert verdict.difference is not None
    assert verdict.difference == pytest.approx(1 / 3, abs=0.1)


def test_a_new_label_stays_out_of_the_comparison_until_it_has_four(training_set: MakeSet) -> None:
    given = training_set(3, 10)
    live = live_of(train(only(given, np.arange(20)), None))
    assert train(only(given, np.arange(23)), live).verdict.n_items == 20
    assert train(only(given, np.arange(24)), live).verdict.n_items == 24


def test_a_label_deleted_since_takes_its_out_of_fold_answers_along(training_set: MakeSet) -> None:
    given = training_set(3, 10, noise=1.2)
    first = train(given, None)
    answers = list(first.record.predictions().values())
    assert answers.count("label_2") > 0
    live = LiveRecord(first.head.masked({"label_0", "label_1"}), first.record)
    left = replace(only(given, np.arange(20)), label_ids=given.label_ids[:2])
    gone = [first.record.predictions()[d] for d in left.digests].count("label_2")
    assert train(left, live).verdict.n_items == 20 - gone


def test_a_relabelled_sample_is_judged_by_its_label_of_today(training_set: MakeSet) -> None:
    given = training_set(2, 20)
    live = live_of(train(given, None))
    swapped = replace(given, targets=1 - given.targets)
    verdict = train(swapped, live).verdict
    assert verdict.difference is not None
    assert verdict.difference > 0.9


def test_the_record_may_pass_through_bytes(training_set: MakeSet) -> None:
    given = training_set(3, 10, noise=0.8)
    first = train(given, None)
    stored = LiveRecord(
        Head.from_bytes(first.head.to_bytes()), TrainingRecord.from_bytes(first.record.to_bytes())
    )
    assert train(given, stored).verdict == train(given, live_of(first)).verdict


# --- regularisation


def test_the_chosen_c_is_used(training_set: MakeSet) -> None:
    given = training_set(3, 10)
    assert train(given, None, c=3.0).scores["c"] == 3.0
    assert train(given, None, c=0.01).head.to_bytes() != train(given, None).head.to_bytes()


def test_full_cross_validation_gives_a_loss_for_each_choice(training_set: MakeSet) -> None:
    losses = full_cross_validation(training_set(3, 10, noise=0.8))
    assert set(losses) == {3.0, 10.0, 30.0}
    assert all(0 < loss < 2 for loss in losses.values())
