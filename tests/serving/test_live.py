"""What a process answers with follows the rows, and is swapped under running calls."""

import asyncio
import threading
from datetime import UTC, datetime

import numpy as np
import pytest
from serving.parts import Serving
from sqlalchemy.exc import OperationalError
from taught import ENCODERS, Taught

from noria.encoders.hashing import HashingEncoder
from noria.encoders.pool import EncoderPool
from noria.errors import FunctionNotFound
from noria.learning.cells import Cells
from noria.records.content import Content
from noria.serving import live as live_module
from noria.serving.answers import Answer
from noria.serving.events import Events
from noria.serving.intake import Intake
from noria.serving.invoking import Invoker
from noria.serving.meters import Meters
from noria.storage.tables import heads


def test_a_published_version_answers_after_the_next_look(serving: Serving) -> None:
    assert serving.ask("bark").version_id is None
    version = serving.train()
    assert serving.ask("bark").version_id == version
    assert serving.live.refresh_changed() == []


def test_a_roll_back_answers_after_the_next_look(serving: Serving) -> None:
    first = serving.train()
    serving.function.teach("hiss", "cat")
    serving.train()
    serving.make_live(first)
    assert serving.ask("bark").version_id == first


class SlowPool(EncoderPool):
    """Holds a text back until the test lets it go."""

    def __init__(self) -> None:
        super().__init__(ENCODERS, 1, 512)
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def embed(self, content: Content) -> np.ndarray:
        self.begun.set()
        await self.go_on.wait()
        return await super().embed(content)


def test_a_call_under_way_during_a_swap_is_answered_by_one_version_alone(serving: Serving) -> None:
    serving.train()
    serving.function.teach("hiss", "cat")

    async def swap_meanwhile() -> Answer:
        pool = SlowPool()
        invoker = Invoker(serving.live, Intake(None), pool, serving.writer, Events(), Meters())
        call = asyncio.create_task(invoker.invoke(serving.function.id, "hiss"))
        await pool.begun.wait()
        await asyncio.to_thread(serving.train)
        pool.go_on.set()
        answer = await call
        pool.close()
        return answer

    answer = asyncio.run(swap_meanwhile())
    head = serving.live.version(serving.function.id, answer.version_id).head
    row = head.probabilities(HashingEncoder().embed(["hiss"]))[0]
    assert answer.confidence == pytest.approx(row.max(), abs=1e-5)
    assert answer.label_id == head.label_ids[row.argmax()]


def test_a_deleted_label_is_masked_at_once(serving: Serving) -> None:
    serving.train()
    serving.storage.labels.delete(serving.function.id, serving.function.labels["dog"], datetime.now(UTC))
    serving.live.refresh_changed()
    answer = serving.ask("bark bark", label_count=5)
    assert [name for _, name, _ in answer.label_confidences] == ["cat"]


def test_a_renamed_label_is_answered_by_its_new_name(serving: Serving) -> None:
    serving.train()
    serving.storage.labels.update(
        serving.function.id, serving.function.labels["dog"], "hound", None, None, datetime.now(UTC)
    )
    serving.live.refresh_changed()
    assert serving.ask("bark bark woof").label_name == "hound"


def test_a_deleted_function_is_gone_after_the_next_look(serving: Serving) -> None:
    serving.storage.functions.delete(serving.function.id)
    serving.live.refresh_changed()
    with pytest.raises(FunctionNotFound):
        serving.ask("anything")


def test_a_function_that_can_not_be_read_now_goes_on_answering(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving.train()
    answered = serving.ask("bark").version_id
    serving.function.teach("hiss", "cat")
    with monkeypatch.context() as away:
        away.setattr(serving.live._storage.functions, "get", _away)
        with pytest.raises(OperationalError):
            serving.live.refresh_changed()
        assert asyncio.run(serving.live.get(serving.function.id)).model.version_id == answered


def _away(_: str) -> None:
    raise OperationalError("SELECT", {}, Exception("server closed the connection"))


def test_only_what_changed_is_read_again(serving: Serving) -> None:
    other = Taught.new(serving.storage)
    serving.live.refresh(other.id)
    serving.function.teach("hiss", "cat")
    assert serving.live.refresh_changed() == [serving.function.id]


def test_a_version_that_can_not_be_read_leaves_the_last_one_answering_and_others_unharmed(
    serving: Serving,
) -> None:
    version = serving.train()
    other = Taught.new(serving.storage)
    serving.live.refresh(other.id)
    serving.function.teach("hiss", "cat")
    serving.train()
    serving.make_live(version)
    serving.live._heads.clear()
    with serving.storage.database.write() as connection:
        connection.execute(heads.update().where(heads.c.version_id == version).values(head=b"torn"))
    serving.function.teach("growl", "dog")
    other.teach("hiss", "cat")
    assert serving.live.refresh_changed() == [other.id]
    assert serving.ask("bark").version_id == version


def test_many_threads_may_ask_for_more_versions_than_are_remembered(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "_REMEMBERED_VERSIONS", 1)
    versions = [serving.train()]
    for text in ("hiss", "growl", "yowl"):
        serving.function.teach(text, "cat")
        versions.append(serving.train())
    seen: list[str | None] = []

    def ask() -> None:
        seen.extend(
            serving.live.version(serving.function.id, versions[i % len(versions)]).version_id
            for i in range(40)
        )

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 160
    assert set(seen) == set(versions)


def test_cells_are_followed_and_damaged_ones_leave_the_answers(serving: Serving) -> None:
    live, make = serving.live.peek(serving.function.id), serving.storage.cells.make
    assert live.cells is None
    now = datetime.now(UTC)
    cells = Cells.around(np.eye(2, 64, dtype=np.float32))
    make(serving.function.id, 2, "hashing@1", 200, cells.to_bytes(), now)
    serving.live.refresh_changed()
    assert live.cells.of(np.eye(1, 64, k=1, dtype=np.float32)[0]) == 1
    make(serving.function.id, 2, "hashing@2", 200, cells.to_bytes(), now)
    serving.live.refresh_changed()
    assert live.cells.of(np.eye(1, 64, k=1, dtype=np.float32)[0]) == 3
    make(serving.function.id, 2, "hashing@3", 200, b"damaged", now)
    serving.live.refresh_changed()
    assert live.cells is None
    assert serving.ask("a dog").label_name == "dog"
