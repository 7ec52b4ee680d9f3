"""A cell has no name: samples show what its calls are like."""

from datetime import UTC, datetime, timedelta

import pytest
from serving.parts import Serving

from noria.encoders.hashing import HashingEncoder
from noria.learning.cells import Cells
from noria.serving.examples import SHOWN, examples
from noria.storage import StoredCells

HOUR = timedelta(hours=1)


@pytest.fixture
def stored(serving: Serving) -> StoredCells:
    """Cells 0 and 1, of barking and of the weather; four dogs at least lie in the first."""
    cells = Cells.around(HashingEncoder().embed(["bark bark woof", "weather forecast"]))
    now = datetime.now(UTC)
    return serving.storage.cells.make(serving.function.id, 2, "hashing@1", 200, cells.to_bytes(), now)


def shown(serving: Serving, stored: StoredCells, grown: dict[int, datetime | None]) -> dict[int, list[str]]:
    found = examples(serving.storage, serving.function.id, stored, grown)
    return {cell: [sample.data for sample in samples] for cell, samples in found.items()}


def test_a_cell_that_grew_is_shown_by_what_was_captured_since(serving: Serving, stored: StoredCells) -> None:
    since = datetime.now(UTC)
    serving.capture_everything()
    serving.ask("bark bark woof woof")
    serving.function.teach("bark woof brought by hand", None)
    assert shown(serving, stored, {0: since}) == {0: ["bark bark woof woof"]}


def test_a_cell_that_did_not_grow_is_shown_by_samples_of_any_time(
    serving: Serving, stored: StoredCells
) -> None:
    found = shown(serving, stored, {0: None, 1: None})
    assert len(found[0]) == SHOWN
    assert set(found) <= {0, 1}


def test_without_a_capture_since_it_is_shown_by_what_it_has(serving: Serving, stored: StoredCells) -> None:
    assert len(shown(serving, stored, {0: datetime.now(UTC) + HOUR})[0]) == SHOWN


def test_a_cell_without_samples_is_left_out(serving: Serving, stored: StoredCells) -> None:
    assert shown(serving, stored, {7: None}) == {}
    assert shown(serving, stored, {}) == {}


def test_cells_are_numbered_from_their_first(serving: Serving, stored: StoredCells) -> None:
    again = serving.storage.cells.make(
        serving.function.id, 2, "hashing@2", 200, stored.arrays, datetime.now(UTC)
    )
    assert set(shown(serving, again, {2: None, 0: None})) == {2}
