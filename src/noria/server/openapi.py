"""The one OpenAPI document, served at /schema without a token: written from what the routes declare."""

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from litestar import Request, Response

from noria import __version__
from noria.server.api.declare import Operation, route
from noria.server.api.shapes import Problem
from noria.server.prefix import at

_SECURITY = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
_REF = "#/components/schemas/{name}"
_ID = "^([a-z]+_)?[a-z0-9]+$"
_ID_OR_SLUG = "^([a-z]+_)?[a-z0-9]+(-[a-z0-9]+)*$"
_NO_NUL = r"^[^\u0000]*$"
_PARAMETER = re.compile(r"\{(\w+):str\}")
_MEANING = {
    400: "The request can't be understood or carried out; message says what to mend.",
    401: "There is no valid bearer token.",
    403: "The token's scope is too narrow.",
    404: "There is nothing under this id.",
    409: "It exists already.",
    503: "Too much work at the moment; try again after a second.",
}
_LINK = {
    "description": 'Where the next page is: `<path>; rel="next"`. Absent on the last one.',
    "schema": {"type": "string"},
}

_FILE = {"type": "string", "format": "binary"}

_Schemas = dict[Any, dict[str, Any]]


@route("GET", "/schema", "GetSchema", None)
async def get_schema(request: Request[Any, Any, Any]) -> Response[bytes]:
    """This document."""
    state = request.app.state
    if not hasattr(state, "schema_bytes"):
        state.schema_bytes = msgspec.json.encode(document(_declared(request.app)))
    return Response(state.schema_bytes, media_type="application/json")


def _declared(app: Any) -> Iterator[Any]:
    """Each handler of the app that declares an operation, once."""
    seen: dict[tuple[str, str], Any] = {}
    for each in app.routes:
        for handler in getattr(each, "route_handlers", ()):
            if (operation := handler.opt.get("operation")) is not None:
                seen.setdefault((operation.id, operation.verb), handler)
    return iter(seen.values())


def document(handlers: Iterable[Any]) -> dict[str, Any]:
    """The document of these handlers."""
    found = [(handler.opt["operation"], handler.fn) for handler in handlers]
    kinds = {kind for operation, fn in found for kind in (_answer(fn), operation.query, operation.body)}
    used = sorted((kind for kind in kinds if kind not in (None, type(None), bytes)), key=str)
    shapes, components = msgspec.json.schema_components([*used, Problem], ref_template=_REF)
    schemas: _Schemas = dict(zip([*used, Problem], shapes, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation, fn in found:
        for path in operation.paths:
            verbs = paths.setdefault(_template(path), {})
            verbs[operation.verb.lower()] = _operation(operation, fn, path, schemas, components)
    for operation, _ in found:  # a query's shape is told parameter by parameter
        if operation.query is not None:
            components.pop(_name(schemas[operation.query]), None)
    _forbid_nul([paths, components])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Noria", "version": __version__, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": at("/")}],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": components, "securitySchemes": _SECURITY},
    }


def _operation(
    operation: Operation, fn: Any, path: str, schemas: _Schemas, components: dict[str, Any]
) -> dict[str, Any]:
    summary, _, rest = inspect.cleandoc(fn.__doc__ or "").partition("\n\n")
    written: dict[str, Any] = {
        "operationId": _id(operation, path),
        "summary": " ".join(summary.split()),
        "description": rest,
        "parameters": [*_in_path(path), *_in_query(operation, schemas, components)],
        "security": [{"bearer": []}] if operation.scope else [],
        "responses": {"200": _success(operation, fn, schemas)}
        | {str(status): _failure(status, schemas) for status in operation.errors},
    }
    if operation.scope:
        written["x-scope"] = operation.scope.value
    if operation.body is not None:
        content = {operation.media: {"schema": _FILE if operation.body is bytes else schemas[operation.body]}}
        written["requestBody"] = {"required": True, "content": content}
    return {name: value for name, value in written.items() if value or name == "security"}


def _id(operation: Operation, path: str) -> str:
    """Operation ids are unique, so an alias of another API version carries that version."""
    if path == operation.paths[0]:
        return operation.id
    return operation.id + "V" + path.split("/")[1].lstrip("v").replace(".", "")


def _template(path: str) -> str:
    """The path as the document writes it.

    >>> _template("/v1/functions/{function_id:str}/labels")
    '/v1/functions/{functionId}/labels'
    """
    return _PARAMETER.sub(lambda found: "{" + _camel(found[1]) + "}", path)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _in_path(path: str) -> list[dict[str, Any]]:
    patterns = {"function_id": _ID_OR_SLUG}
    return [
        {
            "name": _camel(name),
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": patterns.get(name, _ID)},
        }
        for name in _PARAMETER.findall(path)
    ]


def _in_query(operation: Operation, schemas: _Schemas, components: dict[str, Any]) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    shape = components[_name(schemas[operation.query])]
    required = shape.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(schema)}
        for name, schema in shape["properties"].items()
    ]


def _name(reference: dict[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is not given is left out, never null."""
    (kind, *others) = [each for each in schema.get("anyOf", [schema]) if each != {"type": "null"}]
    if others:
        return schema
    default = schema.get("default")
    return {k: v for k, v in kind.items() if k != "default"} | (
        {} if default is None else {"default": default}
    )


def _forbid_nul(part: Any) -> None:
    """No text that is sent or answered holds a NUL character: see `fitting`."""
    if isinstance(part, dict):
        if part.get("type") == "string" and not {"pattern", "enum", "format"} & part.keys():
            part["pattern"] = _NO_NUL
        if isinstance(part.get("additionalProperties"), dict):
            part.setdefault("propertyNames", {}).setdefault("pattern", _NO_NUL)
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            _forbid_nul(each)


def _answer(fn: Any) -> Any:
    """The type that a handler answers with, without the response around it."""
    kind = get_type_hints(fn)["return"]
    return get_args(kind)[0] if get_origin(kind) is Response else kind


def _success(operation: Operation, fn: Any, schemas: _Schemas) -> dict[str, Any]:
    kind = _answer(fn)
    if kind is type(None):
        return {"description": "Done; there is nothing in the body."}
    schema = {"type": "object"} if kind is bytes else schemas[kind]
    if operation.answers != "application/json":
        schema = _FILE
    success = {"description": "Done.", "content": {operation.answers: {"schema": schema}}}
    paged = get_origin(get_type_hints(fn)["return"]) is Response and get_origin(kind) is list
    return success | ({"headers": {"Link": _LINK}} if paged else {})


def _failure(status: int, schemas: _Schemas) -> dict[str, Any]:
    return {
        "description": _MEANING[status],
        "content": {"application/json": {"schema": schemas[Problem]}},
    }


routes = [get_schema]
