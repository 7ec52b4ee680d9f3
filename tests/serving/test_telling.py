"""The words that the live version leans on, for whom an item was served to and while they wait for them."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from serving.parts import Serving
from taught import CATS, DOGS, ENCODERS

from noria.encoders.hashing import HashingEncoder
from noria.errors import BadInput, Overloaded, SampleNotFound
from noria.learning.head import fit_head
from noria.records.function import CaptureSettings
from noria.serving import telling as module
from noria.serving.labelling import Labelling, Served
from noria.serving.live import LiveModel
from noria.serving.telling import LONG, Tellings, Told

DULL = "Nothing else of any note is told of this long and quiet day in the house. " * 3
TEXT = f"{DULL}Then came a meow and a purr and whiskers. {DULL}"
LED = CaptureSettings(budget_per_day=1_000_000.0, shares={"Random": 1.0}, blind_every=0)
BLIND = CaptureSettings(budget_per_day=1_000_000.0, shares={"Random": 1.0}, blind_every=1)


def trained(serving: Serving, number: int = 1) -> None:
    """As if a version of this number had just gone live, in this process."""
    names = {id: name for name, id in serving.function.labels.items()}
    embeddings = HashingEncoder().embed([*CATS, *DOGS])
    targets = np.repeat([0, 1], [len(CATS), len(DOGS)])
    head = fit_head(embeddings, targets, list(names)).sharpened(2.5)
    live = serving.live.peek(serving.function.id)
    assert live is not None
    live.model = LiveModel(f"model_{number}", number, head, names)


@pytest.fixture
def tellings(serving: Serving) -> Iterator[Tellings]:
    serving.capture_everything()
    tellings = Tellings(serving.storage, serving.live, ENCODERS)
    yield tellings
    tellings.close()


@pytest.fixture
def served(serving: Serving, tellings: Tellings) -> Callable[..., Served]:
    """A text as it comes to ada to be labelled, once there is a version."""

    def serve(text: str = TEXT, settings: CaptureSettings = LED) -> Served:
        serving.set_capture(settings)
        trained(serving)
        id = serving.ask(text).sample_id
        items = Labelling(serving.storage, serving.live).next(serving.function.id, by="ada")
        return next(item for item in items if item.sample_id == id)

    return serve


@pytest.fixture
def ask(serving: Serving, tellings: Tellings) -> Callable[..., Told | None]:
    def ask(item: Served, by: str = "ada", ticket: str | None = None) -> Told | None:
        ticket = ticket or tellings.ticket(serving.function.id, item, by)
        assert ticket is not None
        return asyncio.run(tellings.of(serving.function.id, item.sample_id, by, ticket))

    return ask


def test_the_words_of_the_answer_are_told(served, ask) -> None:
    told = ask(served())
    assert told is not None
    assert told.label_name == "cat"
    assert told.version_number == 1
    assert told.read is None
    assert any("meow" in TEXT[a:b] for a, b in told.telling.pieces)
    inside = [(a, b) for a, b in told.telling.words if any(c <= a and b <= d for c, d in told.telling.pieces)]
    assert inside == list(told.telling.words)


def test_a_blind_item_has_no_ticket(serving: Serving, tellings: Tellings, served) -> None:
    item = served(settings=BLIND)
    assert item.blind
    assert tellings.ticket(serving.function.id, item, "ada") is None


def test_a_short_text_has_no_ticket(serving: Serving, tellings: Tellings, served) -> None:
    assert tellings.ticket(serving.function.id, served("meow " * (LONG // 5 - 1)), "ada") is None


def test_nothing_is_told_before_there_is_a_version(serving: Serving) -> None:
    serving.capture_everything()
    serving.ask(TEXT)
    items = Labelling(serving.storage, serving.live).next(serving.function.id, by="ada")
    tellings = Tellings(serving.storage, serving.live, ENCODERS)
    assert {tellings.ticket(serving.function.id, item, "ada") for item in items} == {None}
    tellings.close()


def test_a_ticket_is_for_one_person_and_one_item(serving: Serving, tellings: Tellings, served, ask) -> None:
    first, other = served(), served(f"{TEXT} once more")
    ticket = tellings.ticket(serving.function.id, first, "ada")
    for item, by in ((first, "bob"), (other, "ada")):
        with pytest.raises(BadInput):
            ask(item, by, ticket)
    with pytest.raises(BadInput):
        ask(first, ticket="0" * 32)


def test_a_ticket_holds_in_every_process(serving: Serving, tellings: Tellings, served) -> None:
    item = served()
    another = Tellings(serving.storage, serving.live, ENCODERS)
    assert another.ticket(serving.function.id, item, "ada") == tellings.ticket(
        serving.function.id, item, "ada"
    )
    another.close()


def test_a_sample_that_is_gone_is_said_so(serving: Serving, tellings: Tellings, served, ask) -> None:
    item = served()
    serving.function.storage.samples.delete(serving.function.id, item.sample_id, item.captured_at)
    with pytest.raises(SampleNotFound):
        ask(item)


def test_an_answer_is_kept_for_its_version(serving: Serving, served, ask, monkeypatch) -> None:
    item = served()
    first = ask(item)
    monkeypatch.setattr(module, "telling", lambda *_: pytest.fail("asked again"))
    assert ask(item) is first
    monkeypatch.undo()
    trained(serving, 2)
    assert ask(item).version_number == 2


def test_only_so_many_answers_are_kept(tellings: Tellings, served, ask, monkeypatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 1)
    for end in ("one", "two"):
        ask(served(f"{TEXT} {end}"))
    assert len(tellings._kept) == 1


def test_who_moved_on_is_not_worked_for(serving: Serving, tellings: Tellings, served) -> None:
    items = [served(f"{TEXT} {end}") for end in ("one", "two", "three")]
    busy = threading.Event()
    tellings._thread.submit(busy.wait)

    async def ask_all() -> list[Told | None]:
        id = serving.function.id
        questions = [
            asyncio.create_task(tellings.of(id, i.sample_id, "ada", tellings.ticket(id, i, "ada") or ""))
            for i in items
        ]
        await asyncio.sleep(0)  # each is asked by now
        busy.set()
        return await asyncio.gather(*questions)

    told = asyncio.run(ask_all())
    assert told[0] is None
    assert None not in told[1:]


def test_questions_wait_in_a_short_line(tellings: Tellings, served, ask, monkeypatch) -> None:
    monkeypatch.setattr(module, "_WAITING", 0)
    with pytest.raises(Overloaded):
        ask(served())


def test_the_end_that_is_not_read_is_told(tellings: Tellings, served, ask, monkeypatch) -> None:
    monkeypatch.setattr(module, "_MOST_READ", 330)
    told = ask(served())
    assert told.read == 330
    assert all(b <= 330 for _, b in told.telling.pieces)


def test_of_tags_the_likeliest_that_is_there_is_told(serving: Serving, served, ask) -> None:
    item = served()
    live = serving.live.peek(serving.function.id)
    with_bars = partial(replace, live.model)
    live.model = with_bars(thresholds=np.array([0.5, 0.01], dtype=np.float32))
    assert ask(item).label_name == "cat"
    live.model = with_bars(thresholds=np.array([1.1, 0.0], dtype=np.float32))
    assert ask(item).label_name == "dog"
    live.model = with_bars(thresholds=np.array([1.1, 1.1], dtype=np.float32))
    assert ask(item) is None
