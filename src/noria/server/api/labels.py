"""Labels of a function."""

import asyncio
from typing import Any

from litestar import Request, Response

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.sent import LabelBody
from noria.server.api.shapes import LabelShape, gone

_ALL = "/v1/functions/{function_id:str}/labels"
_ONE = "/v1/functions/{function_id:str}/labels/{label_id:str}"


@route("GET", _ALL, "ListLabels", Scope.INVOKE)
async def list_labels(request: Request[Any, Any, Any], function_id: str) -> list[LabelShape]:
    """All labels in the order of creation."""
    read = request.app.state.noria.storage.labels.all
    return [
        LabelShape.of(label) for label in await asyncio.to_thread(read, canonical("function", function_id))
    ]


@route("POST", _ALL, "PostLabel", Scope.EDIT, body=LabelBody, errors=[409])
async def post_label(request: Request[Any, Any, Any], function_id: str) -> LabelShape:
    """A new label; 409 with the `id` of the one that has this name already."""
    given = await body(request, LabelBody)
    add = request.app.state.noria.teacher.add_label
    label = await asyncio.to_thread(
        add, canonical("function", function_id), given.name, given.description, given.metadata
    )
    return LabelShape.of(label)


@route("GET", _ONE, "GetLabel", Scope.INVOKE)
async def get_label(request: Request[Any, Any, Any], function_id: str, label_id: str) -> LabelShape:
    """One label."""
    read = request.app.state.noria.storage.labels.get
    label = await asyncio.to_thread(read, canonical("function", function_id), canonical("label", label_id))
    return LabelShape.of(label)


@route("PUT", _ONE, "PutLabel", Scope.EDIT, body=LabelBody, errors=[409])
async def put_label(request: Request[Any, Any, Any], function_id: str, label_id: str) -> LabelShape:
    """Change a label: what is left out of the body is gone."""
    given = await body(request, LabelBody)
    update = request.app.state.noria.teacher.update_label
    label = await asyncio.to_thread(
        update,
        canonical("function", function_id),
        canonical("label", label_id),
        given.name,
        given.description,
        given.metadata,
    )
    return LabelShape.of(label)


@route("DELETE", _ONE, "DeleteLabel", Scope.EDIT)
async def delete_label(request: Request[Any, Any, Any], function_id: str, label_id: str) -> Response[None]:
    """Delete the label; annotations and predictions that name it are gone at once."""
    delete = request.app.state.noria.teacher.delete_label
    await asyncio.to_thread(delete, canonical("function", function_id), canonical("label", label_id))
    return gone()


routes = [list_labels, post_label, get_label, put_label, delete_label]
