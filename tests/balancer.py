"""A load balancer of TCP connections, as plain as they come: the next server that takes the connection gets it."""

import asyncio
import itertools
import threading
from collections.abc import Sequence
from types import TracebackType


class Balancer:
    """In a thread of its own, while it is entered. A broken connection to a server breaks that of its client."""

    def __init__(self, address: str, servers: Sequence[str], port: int = 5000) -> None:
        self.url = f"http://{address}:{port}"
        self._place, self._port = address, port
        self._servers = itertools.cycle(servers)
        self._tries = len(servers)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="balancer", daemon=True)
        self._listens = threading.Event()

    def __enter__(self) -> "Balancer":
        self._thread.start()
        assert self._listens.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, self._place, self._port))
        self._listens.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(self._tries):
            try:
                theirs, ours = await asyncio.open_connection(next(self._servers), self._port)
            except OSError:
                continue
            done = [
                asyncio.create_task(_pass_on(reader, ours)),
                asyncio.create_task(_pass_on(theirs, writer)),
            ]
            await asyncio.wait(done, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.cancel()
            ours.close()
            break
        writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        return
