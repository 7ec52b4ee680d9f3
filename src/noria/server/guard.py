"""Scopes: who may call what, at one door that every call passes."""

from typing import Any, cast

from litestar import Request

from noria.errors import BadInput, NotAllowed
from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.naming import name_by_id
from noria.serving.auth import Caller


async def admit(request: Request[Any, Any, Any]) -> None:
    """The one door: lets a call through when its caller's scope includes the one the route declares.

    A route declares `opt={"scope": Scope.X}`, or `None` when it is public; one that declares nothing
    is closed to all. People who signed in to the dashboard carry a session instead of a token.
    Runs before each handler and not as one of the framework's guards, for each of which the whole handler is copied.
    """
    _refuse_nul(request)
    declared = request.route_handler.opt
    if "scope" not in declared:
        raise NotAllowed("This route declares no scope and is closed.")
    needed: Scope | None = declared["scope"]
    if needed is None:
        return
    caller = _signed_in(request) or request.app.state.noria.auth.caller(request.headers.get("authorization"))
    request.scope["state"]["caller"] = caller
    if caller.of_functions:  # before what a caller may do is known, so is the function
        await name_by_id(request)
    if not _may(caller, needed, request):
        raise NotAllowed(needed=needed, yours=caller.scope or "none")
    await name_by_id(request)


def _refuse_nul(request: Request[Any, Any, Any]) -> None:
    """No address of ours holds a NUL character, and not every database takes one in a query."""
    if b"%00" in request.scope["raw_path"] or b"%00" in request.scope["query_string"]:
        raise BadInput("The address holds a NUL character (%00). Remove it.")


def _signed_in(request: Request[Any, Any, Any]) -> Caller | None:
    """The person behind the dashboard's session cookie, on routes that have one."""
    session = request.scope.get("session")
    if not isinstance(session, dict) or not (name := session.get("name")):
        return None
    if session.get("client"):
        return Caller(str(name), Scope(session.get("scope", Scope.ADMIN)))
    return cast("Caller | None", request.app.state.noria.people.caller(str(name)))


def _may(caller: Caller, needed: Scope, request: Request[Any, Any, Any]) -> bool:
    given = request.scope["path_params"].get("function_id")
    if given is None and request.route_handler.opt.get("anywhere"):
        return caller.may_somewhere(needed)
    return caller.may(needed, canonical("function", given) if given else None)


def must_edit(caller: Caller, function_id: str) -> None:
    """Of a function that the address does not name. Raises NotAllowed."""
    if not caller.may(Scope.EDIT, function_id):
        raise NotAllowed(needed=Scope.EDIT, yours=caller.scope or "none")


def must_edit_everywhere(caller: Caller) -> None:
    """Who makes a new function out of one has to be an editor of more than that one. Raises NotAllowed."""
    if not caller.may(Scope.EDIT):
        raise NotAllowed(needed=Scope.EDIT, yours=caller.scope or "none")
