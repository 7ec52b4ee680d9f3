import numpy as np
import pytest

from noria.estimate.difference import balanced, corrected
from noria.estimate.hajek import Share, share


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


def balances(common: float, right: float, runs: int = 1500) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors of the plain and the balanced share of a label, and whether the latter's interval holds the truth.

    common: share of the calls that are of it.   right: of those, the share answered with it.
    """
    rng, plain, better, inside = np.random.default_rng(4), [], [], []
    is_it = (rng.random(20_000) < common).astype(float)
    missed, falsely = rng.random(20_000) > right, rng.random(20_000) < 0.1 * common
    answered = np.where(is_it > 0, ~missed, falsely).astype(float)
    sure = rng.beta(2, 0.7, 20_000)
    for _ in range(runs):
        hit, weights = sample(rng, sure, 150)
        found = balanced(is_it[hit], answered[hit], weights, answered.mean())
        plain.append(share(is_it[hit], weights).value - is_it.mean())
        better.append(found.value - is_it.mean())
        inside.append(found.interval[0] <= is_it.mean() <= found.interval[1])
    return np.array(plain), np.array(better), np.array(inside)


@pytest.mark.parametrize("common", [0.02, 0.3])
def test_the_share_of_a_label_is_nearer_for_what_was_answered(common: float) -> None:
    plain, better, inside = balances(common, right=0.85)
    assert better.std() < 0.8 * plain.std()
    assert abs(better.mean()) < 3 * better.std() / np.sqrt(len(better))
    assert inside.mean() >= 0.93


def test_answers_that_say_nothing_of_a_label_do_little_harm() -> None:
    plain, better, inside = balances(0.3, right=0.03)
    assert better.std() < 1.05 * plain.std()
    assert inside.mean() >= 0.93


def test_a_label_that_does_not_occur_among_the_labelled_has_the_share_it_was_answered_with() -> None:
    none = np.zeros(40)
    found = balanced(none, none, np.full(40, 20.0), 0.01)
    assert found.value == pytest.approx(0.01)
    assert found.interval[1] > 0.05


def test_intervals_are_narrower_where_the_uncertain_was_drawn_often() -> None:
    rng = np.random.default_rng(3)
    right, confidence = population(rng, 1.0)
    apart = confidence > 0.9  # rarely drawn, and nearly always right
    right[apart] = 1.0
    hit = rng.random(len(right)) < np.where(apart, 0.005, 0.05)
    weights = np.where(apart[hit], 200.0, 20.0)
    found = corrected(right[hit], confidence[hit], weights, confidence.mean())
    assert isinstance(found, Share)
    assert found.draws > 1.5 * share(right[hit], weights).draws
