"""Pages of other sites may call the API: a browser asks first, and hides an answer that doesn't say so.

Nothing is given away by it. The API knows a caller by the token in the request and by nothing that a browser sends of
itself; the dashboard, which has a cookie, stays closed.
"""

from typing import Any

_API = ("/v1/", "/v0.9/", "/connect/token")
_OPEN = [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"Link, Retry-After")]
_ASKED = [
    *_OPEN,
    (b"access-control-allow-methods", b"GET, POST, PUT, DELETE"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, *"),
    (b"access-control-max-age", b"7200"),
    (b"content-length", b"0"),
]


class OpenToPages:
    """The application, with what browsers want to be told around the API's answers."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_API):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if b"origin" not in headers:
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await send({"type": "http.response.start", "status": 200, "headers": _ASKED})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self._app(scope, receive, _opened(send))


def _opened(send: Any) -> Any:
    async def opened(message: Any) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *_OPEN]
        await send(message)

    return opened
