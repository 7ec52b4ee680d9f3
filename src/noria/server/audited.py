"""The audit log, at one door that every change passes: who carried out which operation on what."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

from litestar import Request
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from noria.records import client
from noria.records.ids import canonical

log = logging.getLogger("noria.audit")

_CHANGES = ("POST", "PUT", "DELETE")
_FACTS = "audit_facts"
_BESIDE = "audit_beside"
_REFUSED = "audit_refused"
_LONGEST = 200  # characters of a fact


def note(request: Request[Any, Any, Any], /, **facts: object) -> None:
    """Facts for the entry of this request: what somebody would want to know a year later. Texts are cut short."""
    short = {name: fact[:_LONGEST] if isinstance(fact, str) else fact for name, fact in facts.items()}
    request.scope["state"].setdefault(_FACTS, {}).update(short)


def note_beside(request: Request[Any, Any, Any], function_id: str, /, **facts: object) -> None:
    """The request changes another function too, beside that of its address: an entry of that one's own."""
    request.scope["state"].setdefault(_BESIDE, []).append((function_id, facts))


def nothing_was_done(request: Request[Any, Any, Any]) -> None:
    """A form was refused in words on a page, which is no error to HTTP."""
    request.scope["state"][_REFUSED] = True


def audited(app: ASGIApp) -> ASGIApp:
    """Write down each change that was carried out, before it is acknowledged.

    A route whose changes are in a log of their own, or that changes nothing, says `opt={"unlogged": True}`; it is
    logged all the same where its handler noted facts.
    """

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400 and _is_logged(scope):
                await _write(scope)
            await send(message)

        await app(scope, receive, sending if scope.get("method") in _CHANGES else send)

    return answering


def _is_logged(scope: Scope) -> bool:
    opt, state = scope["route_handler"].opt, scope["state"]
    needed = opt.get("scope")
    if (
        needed is None
        or _REFUSED in state
        or "caller" not in state
        or not needed.includes(client.Scope.ANNOTATE)
    ):
        return False
    return not opt.get("unlogged") or _FACTS in state


async def _write(scope: Scope) -> None:
    noria, handler, state = scope["litestar_app"].state.noria, scope["route_handler"], scope["state"]
    operation = handler.opt.get("operation")
    action = operation.id if operation else _camel(handler.handler_name.rpartition(".")[2])
    given = scope["path_params"]
    facts = dict(state.get(_FACTS, {}))
    made = facts.pop("functionId", None)  # where the address names none, as there was none
    function_id = canonical("function", given["function_id"]) if "function_id" in given else made
    subject = next((str(value) for name, value in given.items() if name != "function_id"), None)
    entries: list[tuple[str | None, str | None, dict[str, object]]] = [(function_id, subject, facts)]
    entries += [(id, None, more) for id, more in state.get(_BESIDE, ())]
    add, at = noria.storage.audit.add, datetime.now(UTC)
    try:
        for of_function, about, more in entries:
            await asyncio.to_thread(add, state["caller"].name, action, of_function, about, more, at)
    except Exception:  # what was asked for is done
        log.exception("could not write down %s by %s", action, state["caller"].name)


def _camel(name: str) -> str:
    """
    >>> _camel("rename_label")
    'RenameLabel'
    """
    return "".join(part.capitalize() for part in name.split("_"))
