"""How a route is declared: its scope, its operation id, its query, its body and the errors it can answer with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import delete as _delete
from litestar import get as _get
from litestar import post as _post
from litestar import put as _put

from noria.records.client import Scope

MAX_BODY = 4_000_000  # bytes
MAX_BODY_OF_FILES = 28_000_000  # bytes, where images come in: the largest as base64, with room around it
MAX_BODY_OF_STRANGERS = 16_384  # bytes, where no token is needed
_VERBS = {"GET": _get, "POST": _post, "PUT": _put, "DELETE": _delete}


@dataclass(frozen=True, slots=True)
class Operation:
    """What the OpenAPI document says of a route beyond its handler's signature."""

    id: str  # of the first path; an alias has the API version behind it
    verb: str
    paths: tuple[str, ...]
    scope: Scope | None  # None: public
    query: type[msgspec.Struct] | None
    body: Any  # a shape, or a union of shapes and lists of them; None: there is none
    media: str
    answers: str  # media type of what it answers with
    errors: tuple[int, ...]


def route(
    verb: str,
    path: str | list[str],
    operation: str,
    scope: Scope | None,
    *,
    query: type[msgspec.Struct] | None = None,
    body: Any = None,
    errors: Sequence[int] = (),
    media: str = "application/json",
    answers: str = "application/json",
    max_body: int = MAX_BODY,
    unlogged: bool = False,
) -> Callable[[Callable[..., Any]], Any]:
    """A handler for one operation.

    scope: what a caller's token must allow; None for a public route. Nothing is served without it.
    query, body: the shapes that the handler reads with `queries.query` and `bodies.body`; bytes: it takes a file.
    errors: statuses beyond those that every such route can answer with.
    max_body: bytes.   unlogged: it changes nothing, or what it changes has a log of its own.
    """
    paths = (path,) if isinstance(path, str) else tuple(path)
    statuses = {*errors, 503}
    if query or body:
        statuses.add(400)
    if scope is not None:
        statuses |= {401, 403}
    if "{" in paths[0]:
        statuses |= {400, 404}
    declared = Operation(operation, verb, paths, scope, query, body, media, answers, tuple(sorted(statuses)))
    handler: Callable[[Callable[..., Any]], Any] = _VERBS[verb](
        list(paths),
        status_code=200,
        opt={"scope": scope, "operation": declared, "unlogged": unlogged},
        request_max_body_size=max_body,
    )
    return handler
