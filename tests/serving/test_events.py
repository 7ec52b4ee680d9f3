"""Pages that watch a function hear of each change, and let go at the end."""

import asyncio

import pytest

from noria.serving import events
from noria.serving.events import Answered, Events


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_PACE_S", 0.0)


def test_a_page_hears_at_once_and_then_of_changes_until_the_end() -> None:
    async def watch() -> list[int]:
        bell, heard = Events(), []

        async def read() -> int:
            return len(heard)

        async for now in bell.subscribe("function_a", read):
            heard.append(now)
            if now == 2:
                bell.end()
            bell.changed("function_a")
        return heard

    assert asyncio.run(asyncio.wait_for(watch(), 10)) == [0, 1, 2]


def test_a_page_hears_nothing_of_other_functions() -> None:
    async def watch() -> list[str]:
        bell, heard = Events(), []

        async def read() -> str:
            return "panel"

        async def end() -> None:
            for _ in range(20):
                bell.changed("function_b")
                await asyncio.sleep(0)
            bell.end()

        ending = asyncio.create_task(end())
        async for now in bell.subscribe("function_a", read):
            heard.append(now)
        await ending
        return heard

    assert asyncio.run(asyncio.wait_for(watch(), 10)) == ["panel"]


def test_the_latest_answers_come_first_and_the_oldest_are_forgotten() -> None:
    bell = Events()
    for number in range(25):
        bell.answered("function_a", Answered(float(number), str(number), "cat", 0.5, ()))
    assert [answer.data for answer in bell.recent("function_a")] == [str(n) for n in range(24, 4, -1)]
