"""Clients without think time: each sends its next request as soon as its last one is answered, and notes both times."""

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from campaigns.wire import PORT, answer, request


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as its client saw it; times are seconds of one monotonic clock."""

    text: str
    sent: float
    received: float
    status: int  # 0: the connection broke
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class ClosedLoop:
    """So many clients on kept-alive connections against one function, in a thread of their own, while it is entered."""

    def __init__(
        self, address: str, token: str, function_id: str, texts: Sequence[str], clients: int = 32
    ) -> None:
        self._address = address
        path = f"/v1/functions/{function_id}/invoke"
        self._requests = [(text, request(address, token, "POST", path, {"data": text})) for text in texts]
        self._clients = clients
        self._ending = False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.calls: list[Call] = []  # in the order in which they were answered

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def __enter__(self) -> "ClosedLoop":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        self._thread.join()

    async def _run(self) -> None:
        todo = itertools.cycle(self._requests)
        await asyncio.gather(*(self._client(todo) for _ in range(self._clients)))

    async def _client(self, todo: "itertools.cycle[tuple[str, bytes]]") -> None:
        reader, writer = await asyncio.open_connection(self._address, PORT)
        while not self._ending:
            text, content = next(todo)
            sent = time.monotonic()
            try:
                writer.write(content)
                status, body = await answer(reader)
            except (OSError, EOFError):
                self.calls.append(Call(text, sent, time.monotonic(), 0, b""))
                return
            self.calls.append(Call(text, sent, time.monotonic(), status, body))
        writer.close()


def fewest_in_flight(calls: Sequence[Call], begin: float, end: float) -> int:
    """The smallest number of requests that were sent and not yet answered at any moment from begin to end."""
    times = np.array([c.sent for c in calls] + [c.received for c in calls])
    steps = np.array([1] * len(calls) + [-1] * len(calls))
    order = np.argsort(times, kind="stable")
    times, in_flight = times[order], steps[order].cumsum()
    first = int(np.searchsorted(times, begin, side="right")) - 1  # what stood when it began
    return int(in_flight[max(first, 0) : int(np.searchsorted(times, end, side="right"))].min())
