"""What lives long is looked at once an hour and not at every collection; what refers to itself is found all the same."""

import gc
import time
import weakref
from collections.abc import Iterator

import pytest

from noria.server.garbage import Garbage


class Node:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def garbage() -> Iterator[Garbage]:
    made = Garbage()
    made.begin()
    yield made
    made.end()
    gc.unfreeze()


def test_what_was_looked_at_is_set_aside(garbage: Garbage) -> None:
    aside = gc.get_freeze_count()
    assert aside > 1000
    kept = [[] for _ in range(500)]
    gc.collect()
    assert gc.get_freeze_count() >= aside + len(kept)


def test_what_nothing_refers_to_is_freed_though_it_was_set_aside(garbage: Garbage) -> None:
    one = Node()
    gc.collect()
    gone = weakref.ref(one)
    one.itself = None  # type: ignore[assignment]
    del one
    assert gone() is None


def test_what_refers_to_itself_is_found_within_the_hour(
    garbage: Garbage, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Node()
    gc.collect()
    gone = weakref.ref(one)
    del one
    gc.collect()
    garbage.look()
    assert gone() is not None  # set aside, and it is not an hour yet
    later = time.monotonic() + 3601
    monkeypatch.setattr(time, "monotonic", lambda: later)
    garbage.look()
    assert gone() is None


def test_afterwards_nothing_more_is_set_aside() -> None:
    before = list(gc.callbacks)
    made = Garbage()
    made.begin()
    made.end()
    assert gc.callbacks == before
    gc.unfreeze()
    gc.collect()
    assert gc.get_freeze_count() == 0
