"""A load generator in one process, closed loop or open: raw HTTP/1.1 on kept-alive connections, as little work as Python can."""

import asyncio
import random
import resource
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

_REFUSED = (429, 503)
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class LoadResult:
    seconds: float
    requests: int
    failures: int
    generator_cpu: float  # seconds of processor time the generator itself took
    latencies_s: list[float]  # of all that were not refused
    refused_s: list[float] = field(default_factory=list)  # of those that were told to come again later

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def run(host: str, port: int, requests: Sequence[bytes], clients: int) -> LoadResult:
    """Send every request once, over so many connections, each waiting for its answer before it sends the next."""

    async def once() -> LoadResult:
        async with Load(host, port, clients) as load:
            return await load.send(requests)

    return asyncio.run(once())


class Load:
    """Connections that stay open between runs."""

    def __init__(self, host: str, port: int, clients: int) -> None:
        self._host, self._port, self._clients = host, port, clients
        self._connections: list[Connection] = []

    async def __aenter__(self) -> Self:
        self._connections = [
            await asyncio.open_connection(self._host, self._port) for _ in range(self._clients)
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for _reader, writer in self._connections:
            writer.close()

    async def send(self, requests: Sequence[bytes]) -> LoadResult:
        """Every request once, each connection waiting for its answer before it sends the next."""
        todo = iter(requests)
        latencies: list[float] = []
        refused: list[float] = []
        failures = 0

        async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal failures
            for request in todo:
                began = time.perf_counter()
                writer.write(request)
                status = await _answer(reader)
                (refused if status in _REFUSED else latencies).append(time.perf_counter() - began)
                failures += status != 200

        cpu, began = _cpu(), time.perf_counter()
        await asyncio.gather(*(client(*each) for each in self._connections))
        seconds = time.perf_counter() - began
        return LoadResult(seconds, len(requests), failures, _cpu() - cpu, latencies, refused)

    async def arrive(self, requests: Iterable[bytes], per_second: float, seconds: float) -> LoadResult:
        """Requests come by chance at this rate, whatever the server does; each takes the connection that is free next.

        A latency counts from when its request came, waiting for a connection included.
        """
        free: asyncio.Queue[Connection] = asyncio.Queue()
        for each in self._connections:
            free.put_nowait(each)
        latencies: list[float] = []
        refused: list[float] = []
        failures, chance, pending = 0, random.Random(1), set()

        async def call(request: bytes, came: float) -> None:
            nonlocal failures
            reader, writer = await free.get()
            try:
                writer.write(request)
                status = await _answer(reader)
            finally:
                free.put_nowait((reader, writer))
            (refused if status in _REFUSED else latencies).append(time.perf_counter() - came)
            failures += status != 200

        cpu, began = _cpu(), time.perf_counter()
        comes, source = began, iter(requests)
        while comes < began + seconds:
            await asyncio.sleep(comes - time.perf_counter())
            task = asyncio.create_task(call(next(source), comes))
            pending.add(task)
            task.add_done_callback(pending.discard)
            comes += chance.expovariate(per_second)
        await asyncio.gather(*pending)
        taken = time.perf_counter() - began
        return LoadResult(taken, len(latencies) + len(refused), failures, _cpu() - cpu, latencies, refused)


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    at = lower.index(b"content-length:") + 15
    length = int(lower[at : lower.index(b"\r", at)])
    await reader.readexactly(length)
    return int(head[9:12])


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
