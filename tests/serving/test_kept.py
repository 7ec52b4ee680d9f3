"""Figures that cost much are made once for all who look, and rest in proportion."""

import threading
import time
from collections.abc import Iterator

import pytest

from noria.serving.kept import Kept


@pytest.fixture
def kept() -> Iterator[Kept]:
    kept = Kept()
    yield kept
    kept.close()


def silent() -> None: ...


def test_all_who_ask_at_once_get_one_and_the_same(kept: Kept) -> None:
    made, go = [], threading.Event()

    def make() -> int:
        go.wait(5)
        made.append(1)
        return len(made)

    found: list[int | None] = []
    askers = [threading.Thread(target=lambda: found.append(kept.get("key", make, silent))) for _ in range(5)]
    for asker in askers:
        asker.start()
    go.set()
    for asker in askers:
        asker.join(5)
    assert found == [1] * 5
    assert kept.get("key", make, silent) == 1  # it rests
    assert kept.get("other", make, silent) == 2


def test_who_is_not_patient_is_told_when_it_is_there(kept: Kept) -> None:
    go, rung = threading.Event(), threading.Event()
    make = lambda: go.wait(5) and "done"  # noqa: E731
    assert kept.get("key", make, rung.set, patience_s=0.01) is None
    assert not rung.is_set()
    go.set()
    assert rung.wait(5)
    assert kept.get("key", make, rung.set, patience_s=0.01) == "done"


def test_who_asks_while_it_rests_is_told_when_a_new_one_may_be_made(kept: Kept) -> None:
    values, rung = iter(range(9)), threading.Event()

    def ask() -> int | None:
        return kept.get("key", lambda: next(values), rung.set, least_s=0.05, rest=0.0)

    assert [ask(), ask(), rung.is_set()] == [0, 0, False]
    assert rung.wait(5)
    time.sleep(0.01)
    assert ask() == 1


def test_an_error_reaches_who_waits_and_is_no_answer(kept: Kept) -> None:
    def fail() -> int:
        raise LookupError("gone")

    with pytest.raises(LookupError):
        kept.get("key", fail, silent, least_s=0.0, rest=0.0)
    assert kept.get("key", lambda: 7, silent, least_s=0.0, rest=0.0) == 7
