"""Scopes: who may call what, in one guard that every route passes."""

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from noria.errors import NotAllowed
from noria.records.client import Scope
from noria.serving.auth import Caller


async def require_scope(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """The one guard: lets a call through when its caller's scope includes the one the route declares.

    A route declares `opt={"scope": Scope.X}`, or `None` when it is public; one that declares nothing
    is closed to all. People who signed in to the dashboard carry a session instead of a token.
    A coroutine, since plain guards are run on a thread, which costs more than the check.
    """
    if "scope" not in handler.opt:
        raise NotAllowed("This route declares no scope and is closed.")
    needed: Scope | None = handler.opt["scope"]
    if needed is None:
        return
    caller = _signed_in(connection) or connection.app.state.noria.auth.caller(
        connection.headers.get("authorization")
    )
    if not caller.scope.includes(needed):
        raise NotAllowed(needed=needed, yours=caller.scope)
    connection.scope["state"]["caller"] = caller


def _signed_in(connection: ASGIConnection) -> Caller | None:  # type: ignore[type-arg]
    """The person behind the dashboard's session cookie, on routes that have one."""
    session = connection.scope.get("session")
    if isinstance(session, dict) and (name := session.get("name")):
        return Caller(str(name), Scope.ADMIN)
    return None
