import numpy as np
import pytest

from noria.estimate.difference import corrected
from noria.estimate.hajek import share


def population(rng: np.random.Generator, told: float, n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Correctness and confidence of all calls; `told` is how much the confidence says of it."""
    chance = rng.beta(2, 0.7, n)
    confidence = np.clip(told * chance + (1 - told) * rng.beta(2, 0.7, n), 0, 1)
    return (rng.random(n) < chance).astype(float), confidence


def sample(rng: np.random.Generator, confidence: np.ndarray, wanted: int) -> tuple[np.ndarray, np.ndarray]:
    propensity = 0.3 + np.sqrt(confidence * (1 - confidence))
    propensity *= wanted / propensity.sum()
    hit = rng.random(len(confidence)) < propensity
    return hit, 1 / propensity[hit]


def errors(told: float, shift: float = 0.0, runs: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors of the plain and the corrected share, and whether the interval of the latter holds the truth."""
    rng, plain, better, inside = np.random.default_rng(8), [], [], []
    right, confidence = population(rng, told)
    confidence = np.clip(confidence + shift, 0, 1)
    for _ in range(runs):
        hit, weights = sample(rng, confidence, 150)
        base = share(right[hit], weights)
        more = corrected(right[hit], confidence[hit], weights, confidence.mean()) or base
        plain.append(base.value - right.mean())
        better.append(more.value - right.mean())
        inside.append(more.interval[0] <= right.mean() <= more.interval[1])
    return np.array(plain), np.array(better), np.array(inside)


def test_confidences_that_tell_narrow_the_error() -> None:
    plain, better, inside = errors(told=1.0)
    assert better.std() < 0.9 * plain.std()
    assert inside.mean() >= 0.93


def test_confidences_that_are_all_too_high_leave_no_bias() -> None:
    _, better, inside = errors(told=1.0, shift=0.1)
    assert abs(better.mean()) < 0.005
    assert inside.mean() >= 0.93


def test_confidences_that_tell_nothing_do_no_harm() -> None:
    plain, better, inside = errors(told=0.0)
    assert better.std() < 1.03 * plain.std()
    assert inside.mean() >= 0.93


def test_few_labels_are_not_corrected() -> None:
    rng = np.random.default_rng(1)
    right, confidence = population(rng, 1.0, 15)
    assert corrected(right, confidence, np.full(15, 20.0), 0.7) is None


def test_where_every_call_was_drawn_there_is_nothing_to_correct() -> None:
    rng = np.random.default_rng(1)
    right, confidence = population(rng, 1.0, 100)
    assert corrected(right, confidence, np.ones(100), 0.7) is None


@pytest.mark.parametrize("mean", [0.0, 1.0])
def test_it_stays_between_nothing_and_all(mean: float) -> None:
    rng = np.random.default_rng(2)
    right, confidence = population(rng, 1.0, 200)
    found = corrected(right, confidence, np.full(200, 20.0), mean)
    assert found is not None
    assert 0 <= found.value <= 1
