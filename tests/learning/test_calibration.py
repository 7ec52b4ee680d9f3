import numpy as np
import pytest

from noria.learning.arrays import FloatArray, IntArray
from noria.learning.calibration import ece, log_loss, sharpness
from noria.learning.head import softmax


def logits_with(factor: float, n: int, k: int = 4) -> tuple[FloatArray, IntArray]:
    """Logits that are calibrated once multiplied by the factor."""
    rng = np.random.default_rng(0)
    true = rng.normal(scale=2, size=(n, k)).astype(np.float32)
    draws = rng.random((n, 1))
    targets = (softmax(true).cumsum(axis=1) < draws).sum(axis=1).clip(max=k - 1)
    return true / np.float32(factor), targets


@pytest.mark.parametrize("factor", [0.8, 2.5, 10.0])
def test_much_data_finds_the_true_factor(factor: float) -> None:
    assert sharpness(*logits_with(factor, 20_000)) == pytest.approx(factor, rel=0.05)


def test_no_data_gives_the_prior() -> None:
    assert sharpness(np.zeros((0, 3), np.float32), np.zeros(0, np.int64)) == 2.5


def test_few_separable_samples_do_not_drive_it_away() -> None:
    logits = np.eye(2, dtype=np.float32)[[0, 1, 0, 1]]
    assert 2.5 < sharpness(logits, np.array([0, 1, 0, 1])) < 4


def test_wrong_answers_make_it_mild() -> None:
    logits = np.eye(2, dtype=np.float32)[[0, 1] * 20]
    assert sharpness(logits, np.array([1, 0] * 20)) < 1


def test_calibrated_logits_have_little_error_and_others_more() -> None:
    logits, targets = logits_with(2.5, 20_000)
    right, timid = ece(softmax(logits * np.float32(2.5)), targets), ece(softmax(logits), targets)
    assert right < 0.02
    assert timid > 0.1


def test_error_is_the_gap_between_confidence_and_accuracy() -> None:
    p = np.array([[0.9, 0.1]] * 10, np.float32)
    assert ece(p, np.array([0] * 6 + [1] * 4)) == pytest.approx(0.3, abs=1e-6)


def test_log_loss_of_a_certain_mistake_is_finite() -> None:
    assert np.isfinite(log_loss(np.array([[1.0, 0.0]], np.float32), np.array([1])))


def test_rows_can_weigh_differently() -> None:
    """Twice the weight is the row twice."""
    p = np.array([[0.9, 0.1], [0.7, 0.3], [0.6, 0.4]], dtype=np.float32)
    targets = np.array([0, 1, 1])
    twice = ece(np.vstack([p, p[1:2]]), np.append(targets, 1))
    assert ece(p, targets, weights=np.array([1.0, 2.0, 1.0])) == pytest.approx(twice)
    assert twice != pytest.approx(ece(p, targets))
