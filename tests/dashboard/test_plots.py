"""Geometry that the templates draw."""

import pytest

from noria.server.dashboard.plots import HEIGHT, WIDTH, bands, columns, curve


def test_columns_fill_the_plot_and_the_tallest_reaches_its_top() -> None:
    drawn = columns([("a", 2, 1), ("b", 4, 0), ("c", 0, 0)])
    assert [c.height for c in drawn] == [HEIGHT / 2, HEIGHT, 0]
    assert drawn[1].y == 0
    assert drawn[0].part_height == HEIGHT / 4
    assert drawn[-1].x + drawn[-1].width <= WIDTH


def test_columns_of_nothing_are_flat() -> None:
    assert [c.height for c in columns([("a", 0, 0)])] == [0]
    assert columns([]) == []


@pytest.mark.parametrize("shares", [[0.5], [0.0, 1.0], [0.871, 0.872], [1.0, 1.0], [0.0]])
def test_a_curve_stays_inside_its_plot(shares: list[float]) -> None:
    drawn = curve("Accuracy", list(enumerate(shares, 1)))
    assert 0 <= drawn.low < drawn.high <= 1
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in drawn.points)


def test_better_is_higher() -> None:
    (_, worse), (_, better) = curve("Accuracy", [(1, 0.6), (2, 0.8)]).points
    assert better < worse


def test_the_axis_stays_while_values_move_within_it() -> None:
    first, second = curve("A", [(1, 0.84)]), curve("A", [(1, 0.84), (2, 0.86)])
    assert (first.low, first.high) == (second.low, second.high)


def test_a_band_breaks_where_a_value_is_missing() -> None:
    first, second = bands([(0.5, 0.4, 0.6), (0.5, 0.4, 0.6), None, (0.9, 0.8, 1.0)])
    assert [x for x, _ in first.points] == [0, WIDTH / 4]
    assert [x for x, _ in second.points] == [WIDTH * 3 / 4]


def test_a_band_lies_around_its_line_and_inside_the_plot() -> None:
    (found,) = bands([(0.5, 0.0, 0.6), (0.9, 0.8, 1.0)])
    assert found.edge == [
        (0, HEIGHT * 0.4),
        (WIDTH / 2, 0),
        (WIDTH / 2, pytest.approx(HEIGHT * 0.2)),
        (0, HEIGHT),
    ]
    assert bands([None, None]) == []
