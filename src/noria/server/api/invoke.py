"""POST …/invoke: the answer to one input."""

from typing import Any

from litestar import Request
from litestar.params import Parameter

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.shapes import FunctionOutput, InvokeBody
from noria.serving.limits import checked_external_id, checked_metadata

MAX_LABEL_COUNT = 10_000


@route(
    "POST",
    "/v1/functions/{function_id:str}/invoke",
    "InvokeFunction",
    Scope.INVOKE,
    body=InvokeBody,
    errors=[503],
)
async def invoke(
    request: Request[Any, Any, Any],
    function_id: str,
    label_count: int | None = Parameter(query="labelCount", default=None, ge=1, le=MAX_LABEL_COUNT),
    include_metadata: bool = Parameter(query="includeMetadata", default=False),
    model_id: str = Parameter(query="modelId", default=""),
    capture: bool = True,
    external_id: str | None = Parameter(query="externalId", default=None),
) -> FunctionOutput:
    """The likeliest label and its confidence.

    labelCount: list that many labels in `labelConfidences`, best first.   modelId: a version other than the
    live one; empty is the live one.   capture: false keeps this call out of capture and figures.
    """
    given = await body(request, InvokeBody)
    external = checked_external_id(external_id or given.external_id)
    answer = await request.app.state.noria.invoker.invoke(
        canonical("function", function_id),
        given.data,
        label_count=label_count,
        version_id=model_id or None,
        capture=capture,
        external_id=external,
        metadata=checked_metadata(given.metadata),
    )
    return FunctionOutput.of(answer, external, include_metadata)


routes = [invoke]
