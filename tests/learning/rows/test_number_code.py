"""Numbers in embeddings: read again as they were, and near ones lie near."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noria.learning.rows.number_code import WIDTH, decoded, encoded

NUMBERS = st.floats(-1e308, 1e308)


@given(st.lists(NUMBERS, min_size=1, max_size=20), st.floats(0.01, 1.0))
def test_a_number_is_read_again_whatever_the_scale_of_its_slot(numbers: list[float], scale: float) -> None:
    given = np.array(numbers)
    found = decoded(encoded(given) * np.float32(scale))
    assert np.allclose(found, given, rtol=1e-6, atol=1e-6)


def test_neighbouring_years_and_cents_are_told_apart() -> None:
    given = np.array([1985.0, 1986.0, 19.99, 20.00, 1_000_000.0, 1_000_000.1])
    assert np.array_equal(np.round(decoded(encoded(given)), 2), given)


def test_zeros_are_a_missing_number() -> None:
    assert np.isnan(decoded(np.zeros((1, WIDTH), np.float32))).all()


@pytest.mark.parametrize(("near", "far"), [(101, 150), (90, -100), (100.1, 101)])
def test_near_numbers_lie_near(near: float, far: float) -> None:
    here, close, away = encoded(np.array([100.0, near, far]))
    assert here @ close > here @ away


def test_slots_have_unit_length() -> None:
    assert np.allclose(np.linalg.norm(encoded(np.array([0.0, -3.5, 1e300])), axis=1), 1.0)
