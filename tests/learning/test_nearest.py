import numpy as np
import pytest

from noria.learning.arrays import normalised
from noria.learning.nearest import nearest


@pytest.fixture
def rows(rng):
    return normalised(rng.standard_normal((500, 16)).astype(np.float32))


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def in_blocks(rows, size):
    ids = np.arange(len(rows), dtype=np.int64)
    return [(ids[i : i + size], rows[i : i + size]) for i in range(0, len(rows), size)]


@pytest.mark.parametrize("size", [1, 7, 64, 500])
@pytest.mark.parametrize("count", [1, 3, 50, 499, 500, 900])
def test_it_finds_what_sorting_everything_finds(rows, size, count):
    distances = (1 - (rows @ rows[42]).astype(np.float64)).clip(0, 2).round(6)
    expected = sorted(range(len(rows)), key=lambda i: (distances[i], i))[:count]
    found = nearest(in_blocks(rows, size), rows[42], count)
    assert [each.id for each in found] == expected
    assert [each.distance for each in found] == pytest.approx(distances[expected].tolist(), abs=2e-6)


def test_opposites_are_two_apart_and_copies_none(rows):
    found = nearest([(np.arange(2), np.stack([rows[0], -rows[0]]))], rows[0], 2)
    assert [tuple(each) for each in found] == [(0, 0.0), (1, 2.0)]


def test_equals_come_in_the_order_of_their_ids_however_they_are_cut(rows):
    same = np.repeat(rows[:1], 9, axis=0)
    for size in (2, 4, 9):
        blocks = in_blocks(same, size)[::-1]
        assert [each.id for each in nearest(blocks, rows[0], 4)] == [0, 1, 2, 3]


def test_those_that_are_passed_over_make_room_for_the_next(rows):
    all_of_them = [each.id for each in nearest(in_blocks(rows, 64), rows[0], 20)]
    without = {all_of_them[0], all_of_them[3], 10_000}
    left = [each.id for each in nearest(in_blocks(rows, 64), rows[0], 10, without)]
    assert left == [id for id in all_of_them if id not in without][:10]


def test_among_none_there_is_none(rows):
    assert nearest([], rows[0], 3) == []
    assert nearest([(np.arange(1), rows[:1])], rows[0], 3, without=[0]) == []
