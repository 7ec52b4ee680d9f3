"""Fields of a table function."""

import asyncio
from typing import Any

from litestar import Request, Response

from noria.errors import FieldNotFound
from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.sent import FieldBody, FieldChange
from noria.server.api.shapes import FieldShape, gone

_ALL = "/v1/functions/{function_id:str}/fields"
_ONE = "/v1/functions/{function_id:str}/fields/{field_id:str}"


@route("GET", _ALL, "ListFields", Scope.INVOKE, errors=[400])
async def list_fields(request: Request[Any, Any, Any], function_id: str) -> list[FieldShape]:
    """All fields in the order of creation."""
    read = request.app.state.noria.teacher.fields
    return [FieldShape.of(f) for f in await asyncio.to_thread(read, canonical("function", function_id))]


@route("POST", _ALL, "PostField", Scope.EDIT, body=FieldBody, errors=[409])
async def post_field(request: Request[Any, Any, Any], function_id: str) -> FieldShape:
    """A new field, missing in the rows that are there; 409 with the `id` of the one that has this name already."""
    given = await body(request, FieldBody)
    add = request.app.state.noria.teacher.add_field
    return FieldShape.of(
        await asyncio.to_thread(add, canonical("function", function_id), given.name, given.type)
    )


@route("GET", _ONE, "GetField", Scope.INVOKE, errors=[400])
async def get_field(request: Request[Any, Any, Any], function_id: str, field_id: str) -> FieldShape:
    """One field."""
    read, id = request.app.state.noria.teacher.fields, canonical("field", field_id)
    for field in await asyncio.to_thread(read, canonical("function", function_id)):
        if field.id == id:
            return FieldShape.of(field)
    raise FieldNotFound(id=id)


@route("PUT", _ONE, "PutField", Scope.EDIT, body=FieldChange, errors=[409])
async def put_field(request: Request[Any, Any, Any], function_id: str, field_id: str) -> FieldShape:
    """Rename a field; its type stays as it was made."""
    given = await body(request, FieldChange)
    rename = request.app.state.noria.teacher.rename_field
    field = await asyncio.to_thread(
        rename, canonical("function", function_id), canonical("field", field_id), given.name
    )
    return FieldShape.of(field)


@route("DELETE", _ONE, "DeleteField", Scope.EDIT)
async def delete_field(request: Request[Any, Any, Any], function_id: str, field_id: str) -> Response[None]:
    """Delete the field: its values are not shown, asked for or learnt from any more."""
    delete = request.app.state.noria.teacher.delete_field
    await asyncio.to_thread(delete, canonical("function", function_id), canonical("field", field_id))
    return gone()


routes = [list_fields, post_field, get_field, put_field, delete_field]
