"""Words are heard where they help, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest
from learning.trained import live_of
from learning.worded import features, worded

from noria.errors import ModelDamaged
from noria.learning.arrays import padded
from noria.learning.counting import COUNTED_FROM
from noria.learning.head import Head
from noria.learning.large import LARGE
from noria.learning.training import TrainingSet, train

PETS = [["meow", "purr"], ["woof", "bark"], ["chirp", "tweet"]]


def accuracy(head: Head, given: TrainingSet) -> float:
    return float((head.logits(padded(features(given))).argmax(axis=1) == given.targets).mean())


def trained(given: TrainingSet) -> Head:
    head = train(given, None).head
    assert isinstance(head, Head)
    return head


@pytest.fixture(scope="module")
def head() -> Head:
    return trained(worded(40, PETS))


def test_words_that_tell_are_heard(head: Head) -> None:
    asked = worded(40, PETS, seed=1)
    assert head.words is not None
    assert accuracy(head, asked) > 0.95
    assert accuracy(replace(head, words=None), asked) < 0.6


def test_the_scores_say_so_and_are_those_of_answers_that_hear_them() -> None:
    candidate = train(worded(40, PETS), None)
    assert candidate.scores["words"] == 1
    assert candidate.scores["cv_accuracy"] > 0.95
    assert candidate.scores["ece"] < 0.1


def test_words_that_do_not_tell_are_not_heard() -> None:
    candidate = train(worded(40, [[], [], []], told=6.0), None)
    assert candidate.scores["words"] == 0
    assert isinstance(candidate.head, Head)
    assert candidate.head.words is None


def test_a_head_that_hears_none_is_the_one_without_words() -> None:
    given = worded(40, [[], [], []], told=6.0)
    assert trained(given).to_bytes() == trained(replace(given, words=None)).to_bytes()


def test_few_samples_are_not_asked_for_their_words() -> None:
    given = worded(COUNTED_FROM - 1, PETS)
    assert trained(given).to_bytes() == trained(replace(given, words=None)).to_bytes()


def test_one_sample_is_answered_as_in_a_batch(head: Head) -> None:
    rows = features(worded(5, PETS, seed=2))
    alone = np.stack([head.probabilities_of_one(row) for row in rows])
    np.testing.assert_allclose(alone, head.probabilities(padded(rows)), atol=1e-6)
    np.testing.assert_allclose(alone.sum(axis=1), 1, atol=1e-6)


def test_a_head_with_words_comes_back_as_it_was_stored(head: Head) -> None:
    again = Head.from_bytes(head.to_bytes())
    assert again.to_bytes() == head.to_bytes()
    rows = padded(features(worded(5, PETS, seed=2)))
    assert again.probabilities(rows).tobytes() == head.probabilities(rows).tobytes()


@pytest.mark.parametrize(
    "change",
    [
        {"bias": np.zeros(2, np.float32)},
        {"squares": np.zeros(1, np.float32)},
        {"weights": np.zeros((2, 3))},
        {"bias": np.full(3, np.nan, np.float32)},
    ],
    ids=str,
)
def test_words_that_do_not_fit_are_refused(head: Head, change: dict[str, np.ndarray]) -> None:
    assert head.words is not None
    with pytest.raises(ModelDamaged):
        Head.from_bytes(replace(head, words=replace(head.words, **change)).to_bytes())


def test_labels_that_are_gone_are_not_heard_of_either(head: Head) -> None:
    rows = padded(features(worded(5, PETS, seed=2)))
    left = head.masked({"label_0", "label_2"})
    np.testing.assert_allclose(left.logits(rows), head.logits(rows)[:, [0, 2]], atol=1e-6)


def test_the_same_samples_in_any_order_give_the_same_bytes(head: Head) -> None:
    given = worded(40, PETS)
    order = np.random.default_rng(3).permutation(len(given.targets))
    assert given.words is not None
    mixed = replace(
        given, embeddings=given.embeddings[order], targets=given.targets[order],
        digests=[given.digests[i] for i in order], words=[given.words[i] for i in order],
    )  # fmt: skip
    assert trained(mixed).to_bytes() == head.to_bytes()


def test_the_gate_hears_the_live_versions_words_of_samples_that_are_new() -> None:
    live = live_of(train(worded(40, PETS), None))
    assert isinstance(live.head, Head)
    deaf = replace(live, head=replace(live.head, words=None))
    against, against_deaf = (train(worded(60, PETS), each).verdict.difference for each in (live, deaf))
    assert against is not None
    assert against_deaf is not None
    assert against < 0.05
    assert against_deaf > 0.15


def test_large_sets_are_heard_too() -> None:
    given = worded(LARGE // 3 + 10, PETS, d=8)
    candidate = train(given, None)
    assert candidate.scores["words"] == 1
    assert candidate.scores["cv_accuracy"] > 0.95
    assert all(fold.words is None for fold in candidate.record.fold_heads)
    assert train(given, live_of(candidate)).scores["cv_accuracy"] > 0.95
