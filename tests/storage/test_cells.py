"""Cells are numbered on, so that a count is never taken for one of other cells."""

from datetime import UTC, datetime

import pytest

from noria.errors import FunctionNotFound
from noria.storage import CaptureBatch, CellRow


def make(desk, n=4, encoder="tiny@1"):
    return desk.storage.cells.make(desk.function_id, n, encoder, 200, b"arrays", desk.now)


def count(desk, *rows):
    desk.storage.captures.commit(
        CaptureBatch(cells=[CellRow(desk.function_id, hour, cell, n) for hour, cell, n in rows])
    )


def test_a_function_begins_without_cells(desk, other_desk):
    make(other_desk)
    assert desk.storage.cells.of(desk.function_id) is None
    assert desk.storage.cells.first(desk.function_id) is None


def test_cells_come_back_as_they_were_made(desk):
    made = make(desk)
    assert desk.storage.cells.of(desk.function_id) == made
    assert (made.first, made.n, made.arrays, made.remade) == (0, 4, b"arrays", False)
    assert desk.storage.cells.encoders()[desk.function_id] == "tiny@1"


def test_cells_made_anew_are_numbered_on_and_old_counts_go(desk):
    make(desk)
    count(desk, (7, 3, 5))
    again = make(desk, n=2, encoder="tiny@2")
    assert (again.first, again.remade) == (4, True)
    assert desk.storage.cells.first(desk.function_id) == 4
    assert desk.storage.captures.cells(desk.function_id) == []
    assert make(desk).first == 6


def test_calls_add_up_by_hour_and_cell(desk, other_desk):
    count(desk, (7, 3, 5), (7, 4, 1), (8, 3, 2))
    count(desk, (7, 3, 1))
    count(other_desk, (7, 3, 100))
    assert desk.storage.captures.cells(desk.function_id) == [(7, 3, 6), (7, 4, 1), (8, 3, 2)]
    assert desk.storage.captures.cells(desk.function_id, first=4) == [(7, 4, 1)]
    later = datetime.fromtimestamp(8 * 3600, UTC)
    assert desk.storage.captures.cells(desk.function_id, since=later) == [(8, 3, 2)]
    assert desk.storage.captures.cells(desk.function_id, until=later) == [(7, 3, 6), (7, 4, 1)]


def test_serving_processes_are_told_of_new_cells(desk):
    before = desk.storage.functions.get(desk.function_id).changed_seq
    make(desk)
    assert desk.storage.functions.get(desk.function_id).changed_seq > before


def test_a_function_that_is_gone_gets_no_cells(desk):
    desk.storage.functions.delete(desk.function_id)
    with pytest.raises(FunctionNotFound):
        make(desk)
    count(desk, (7, 3, 5))
    assert desk.storage.captures.cells(desk.function_id) == []
