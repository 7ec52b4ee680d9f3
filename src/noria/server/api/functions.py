"""Functions: create, list, read, change, delete, and a summary of what they hold."""

import asyncio
from typing import Any

from litestar import Request, Response
from litestar.params import Parameter

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.paging import linked
from noria.server.api.shapes import Done, FunctionBody, FunctionChange, FunctionShape, Shape

MAX_PAGE = 1000


class LabelCount(Shape):
    label_id: str
    label_name: str
    count: int


class Summary(Shape):
    sample_count: int
    annotated_sample_count: int
    staged_sample_count: int
    label_counts: list[LabelCount]


@route("GET", "/v1/functions", "ListFunctions", Scope.INVOKE)
async def list_functions(
    request: Request[Any, Any, Any],
    cursor: str | None = None,
    batch_size: int = Parameter(query="batchSize", default=MAX_PAGE, ge=1, le=MAX_PAGE),
    project_id: str | None = Parameter(query="projectId", default=None),
) -> Response[list[FunctionShape]]:
    """Functions in the order of creation. cursor: the last id of the page before."""
    noria = request.app.state.noria
    after = canonical("function", cursor) if cursor else None
    project = canonical("project", project_id) if project_id else None
    found = await asyncio.to_thread(noria.storage.functions.page, after, batch_size, project)
    following = found[-1].id if len(found) == batch_size else None
    return linked(request, [FunctionShape.of(f) for f in found], following)


@route("POST", "/v1/functions", "PostFunction", Scope.ADMIN, body=FunctionBody)
async def post_function(
    request: Request[Any, Any, Any],
    wait_until_ready: bool = Parameter(query="waitUntilReady", default=False),
) -> FunctionShape:
    """A new function, ready at once: `waitUntilReady` is taken and has nothing to wait for."""
    given = await body(request, FunctionBody)
    function = await asyncio.to_thread(
        request.app.state.noria.teacher.create_function,
        given.name,
        input=given.input,
        output=given.output,
        project_id=given.project_id,
    )
    return FunctionShape.of(function)


@route("GET", "/v1/functions/{function_id:str}", "GetFunction", Scope.INVOKE)
async def get_function(request: Request[Any, Any, Any], function_id: str) -> FunctionShape:
    get = request.app.state.noria.storage.functions.get
    return FunctionShape.of(await asyncio.to_thread(get, canonical("function", function_id)))


@route("PUT", "/v1/functions/{function_id:str}", "PutFunction", Scope.ADMIN, body=FunctionChange)
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
async def delete_function(request: Request[Any, Any, Any], function_id: str) -> Done:
    """Delete the function with its labels, samples, captures and versions, for good."""
    delete = request.app.state.noria.teacher.delete_function
    await asyncio.to_thread(delete, canonical("function", function_id))
    return Done()


@route("GET", "/v1/functions/{function_id:str}/summary", "GetFunctionSummary", Scope.INVOKE)
async def get_summary(request: Request[Any, Any, Any], function_id: str) -> Summary:
    return await asyncio.to_thread(
        _summary, request.app.state.noria.storage, canonical("function", function_id)
    )


def _summary(storage: Any, function_id: str) -> Summary:
    storage.functions.get(function_id)
    counts, per_label = storage.samples.counts(function_id), storage.labels.counts(function_id)
    return Summary(
        sample_count=counts.samples,
        annotated_sample_count=counts.annotated,
        staged_sample_count=counts.staged,
        label_counts=[
            LabelCount(label_id=label.id, label_name=label.name, count=per_label.get(label.id, 0))
            for label in storage.labels.all(function_id)
        ],
    )


routes = [
    list_functions, post_function, get_function, put_function, delete_function, get_summary,
]  # fmt: skip
