"""Functions: create, list, read, change, delete, and a summary of what they hold."""

import asyncio
from typing import Annotated, Any

from litestar import Request, Response
from msgspec import UNSET, Meta, UnsetType

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.paging import MAX_PAGE, linked
from noria.server.api.queries import Id, query
from noria.server.api.sent import FunctionBody, FunctionChange
from noria.server.api.shapes import FunctionShape, Shape, gone
from noria.server.audited import note


class FunctionsQuery(Shape):
    cursor: Id | None = None  # the last id of the page before
    batch_size: Annotated[int, Meta(ge=1, le=MAX_PAGE)] = MAX_PAGE
    project_id: Id | None = None


class NewFunctionQuery(Shape):
    wait_until_ready: bool = False


class LabelCount(Shape):
    label_id: str
    label_name: str
    count: int


class Summary(Shape):
    sample_count: int
    annotated_sample_count: int
    staged_sample_count: int
    label_counts: list[LabelCount]
    unread_language: str | UnsetType = UNSET  # by its code of ISO 639; left out where the texts are read


@route("GET", "/v1/functions", "ListFunctions", Scope.INVOKE, query=FunctionsQuery)
async def list_functions(request: Request[Any, Any, Any]) -> Response[list[FunctionShape]]:
    """Functions in the order of creation; `cursor` is the last id of the page before."""
    asked = query(request, FunctionsQuery)
    after = canonical("function", asked.cursor) if asked.cursor else None
    project = canonical("project", asked.project_id) if asked.project_id else None
    page = request.app.state.noria.storage.functions.page
    found = await asyncio.to_thread(page, after, asked.batch_size, project)
    following = found[-1].id if len(found) == asked.batch_size else None
    return linked(request, [FunctionShape.of(f) for f in found], following)


@route(
    "POST", "/v1/functions", "PostFunction", Scope.EDIT,
    query=NewFunctionQuery, body=FunctionBody, errors=[404],
)  # fmt: skip
async def post_function(request: Request[Any, Any, Any]) -> FunctionShape:
    """A new function, ready at once: `waitUntilReady` is taken and has nothing to wait for."""
    query(request, NewFunctionQuery)
    given = await body(request, FunctionBody)
    function = await asyncio.to_thread(
        request.app.state.noria.teacher.create_function,
        given.name,
        input=given.input,
        output=given.output,
        project_id=given.project_id,
    )
    note(request, functionId=function.id)
    return FunctionShape.of(function)


@route("GET", "/v1/functions/{function_id:str}", "GetFunction", Scope.INVOKE)
async def get_function(request: Request[Any, Any, Any], function_id: str) -> FunctionShape:
    """One function."""
    get = request.app.state.noria.storage.functions.get
    return FunctionShape.of(await asyncio.to_thread(get, canonical("function", function_id)))


@route("PUT", "/v1/functions/{function_id:str}", "PutFunction", Scope.EDIT, body=FunctionChange)
async def put_function(request: Request[Any, Any, Any], function_id: str) -> FunctionShape:
    """Change name, project or decision threshold; input and output stay as they were made."""
    given = await body(request, FunctionChange)
    function = await asyncio.to_thread(
        request.app.state.noria.teacher.update_function,
        canonical("function", function_id),
        name=given.name,
        project_id=given.project_id,
        decision_threshold=given.decision_threshold,
    )
    return FunctionShape.of(function)


@route("DELETE", "/v1/functions/{function_id:str}", "DeleteFunction", Scope.ADMIN)
async def delete_function(request: Request[Any, Any, Any], function_id: str) -> Response[None]:
    """Delete the function with its labels, samples, captures and versions, for good."""
    delete = request.app.state.noria.teacher.delete_function
    await asyncio.to_thread(delete, canonical("function", function_id))
    return gone()


@route("GET", "/v1/functions/{function_id:str}/summary", "GetFunctionSummary", Scope.INVOKE)
async def get_summary(request: Request[Any, Any, Any], function_id: str) -> Summary:
    """How many samples it holds, how many annotated ones of each label, and in which language most are that is not read.

    The language is left out until it is known, which takes a second once there are 20 texts.
    """
    return await asyncio.to_thread(_summary, request.app.state.noria, canonical("function", function_id))


def _summary(noria: Any, function_id: str) -> Summary:
    storage = noria.storage
    unread = noria.text_languages.unread(storage.functions.get(function_id), patience_s=0.0)
    counts, per_label = storage.samples.counts(function_id), storage.labels.counts(function_id)
    return Summary(
        sample_count=counts.samples,
        annotated_sample_count=counts.annotated,
        staged_sample_count=counts.staged,
        label_counts=[
            LabelCount(label_id=label.id, label_name=label.name, count=per_label.get(label.id, 0))
            for label in storage.labels.all(function_id)
        ],
        unread_language=unread.language if unread else UNSET,
    )


routes = [
    list_functions, post_function, get_function, put_function, delete_function, get_summary,
]  # fmt: skip
