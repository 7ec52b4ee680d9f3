"""What more samples bring, from the scores of the versions so far."""

import numpy as np
import pytest

from noria.estimate.learning_curve import Gain, Point, Unknown, fit, learning_curve

SIZES = (20, 40, 80, 120, 200, 300, 400)


def versions(rng: np.random.Generator, a: float, b: float, c: float, sizes=SIZES) -> list[Point]:
    """Scores as running means over samples of which each is answered rightly with the curve's probability."""
    right = rng.random(sizes[-1] + 100)
    return [Point(n, float((right[:n] < a - b * n**-c).mean()), n) for n in sizes]


def exact(a: float, b: float, c: float, sizes=SIZES) -> list[Point]:
    return [Point(n, a - b * n**-c, n) for n in sizes]


def rng() -> np.random.Generator:
    return np.random.default_rng(4)


@pytest.mark.parametrize(
    ("a", "b", "c"), [(0.9, 2.0, 0.5), (0.8, 1.0, 0.3), (1.0, 1.5, 1.0), (0.7, 0.9, 0.75)]
)
def test_a_curve_of_this_kind_is_found_again(a: float, b: float, c: float) -> None:
    n = np.array(SIZES, dtype=float)
    found = fit(n, (a - b * n**-c)[None], np.ones(len(n)))[0]
    assert found == pytest.approx([a, b, c], abs=0.02)


def test_the_gain_is_what_the_curve_still_rises() -> None:
    found = learning_curve(exact(0.9, 2.0, 0.5), rng())
    assert isinstance(found.gain, Gain)
    assert found.gain.value == pytest.approx(2 * 400**-0.5 - 2 * 500**-0.5, abs=1e-4)
    assert found.gain.low < found.gain.value < found.gain.high
    assert found.at(400) == pytest.approx(0.8, abs=0.001)


def test_a_fit_stays_between_nothing_and_everything() -> None:
    n = np.array([10.0, 20, 30, 40])
    a, b, _ = fit(n, np.array([[0.5, 0.7, 0.9, 1.0]]), np.ones(4))[0]
    assert 0 <= a <= 1
    assert b >= 0
    assert fit(n, np.array([[0.9, 0.8, 0.7, 0.6]]), np.ones(4))[0][1] == 0


def test_the_interval_holds_the_later_score_as_often_as_it_says() -> None:
    random, inside, told = np.random.default_rng(12), 0, 0
    for _ in range(150):
        points = versions(random, 0.92, 1.5, 0.45, (*SIZES, 500))
        gain = learning_curve(points[:-1], random).gain
        if isinstance(gain, Gain):
            told += 1
            inside += gain.low <= points[-1].score - points[-2].score <= gain.high
    assert told > 100
    assert 0.7 <= inside / told <= 0.95


def test_nothing_is_promised_beyond_all_right() -> None:
    gain = learning_curve(exact(1.0, 3.0, 1.2), rng()).gain
    assert isinstance(gain, Gain)
    assert gain.high <= 3.0 * 400**-1.2 + 1e-9


@pytest.mark.parametrize(
    ("points", "why"),
    [
        ([], Unknown.TOO_FEW),
        (exact(0.9, 2.0, 0.5)[:4], Unknown.TOO_FEW),
        ([Point(50, x / 100, 50) for x in range(70, 80)], Unknown.TOO_FEW),
        (exact(0.9, 2.0, 0.5, (200, 210, 220, 230, 240)), Unknown.TOO_NEAR),
        ([Point(n, 0.9 - n / 4000, n) for n in SIZES], Unknown.NOT_RISING),
        ([Point(n, (0.8, 0.85)[i % 2], n) for i, n in enumerate(SIZES)], Unknown.NOT_RISING),
    ],
)
def test_what_cannot_be_told_says_why(points: list[Point], why: Unknown) -> None:
    found = learning_curve(points, rng())
    assert found.gain is why
    assert found.at(100) is None


def test_many_versions_are_thinned_and_the_last_of_a_size_counts() -> None:
    many = learning_curve(exact(0.9, 2.0, 0.5, tuple(range(20, 600))), rng())
    assert len(many.points) <= 60
    assert (many.points[0].n, many.points[-1].n) == (20, 599)
    twice = learning_curve([Point(20, 0.5, 20), Point(20, 0.6, 20)], rng())
    assert [point.score for point in twice.points] == [0.6]


def test_scores_over_the_same_samples_leave_less_doubt() -> None:
    points = exact(0.9, 2.0, 0.5)
    growing, same = (learning_curve(points, rng(), same_samples=same).gain for same in (False, True))
    assert isinstance(growing, Gain)
    assert isinstance(same, Gain)
    assert same.high - same.low < growing.high - growing.low
