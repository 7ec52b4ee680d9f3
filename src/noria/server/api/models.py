"""Model versions: listed for good, and rolled back by one call."""

import asyncio
from typing import Any

from litestar import Request

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.sent import LiveModelBody
from noria.server.api.shapes import FunctionShape, ModelShape

_ALL = "/v1/functions/{function_id:str}/models"


@route("GET", _ALL, "ListModels", Scope.INVOKE)
async def list_models(request: Request[Any, Any, Any], function_id: str) -> list[ModelShape]:
    """Every version, newest first, with its scores and why it was promoted or kept back."""
    return await asyncio.to_thread(
        _models, request.app.state.noria.storage, canonical("function", function_id)
    )


@route("GET", _ALL + "/{model_id:str}", "GetModel", Scope.INVOKE)
async def get_model(request: Request[Any, Any, Any], function_id: str, model_id: str) -> ModelShape:
    """One version."""
    storage, function = request.app.state.noria.storage, canonical("function", function_id)
    version = await asyncio.to_thread(storage.versions.get, function, canonical("model", model_id))
    return ModelShape.of(version, await asyncio.to_thread(storage.functions.get, function))


@route("PUT", _ALL + "/live", "PutLiveModel", Scope.EDIT, body=LiveModelBody)
async def put_live_model(request: Request[Any, Any, Any], function_id: str) -> FunctionShape:
    """Make a listed version the one that answers; the next call is answered by it.

    Where a version is pinned, this one is pinned from now on.
    """
    given = await body(request, LiveModelBody)
    function = await asyncio.to_thread(
        request.app.state.noria.teacher.roll_back,
        canonical("function", function_id),
        canonical("model", given.model_id),
        request.state.caller.name,
    )
    return FunctionShape.of(function)


@route("PUT", _ALL + "/pinned", "PutPinnedModel", Scope.EDIT, body=LiveModelBody)
async def put_pinned_model(request: Request[Any, Any, Any], function_id: str) -> FunctionShape:
    """Make a listed version live and keep it so: later ones are trained, weighed and listed as waiting."""
    given = await body(request, LiveModelBody)
    function = await asyncio.to_thread(
        request.app.state.noria.teacher.pin,
        canonical("function", function_id),
        canonical("model", given.model_id),
        request.state.caller.name,
    )
    return FunctionShape.of(function)


@route("DELETE", _ALL + "/pinned", "DeletePinnedModel", Scope.EDIT)
async def delete_pinned_model(request: Request[Any, Any, Any], function_id: str) -> FunctionShape:
    """Take the pin away: the newest version that waited goes live at once, and the gate decides again on later ones."""
    unpin, by = request.app.state.noria.teacher.unpin, request.state.caller.name
    return FunctionShape.of(await asyncio.to_thread(unpin, canonical("function", function_id), by))


def _models(storage: Any, function_id: str) -> list[ModelShape]:
    function = storage.functions.get(function_id)
    return [ModelShape.of(version, function) for version in storage.versions.all(function_id)]


routes = [list_models, get_model, put_live_model, put_pinned_model, delete_pinned_model]
