"""Cells divide the embedding space the same way every time, and are shown by what is new in them."""

import numpy as np
import pytest

from noria.errors import ModelDamaged
from noria.learning.cells import Cells, make_cells, telling


def around(rng: np.random.Generator, centre: list[float], n: int, spread: float = 0.05) -> np.ndarray:
    return (np.array(centre) + spread * rng.standard_normal((n, len(centre)))).astype(np.float32)


@pytest.fixture
def rows() -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.concatenate([around(rng, centre, 40) for centre in ([1, 0, 0], [0, 1, 0], [0, 0, 1])])


def test_samples_far_apart_lie_in_cells_of_their_own(rows: np.ndarray) -> None:
    place = make_cells(rows, 3).of(rows)
    assert [len(set(place[i : i + 40])) for i in (0, 40, 80)] == [1, 1, 1]
    assert len(set(place)) == 3


def test_a_cell_holds_what_is_nearer_to_its_centre_than_to_any_other(rows: np.ndarray) -> None:
    cells = make_cells(rows, 8)
    distances = np.linalg.norm(rows[:, None] - cells.centres[None], axis=2)
    assert cells.of(rows).tolist() == distances.argmin(axis=1).tolist()


def test_one_call_falls_where_it_does_among_many(rows: np.ndarray) -> None:
    cells = make_cells(rows, 8)
    assert [cells.of_one(row) for row in rows] == cells.of(rows).tolist()


def test_same_samples_same_cells(rows: np.ndarray) -> None:
    assert make_cells(rows).to_bytes() == make_cells(rows.copy()).to_bytes()


def test_copies_make_no_empty_cells() -> None:
    rows = np.repeat(np.eye(3, dtype=np.float32), 100, axis=0)
    cells = make_cells(rows, 32)
    assert sorted(np.bincount(cells.of(rows), minlength=len(cells)).tolist()) == [100, 100, 100]


def test_cells_come_back_from_their_bytes(rows: np.ndarray) -> None:
    cells = make_cells(rows)
    again = Cells.from_bytes(cells.to_bytes())
    assert (len(again), again.n_dimensions) == (len(cells), 3)
    assert again.of(rows).tolist() == cells.of(rows).tolist()


@pytest.mark.parametrize(
    "centres",
    [
        np.zeros((0, 3), np.float32),
        np.ones(3, np.float32),
        np.ones((2, 3)),
        np.full((2, 3), np.nan, np.float32),
    ],
)
def test_what_are_no_cells_is_refused(centres: np.ndarray) -> None:
    with pytest.raises(ModelDamaged):
        Cells.from_bytes(Cells(centres, np.zeros(2, np.float32)).to_bytes())
    with pytest.raises(ModelDamaged):
        Cells.from_bytes(b"nothing")


def test_what_is_new_in_a_cell_shows_it_best() -> None:
    rng = np.random.default_rng(4)
    before = around(rng, [1, 0.3, 0], 30)
    rows = np.concatenate([around(rng, [1, 0.3, 0], 20), around(rng, [1, -0.6, 0], 10)])
    assert set(telling(rows, before, 1)) <= set(range(20, 30))
    assert set(telling(rows, before[:0], 1)) <= set(range(30))


def test_near_copies_are_shown_once() -> None:
    rows = np.array([[1, 0], [1, 0.01], [1, 0.02], [0, 1]], dtype=np.float32)
    assert sorted(telling(rows, rows[:0], 3))[-1:] == [3]
    assert len(telling(rows, rows[:0], 3)) == 2


def test_of_nothing_nothing_is_shown() -> None:
    none = np.zeros((0, 2), dtype=np.float32)
    one = np.ones((1, 2), dtype=np.float32)
    assert telling(none, one, 3) == []
    assert telling(one, none, 3) == [0]
