"""Around every request: an id that its log lines and its answer share, and a count by route and status."""

import re
from typing import Any

from structlog.contextvars import bind_contextvars

from noria.records.ids import random_bytes
from noria.serving.meters import Meters

_ID = re.compile(rb"[\w.:-]{1,64}")
_HEADER = b"x-request-id"
_NOWHERE = "none"  # the route of an address that nothing is served at


class Observed:
    """The application, watched. A caller's or a proxy's `X-Request-Id` is kept where it is 1 to 64 plain characters."""

    def __init__(self, app: Any, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == _HEADER), b"")
        id = given if _ID.fullmatch(given) else random_bytes()[:8].hex().encode()

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (_HEADER, id)]
                self._meters.requested(
                    scope["method"], scope.get("path_template") or _NOWHERE, message["status"]
                )
            await send(message)

        bind_contextvars(request=id.decode())  # the server runs each request in a context of its own
        await self._app(scope, receive, sending)
