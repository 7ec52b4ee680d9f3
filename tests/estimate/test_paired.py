import numpy as np
import pytest

from noria.estimate.paired import paired


@pytest.mark.parametrize(
    ("lost", "gained", "chance"), [(0, 0, 1.0), (0, 5, 0.0625), (1, 5, 0.21875), (3, 3, 1.0)]
)
def test_the_sign_test_is_exact(lost, gained, chance):
    assert paired(lost, gained, 20).chance == pytest.approx(chance)


def test_the_two_versions_change_places_with_the_sign():
    one, other = paired(2, 9, 40), paired(9, 2, 40)
    assert (one.difference, one.low, one.high) == pytest.approx((-other.difference, -other.high, -other.low))


def test_a_handful_of_items_tells_nothing():
    assert not paired(0, 3, 3).tells
    assert paired(0, 12, 60).tells


def test_the_interval_holds_the_truth_as_often_as_it_says():
    draws = np.random.default_rng(7).multinomial(80, (0.04, 0.12, 0.84), size=3000)
    held = [(p := paired(int(lost), int(gained), 80)).low <= 0.08 <= p.high for lost, gained, _ in draws]
    assert 0.94 <= np.mean(held) <= 0.98
