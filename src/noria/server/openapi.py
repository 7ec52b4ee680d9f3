"""The one OpenAPI document, served at /schema without a token."""

from typing import Any

import msgspec
from litestar import Litestar, Request, Response

from noria import __version__
from noria.server.api.declare import route

_SECURITY = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}


@route("GET", "/schema", "GetSchema", None)
async def get_schema(request: Request[Any, Any, Any]) -> Response[bytes]:
    """This document."""
    state = request.app.state
    if not hasattr(state, "schema_bytes"):
        state.schema_bytes = msgspec.json.encode(document(request.app))
    return Response(state.schema_bytes, media_type="application/json")


def document(app: Litestar) -> dict[str, Any]:
    """The framework's document, with the bodies and scopes that our routes declare."""
    schema: dict[str, Any] = app.openapi_schema.to_schema()
    schema["info"] |= {"title": "Noria", "version": __version__}
    components = schema.setdefault("components", {})
    components["securitySchemes"] = _SECURITY
    for each in app.routes:
        for handler in getattr(each, "route_handlers", ()):
            for verb in handler.http_methods:
                operation = schema["paths"].get(each.path_format, {}).get(verb.lower())
                if operation is not None:
                    _complete(operation, handler.opt, components)
    return schema


def _complete(operation: dict[str, Any], opt: dict[str, Any], components: dict[str, Any]) -> None:
    scope, body = opt.get("scope"), opt.get("body")
    operation["security"] = [{"bearer": []}] if scope else []
    if scope:
        operation["x-scope"] = scope.value
    if body is not None:
        (shape,), parts = msgspec.json.schema_components([body], ref_template="#/components/schemas/{name}")
        components.setdefault("schemas", {}).update(parts)
        operation["requestBody"] = {"required": True, "content": {opt["body_media"]: {"schema": shape}}}


routes = [get_schema]
