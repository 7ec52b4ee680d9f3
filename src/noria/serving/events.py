"""What happens, as it happens: pages that are open learn of answers, captures and new versions without asking."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from noria.records.field import FieldValues

_PACE_S = 0.5  # an open page hears from a function at most twice a second
_REMEMBERED = 20


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer, for the feed of a page."""

    at: float
    data: str  # the text; of an image its kind and size
    label_name: str
    confidence: float
    captured_reasons: tuple[str, ...]
    picture_id: str | None = None  # of the sample or recent call whose image can be shown
    field_values: FieldValues | None = None  # of a row


class Events:
    """The latest answers of each function, and a bell that wakes the pages that watch it."""

    def __init__(self) -> None:
        self._recent: dict[str, deque[Answered]] = {}
        self._changes: dict[str, int] = {}
        self._ended = False

    def answered(self, function_id: str, answer: Answered) -> None:
        self._recent.setdefault(function_id, deque(maxlen=_REMEMBERED)).append(answer)
        self.changed(function_id)

    def changed(self, function_id: str) -> None:
        self._changes[function_id] = self._changes.get(function_id, 0) + 1

    def recent(self, function_id: str) -> list[Answered]:
        """The latest answers of this process, newest first."""
        return list(reversed(self._recent.get(function_id, ())))

    def end(self) -> None:
        """Let go of the pages that watch: the server stops, and would wait for them."""
        self._ended = True

    async def subscribe(self, function_id: str, read: Any) -> AsyncIterator[Any]:
        """What `read()` (a coroutine function) returns, now and after each change, paced, until the end."""
        seen = -1
        while not self._ended:
            if self._changes.get(function_id, 0) != seen:
                seen = self._changes.get(function_id, 0)
                yield await read()
            await asyncio.sleep(_PACE_S)
