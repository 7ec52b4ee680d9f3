import math

import numpy as np
import pytest

from noria.estimate.hajek import effective, share, surely


def test_equal_weights_give_the_plain_share() -> None:
    assert share(np.array([1.0, 1, 0, 1]), np.full(4, 5.0)).value == pytest.approx(0.75)


def test_what_was_rarely_drawn_weighs_more() -> None:
    part, weights = np.array([1.0] * 50 + [0.0] * 50), np.array([9.0] * 50 + [1.0] * 50)
    assert share(part, weights).value == pytest.approx(0.9, abs=0.01)


def test_what_was_drawn_for_certain_leaves_no_doubt() -> None:
    assert share(np.array([1.0, 0, 1]), np.ones(3)).draws == math.inf


def test_unequal_weights_are_worth_fewer_draws() -> None:
    assert effective(np.array([1.0, 1, 1, 9])) < effective(np.full(4, 3.0)) == pytest.approx(4)


def test_of_unequal_draws_the_expected_share_is_the_truth() -> None:
    rng = np.random.default_rng(9)
    right = (rng.random(4000) < 0.8).astype(float)
    propensity = np.where(right > 0, 0.01, 0.04)
    values = []
    for _ in range(1500):
        hit = rng.random(4000) < propensity
        values.append(share(right[hit], 1 / propensity[hit]).value)
    assert np.mean(values) == pytest.approx(right.mean(), abs=0.004)


def test_light_labels_are_worth_little_beside_heavy_ones_that_might_come() -> None:
    light = np.full(12, 2.0)
    assert surely(light, 2.0) == pytest.approx(effective(light)) == pytest.approx(12)
    assert surely(light, 40.0) < 3
    assert surely(np.array([]), 40.0) == 0
