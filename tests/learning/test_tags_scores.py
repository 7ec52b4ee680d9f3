"""Scores of answers with tags, beside scikit-learn's where it has them."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from noria.learning.tags_scores import (
    average_precision,
    best_threshold,
    calibrated,
    macro_average_precision,
    macro_f1,
)

RNG = np.random.default_rng(1)
P = RNG.random((60, 4)).astype(np.float32).round(1)  # rounded, so that some are equal
TRUTH = RNG.random((60, 4)) < P
SPOKEN = np.ones((60, 4), dtype=bool)


@pytest.mark.parametrize("t", range(4))
def test_average_precision_is_scikit_learns(t: int) -> None:
    expected = average_precision_score(TRUTH[:, t], P[:, t])
    assert average_precision(P[:, t], TRUTH[:, t]) == pytest.approx(expected)


def test_weighed_average_precision_is_scikit_learns() -> None:
    weights = RNG.random(60).astype(np.float32) + 0.1
    expected = average_precision_score(TRUTH, P, average="macro", sample_weight=weights)
    assert macro_average_precision(P, TRUTH, SPOKEN, weights) == pytest.approx(expected)


def test_macro_f1_is_scikit_learns() -> None:
    halves = np.full(4, 0.5, np.float32)
    expected = f1_score(TRUTH, halves <= P, average="macro")
    assert macro_f1(P, TRUTH, SPOKEN, halves) == pytest.approx(expected)


def test_a_tag_that_is_always_or_never_there_says_nothing_of_precision() -> None:
    truth = np.array([[True, False], [True, False]])
    assert macro_average_precision(P[:2, :2], truth, SPOKEN[:2, :2]) is None


def test_the_best_threshold_has_the_best_f1_of_all() -> None:
    for t in range(4):
        best = f1_score(TRUTH[:, t], P[:, t] >= best_threshold(P[:, t], TRUTH[:, t]))
        others = [f1_score(TRUTH[:, t], P[:, t] >= x) for x in np.linspace(0, 1, 101)]
        assert best >= max(others) - 1e-9


def test_few_samples_suggest_no_threshold() -> None:
    assert best_threshold(np.array([0.9, 0.1], np.float32), np.array([True, False])) == 0.5


def test_calibrated_probabilities_say_how_frequent_a_rare_tag_is() -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(4000, 1)).astype(np.float32)
    truth = rng.random((4000, 1)) < 1 / (1 + np.exp(-(1.5 * logits - 3)))
    fitted = calibrated(logits, truth, np.ones_like(truth))
    assert fitted.probabilities(logits).mean() == pytest.approx(truth.mean(), abs=0.005)
    assert fitted.slope[0] == pytest.approx(1.5, abs=0.2)
