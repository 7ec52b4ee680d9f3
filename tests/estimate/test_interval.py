import math

import numpy as np
import pytest

from noria.estimate.interval import quantile, wilson


def test_more_draws_make_it_narrower() -> None:
    few, many = wilson(0.8, 30), wilson(0.8, 300)
    assert few[0] < many[0] < 0.8 < many[1] < few[1]


def test_all_right_still_leaves_a_doubt() -> None:
    low, high = wilson(1.0, 40)
    assert 0.88 < low < 0.93
    assert high == 1.0


def test_every_call_drawn_leaves_none() -> None:
    assert wilson(0.8, math.inf) == (0.8, 0.8)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99, 1.0])
def test_it_stays_between_nothing_and_all(share: float) -> None:
    low, high = wilson(share, 3)
    assert 0 <= low <= share <= high <= 1


def test_few_draws_have_a_wider_quantile_than_the_normal() -> None:
    assert quantile(1e9) == pytest.approx(1.96, abs=0.001)
    assert quantile(5) == pytest.approx(2.571, abs=0.001)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.97])
def test_it_holds_the_share_as_often_as_it_says(share: float) -> None:
    drawn = np.random.default_rng(6).binomial(60, share, 4000) / 60
    inside = [low <= share <= high for low, high in (wilson(float(x), 60) for x in drawn)]
    assert np.mean(inside) > 0.935
