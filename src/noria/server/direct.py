"""Invokes past the framework, which takes longer to find, call and wrap a handler than all else takes around the encoder.

See docs/decisions/invokes-past-the-framework.md.
"""

import re
import time
from collections.abc import Mapping
from typing import Any

from litestar import Litestar, Request, Response

from noria.encoders.backlog import ALWAYS
from noria.encoders.pool import EncoderPool
from noria.errors import Overloaded
from noria.server.api.invoke import invoke
from noria.server.connections import READ_AT
from noria.server.guard import admit
from noria.server.problem import answer

_LONGEST_TURN_S = 0.5  # of the event loop; a call takes three to four
_PATH = re.compile(r"(/v1|/v0\.9)/functions/([^/]+)/invoke")


class DirectInvokes:
    """The application, with invokes answered in front of it, by the same door, handler and words of refusal."""

    def __init__(self, app: Litestar, pool: EncoderPool) -> None:
        """pool: while nothing more may wait for it, invokes are refused unread."""
        self._app, self._pool = app, pool
        self._under_way = 0

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
            self._must_be_in_time(scope["state"])
            self._under_way += 1
            try:
                await admit(request)
                response = await invoke.fn(request, scope["path_params"]["function_id"])
            finally:
                self._under_way -= 1
        except Exception as error:
            response = answer(request, error)
        await response.to_asgi_response(None, request)(scope, receive, send)

    def _must_be_in_time(self, state: Mapping[str, Any]) -> None:
        """Raises Overloaded, before anything is read, where the encoders or the event loop are too far behind.

        A call waits for the loop at each of its steps as long as it waited for the first one [Nichols2012].
        """
        self._pool.must_have_room()
        now = time.monotonic()
        if self._under_way >= ALWAYS and now - state.get(READ_AT, now) > _LONGEST_TURN_S:
            raise Overloaded(waiting=self._under_way)
