"""Search without HTTP: what is held in memory, and that it is what the rows say."""

import asyncio
from collections.abc import Callable

import pytest
from serving.parts import Serving
from taught import CATS, DOGS

from noria.errors import FunctionNotFound, SampleNotFound
from noria.records.function import Function
from noria.serving.intake import Intake
from noria.serving.searching import Found, Searcher
from noria.storage import Storage

ROW = 64 * 4  # bytes of one embedding of the tiny encoder


class Desk:
    """A searcher over the samples of a serving process."""

    def __init__(self, serving: Serving, memory: int) -> None:
        self.serving = serving
        self.storage = serving.storage
        self.searcher = Searcher(
            serving.storage, serving.live, Intake(None), serving.pool, memory=memory, limit=8
        )

    def similar(self, text: str, count: int = 10) -> list[str]:
        return [each.sample.data for each in self.found(text, count)]

    def found(self, text: str, count: int = 10) -> list[Found]:
        id = next(s.id for s in self.samples() if s.data == text)
        return asyncio.run(self.searcher.similar(self.serving.function.id, id, count))

    def samples(self):
        from noria.storage import SampleFilter

        return self.storage.samples.list(self.serving.function.id, SampleFilter(), 1000).samples

    @property
    def held(self) -> dict[str, int]:
        """Bytes in memory by function."""
        return {id: one.embeddings.n_bytes for id, one in self.searcher._held._all.items()}


@pytest.fixture
def desk(serving: Serving) -> "Desk":
    return Desk(serving, memory=1_000_000)


@pytest.fixture
def small(serving: Serving) -> "Desk":
    """May hold less than its one function needs."""
    return Desk(serving, memory=3 * ROW)


def test_everything_but_the_sample_itself_is_found(desk: Desk) -> None:
    assert sorted(desk.similar(CATS[0])) == sorted([*CATS[1:], *DOGS])
    assert desk.held == {desk.serving.function.id: 8 * ROW}


def test_a_function_too_large_to_hold_is_answered_the_same(desk: Desk, small: Desk) -> None:
    for text in (*CATS, *DOGS):
        assert small.found(text) == desk.found(text)
    assert small.held == {small.serving.function.id: 0}


def test_what_is_added_and_deleted_meanwhile_is_followed(desk: Desk) -> None:
    desk.similar(CATS[0])
    for i in range(20):
        desk.serving.function.teach(f"{CATS[0]} {i}", None)
    assert len(desk.similar(CATS[0], 1000)) == 27
    gone = [s for s in desk.samples() if s.data.endswith(("3", "7")) or s.data in DOGS]
    for sample in gone:
        desk.storage.samples.delete(desk.serving.function.id, sample.id, sample.created_at)
    left = desk.similar(CATS[0], 1000)
    assert len(left) == 27 - len(gone)
    assert not set(left) & {s.data for s in gone}
    assert desk.held == {desk.serving.function.id: (28 - len(gone)) * ROW}
    desk.serving.function.teach("one more", None)
    assert "one more" in desk.similar(CATS[0], 1000)


def test_staged_samples_are_found_by_nobody_until_they_are_labelled(desk: Desk, small: Desk) -> None:
    desk.serving.capture_everything()
    staged = desk.serving.ask("meow purr whisker").sample_id
    for each in (desk, small):
        assert "meow purr whisker" not in each.similar(CATS[0])
    desk.serving.function.annotate(staged, "cat")
    for each in (desk, small):
        assert each.similar(CATS[0], 1) == ["meow purr whisker"]
    desk.storage.annotations.remove(desk.serving.function.id, staged, "test", desk.samples()[0].created_at)
    for each in (desk, small):
        assert "meow purr whisker" not in each.similar(CATS[0])


def test_a_read_that_breaks_off_takes_nothing_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = desk.storage.vectors.at, []

    def breaks_off(places):
        calls.append(places)
        if len(calls) == 3:  # after the asked sample's own and a first piece
            raise OSError("away")
        return real(places)

    monkeypatch.setattr("noria.serving.embeddings._AT_ONCE", 3)
    monkeypatch.setattr(desk.storage.vectors, "at", breaks_off)
    with pytest.raises(OSError, match="away"):
        desk.similar(CATS[0])
    assert sorted(desk.similar(CATS[0])) == sorted([*CATS[1:], *DOGS])
    assert desk.held == {desk.serving.function.id: 8 * ROW}


def another(serving: Serving) -> Function:
    from taught import Taught

    made = Taught.new(serving.storage).with_pets()
    return serving.storage.functions.get(made.id)


def test_the_function_searched_longest_ago_makes_room(serving: Serving) -> None:
    desk = Desk(serving, memory=20 * ROW)
    mine, others = serving.function.id, [another(serving).id for _ in range(2)]

    def search(id: str) -> None:
        sample = desk.storage.vectors.samples(id, desk.storage.vectors.places(id)[:1]).popitem()[1]
        asyncio.run(desk.searcher.similar(id, sample.id))

    for id in (mine, others[0], mine, others[1]):
        search(id)
    assert desk.held == {mine: 8 * ROW, others[1]: 8 * ROW}


def test_a_function_that_grew_too_large_is_let_go(serving: Serving) -> None:
    desk = Desk(serving, memory=9 * ROW)
    desk.similar(CATS[0])
    assert desk.held == {serving.function.id: 8 * ROW}
    for text in ("one", "two"):
        serving.function.teach(text, None)
    assert len(desk.similar(CATS[0])) == 9
    assert desk.held == {serving.function.id: 0}


def test_deleted_functions_are_let_go(desk: Desk) -> None:
    desk.similar(CATS[0])
    sample = desk.samples()[0]
    desk.storage.functions.delete(desk.serving.function.id)
    with pytest.raises((FunctionNotFound, SampleNotFound)):
        asyncio.run(desk.searcher.similar(sample.function_id, sample.id))
    desk.searcher.keep(())
    assert desk.held == {}


def test_searches_at_once_agree(desk: Desk, serve: Callable[..., Serving], storage: Storage) -> None:
    ids = [s.id for s in desk.samples()]

    async def all_at_once() -> list[list[Found]]:
        return await asyncio.gather(*(desk.searcher.similar(desk.serving.function.id, id, 3) for id in ids))

    at_once = asyncio.run(all_at_once())
    assert at_once == [asyncio.run(desk.searcher.similar(desk.serving.function.id, id, 3)) for id in ids]
