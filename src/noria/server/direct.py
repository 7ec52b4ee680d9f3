"""Invokes past the framework, which takes longer to find, call and wrap a handler than all else takes around the encoder.

See docs/decisions/invokes-past-the-framework.md.
"""

import re
from typing import Any

from litestar import Litestar, Request, Response

from noria.encoders.pool import EncoderPool
from noria.server.api.invoke import invoke
from noria.server.guard import admit
from noria.server.problem import answer

_PATH = re.compile(r"(/v1|/v0\.9)/functions/([^/]+)/invoke")


class DirectInvokes:
    """The application, with invokes answered in front of it, by the same door, handler and words of refusal."""

    def __init__(self, app: Litestar, pool: EncoderPool) -> None:
        """pool: while nothing more may wait for it, invokes are refused unread."""
        self._app, self._pool = app, pool

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        asked = _PATH.fullmatch(scope["path"]) if scope.get("method") == "POST" else None
        if asked is None:
            await self._app(scope, receive, send)
            return
        version, function_id = asked.groups()
        scope.setdefault("state", {})
        scope |= {
            "app": self._app,
            "litestar_app": self._app,
            "route_handler": invoke,
            "path_params": {"function_id": function_id},
            "path_template": f"{version}/functions/{{function_id}}/invoke",
        }
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        response: Response[Any]
        try:
            self._pool.must_have_room()
            await admit(request)
            response = await invoke.fn(request, scope["path_params"]["function_id"])
        except Exception as error:
            response = answer(request, error)
        await response.to_asgi_response(None, request)(scope, receive, send)
