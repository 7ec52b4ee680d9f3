"""Annotations that are probably wrong."""

import numpy as np

from noria.estimate.label_errors import NOT_SUSPECTED, label_errors


def blobs(n_per_label: int, k: int, wrong: float, seed: int = 0):  # type: ignore[no-untyped-def]
    """Probabilities that lean to the true label, and annotations of which some are another label."""
    rng = np.random.default_rng(seed)
    true = np.repeat(np.arange(k), n_per_label)
    given = true.copy()
    flipped = rng.permutation(len(true))[: round(wrong * len(true))]
    given[flipped] = (given[flipped] + rng.integers(1, k, len(flipped))) % k
    logits = rng.normal(size=(len(true), k)) + 3.0 * np.eye(k)[true]
    p = np.exp(logits)
    return p / p.sum(axis=1, keepdims=True), given, true


def test_swapped_labels_are_found_and_others_mostly_left() -> None:
    p, given, true = blobs(100, 4, wrong=0.1)
    found = label_errors(p, given)
    suspected = found.suggested != NOT_SUSPECTED
    wrong = given != true
    assert (suspected & wrong).sum() / wrong.sum() > 0.7
    assert (suspected & wrong).sum() / suspected.sum() > 0.7
    assert (found.suggested == true)[suspected & wrong].mean() > 0.9


def test_fewer_are_suspected_than_the_model_answers_otherwise() -> None:
    p, given, _ = blobs(50, 4, wrong=0.05)
    assert (label_errors(p, given).suggested != NOT_SUSPECTED).sum() < (p.argmax(axis=1) != given).sum()


def test_the_likeliest_label_is_never_suspected() -> None:
    p, given, _ = blobs(50, 5, wrong=0.2)
    found = label_errors(p, given).suggested
    assert np.all(found[p.argmax(axis=1) == given] == NOT_SUSPECTED)
    assert not np.any(found == given)


def test_clean_and_clear_annotations_are_left_alone() -> None:
    p = np.full((6, 3), 0.05) + 0.85 * np.eye(3)[[0, 0, 1, 1, 2, 2]]
    assert np.all(label_errors(p, np.array([0, 0, 1, 1, 2, 2])).suggested == NOT_SUSPECTED)


def test_a_label_without_samples_stands_for_nothing() -> None:
    p = np.array([[0.6, 0.3, 0.1], [0.3, 0.6, 0.1], [0.2, 0.2, 0.6]])
    assert 2 not in label_errors(p[:2], np.array([0, 1])).suggested


def test_the_confidence_is_that_of_the_suggestion() -> None:
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]])
    found = label_errors(p, np.array([0, 0, 1, 1, 1, 1]))
    assert found.confidence.tolist() == [0, 0, np.float32(0.9), 0, 0, 0]


def test_without_samples_there_is_nothing_to_suspect() -> None:
    assert len(label_errors(np.zeros((0, 2)), np.zeros(0, dtype=int)).suggested) == 0
