"""How a route is declared: its scope, its operation id, its body and the errors it can answer with."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from litestar import delete as _delete
from litestar import get as _get
from litestar import post as _post
from litestar import put as _put
from litestar.openapi import ResponseSpec

from noria.records.client import Scope
from noria.server.api.shapes import Problem

_MEANING = {
    400: "The request can't be understood; message says what to mend.",
    401: "There is no valid bearer token.",
    403: "The token's scope is too narrow.",
    404: "There is nothing under this id.",
    409: "It exists already.",
    413: "The body is too large.",
    503: "Too much work at the moment; try again after a second.",
}
_VERBS = {"GET": _get, "POST": _post, "PUT": _put, "DELETE": _delete}


def route(
    verb: str,
    path: str | list[str],
    operation: str,
    scope: Scope | None,
    *,
    body: type[msgspec.Struct] | None = None,
    errors: Sequence[int] = (),
    media: str = "application/json",
) -> Callable[[Callable[..., Any]], Any]:
    """A handler for one operation.

    scope: what a caller's token must allow; None for a public route. Nothing is served without it.
    body: the shape of the request's body, for the OpenAPI document (`openapi.add_bodies`).
    errors: statuses beyond those that every such route can answer with.
    """
    statuses = {*errors, 400, 413} if body else {*errors, 400}
    if scope is not None:
        statuses |= {401, 403}
    if "{" in str(path):
        statuses.add(404)
    handler: Callable[[Callable[..., Any]], Any] = _VERBS[verb](
        path,
        operation_id=operation,
        status_code=200,
        opt={"scope": scope, "body": body, "body_media": media},
        responses={s: ResponseSpec(Problem, description=_MEANING[s]) for s in sorted(statuses)},
    )
    return handler
