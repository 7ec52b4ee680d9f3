"""The HTTP server around the web application, from the first request to the last."""

import asyncio
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from noria.app import Noria
from noria.server.connections import BoundedConnection
from noria.server.direct import DirectInvokes
from noria.server.garbage import Garbage
from noria.server.observed import Observed
from noria.server.origins import OpenToPages
from noria.server.prefix import Beneath, check_prefix
from noria.server.web import web_app

GOODBYE_S = 10  # for requests in flight
_KEEP_ALIVE_S = 75  # longer than proxies and clients keep theirs, lest a request cross with the closing
_LEAVE_LOOK_S = 0.05
_SWEEP_TICKS = 10  # of a tenth of a second
_HEADERS = [("X-Content-Type-Options", "nosniff")]  # on every answer, also those that no route of ours gives


def serve_until_stopped(
    noria: Noria, listening: socket.socket, alive: Callable[[], object] = lambda: None
) -> None:
    """Serve on this socket until a signal says stop; what is in flight is answered, then the signal is raised again.

    alive: called as soon as calls are taken, and then once a second.
    Raises BadInput for a prefix that is among the paths served.
    """
    app = web_app(noria)
    check_prefix(noria.settings.prefix, (route.path for route in app.routes))
    config = uvicorn.Config(
        Beneath(Observed(OpenToPages(DirectInvokes(app, noria.pool)), noria.meters), noria.settings.prefix),
        http=BoundedConnection,
        ws="none",
        log_level="warning",
        access_log=False,  # addresses hold sign-in codes
        server_header=False,
        headers=_HEADERS,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=GOODBYE_S,
        lifespan="on",
    )
    _Server(config, noria, alive).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Sends open pages away before it waits, and callers that keep it waiting."""

    def __init__(self, config: uvicorn.Config, noria: Noria, alive: Callable[[], object]) -> None:
        super().__init__(config)
        self._noria = noria
        self._alive = alive
        self._garbage = Garbage()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._garbage.begin()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._noria.readiness.leaving = True
        self._noria.events.end()
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if counter % _SWEEP_TICKS == 0:
            self._alive()
            self._garbage.look()
            for connection in self._connections():
                connection.close_if_overdue()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and let go of those there are as they fall silent: a call may be on its way."""
        for server in self.servers:
            server.close()
        while sum(connection.leave() for connection in self._connections()):  # each of them is told
            await asyncio.sleep(_LEAVE_LOOK_S)
        await super().shutdown(sockets)
        self._garbage.end()

    def _connections(self) -> list[BoundedConnection]:
        return [each for each in self.server_state.connections if isinstance(each, BoundedConnection)]
