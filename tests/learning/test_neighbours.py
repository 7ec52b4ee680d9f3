import numpy as np
import pytest

from noria.learning.neighbours import NeighbourIndex

CENTRE = np.array([1.0, 0.0, 0.0], dtype=np.float32)
ROWS = CENTRE + np.eye(3, dtype=np.float32)


def index() -> NeighbourIndex:
    made = NeighbourIndex(CENTRE)
    made.add([10, 20, 30], ROWS)
    return made


def test_the_nearest_is_told_with_its_cosine_around_the_centre() -> None:
    found = index().nearest(CENTRE + np.array([0.0, 3.0, 4.0], dtype=np.float32))
    assert found is not None
    assert found.id == 30
    assert found.similarity == pytest.approx(0.8, abs=0.02)


def test_a_row_that_was_removed_is_not_found() -> None:
    made = index()
    made.remove(30)
    found = made.nearest(ROWS[2])
    assert found is not None
    assert found.id != 30


def test_nothing_is_near_in_an_empty_index() -> None:
    made = NeighbourIndex(CENTRE)
    assert made.nearest(ROWS[0]) is None
    made.add([1], ROWS[:1])
    made.remove(1)
    assert made.nearest(ROWS[0]) is None


def test_a_row_at_the_centre_is_like_nothing() -> None:
    found = index().nearest(CENTRE)
    assert found is None or found.similarity == pytest.approx(0.0, abs=0.01)


def test_of_many_rows_near_copies_are_found() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(3000, 64)).astype(np.float32)
    made = NeighbourIndex(np.zeros(64, dtype=np.float32))
    made.add(list(range(3000)), rows)
    copies = rows[:300] + 0.2 * rng.normal(size=(300, 64)).astype(np.float32)
    found = [made.nearest(copy) for copy in copies]
    assert np.mean([f is not None and f.id == i for i, f in enumerate(found)]) > 0.98
