import numpy as np
import pytest

from noria.estimate.response import adjusted


def weights(cells: list[tuple[str, int]], missing: list[tuple[str, int]], each: float = 2.0) -> list[float]:
    return adjusted(cells, np.full(len(cells), each), missing, np.full(len(missing), each)).tolist()


def test_without_missing_ones_nothing_changes() -> None:
    assert weights([("a", 0), ("b", 1)], []) == [2, 2]


def test_the_missing_are_stood_for_by_those_of_their_label_and_band() -> None:
    assert weights([("a", 0), ("a", 0), ("b", 0)], [("a", 0)]) == [3, 3, 2]


def test_a_cell_without_answers_is_stood_for_by_its_band() -> None:
    assert weights([("a", 0), ("b", 1)], [("c", 1)]) == [2, 4]


def test_a_band_without_answers_is_stood_for_by_all() -> None:
    assert weights([("a", 0), ("b", 1)], [("c", 3)]) == [3, 3]


def test_the_sum_of_weights_is_kept() -> None:
    rng = np.random.default_rng(3)
    cells = [(str(rng.integers(5)), int(rng.integers(4))) for _ in range(60)]
    missing = [(str(rng.integers(7)), int(rng.integers(4))) for _ in range(25)]
    assert sum(weights(cells, missing)) == pytest.approx(2 * 85)


def test_without_any_answer_nobody_can_stand_in() -> None:
    assert weights([], [("a", 0)]) == []
