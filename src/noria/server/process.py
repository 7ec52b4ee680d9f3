"""The HTTP server around the web application, from the first request to the last."""

import socket
from types import FrameType

import uvicorn

from noria.app import Noria
from noria.server.connections import BoundedConnection
from noria.server.observed import Observed
from noria.server.origins import OpenToPages
from noria.server.prefix import Beneath, check_prefix
from noria.server.web import web_app

_GOODBYE_S = 10  # for requests in flight
_KEEP_ALIVE_S = 75  # longer than proxies and clients keep theirs, lest a request cross with the closing
_SWEEP_TICKS = 10  # of a tenth of a second
_HEADERS = [("X-Content-Type-Options", "nosniff")]  # on every answer, also those that no route of ours gives


def serve_until_stopped(noria: Noria, listening: socket.socket) -> None:
    """Serve on this socket until a signal says stop; what is in flight is answered, then the signal is raised again.

    Raises BadInput for a prefix that is among the paths served.
    """
    app = web_app(noria)
    check_prefix(noria.settings.prefix, (route.path for route in app.routes))
    config = uvicorn.Config(
        Beneath(Observed(OpenToPages(app), noria.meters), noria.settings.prefix),
        http=BoundedConnection,
        ws="none",
        log_level="warning",
        access_log=False,  # addresses hold sign-in codes
        server_header=False,
        headers=_HEADERS,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GOODBYE_S,
        lifespan="on",
    )
    _Server(config, noria).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Sends open pages away before it waits, and callers that keep it waiting."""

    def __init__(self, config: uvicorn.Config, noria: Noria) -> None:
        super().__init__(config)
        self._noria = noria

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._noria.events.end()
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if counter % _SWEEP_TICKS == 0:
            for connection in list(self.server_state.connections):
                if isinstance(connection, BoundedConnection):
                    connection.close_if_overdue()
        return await super().on_tick(counter)
