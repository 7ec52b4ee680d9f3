"""POST …/invoke: the answer to one input."""

from typing import Annotated, Any

from litestar import Request
from msgspec import Meta

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.declare import MAX_BODY_OF_FILES, route
from noria.server.api.queries import Id, query
from noria.server.api.sent import InvokeBody
from noria.server.api.shapes import FunctionOutput, Shape
from noria.serving.limits import MAX_EXTERNAL_ID, checked_external_id, checked_metadata

MAX_LABEL_COUNT = 10_000


class InvokeQuery(Shape):
    label_count: Annotated[int, Meta(ge=1, le=MAX_LABEL_COUNT)] | None = None
    include_metadata: bool = False
    model_id: Id | None = None
    capture: bool = True
    external_id: Annotated[str, Meta(max_length=MAX_EXTERNAL_ID)] | None = None


@route(
    "POST",
    ["/v1/functions/{function_id:str}/invoke", "/v0.9/functions/{function_id:str}/invoke"],
    "InvokeFunction",
    Scope.INVOKE,
    query=InvokeQuery,
    body=InvokeBody,
    max_body=MAX_BODY_OF_FILES,
)
async def invoke(request: Request[Any, Any, Any], function_id: str) -> FunctionOutput:
    """The likeliest label and its confidence.

    `labelCount`: list that many labels in `labelConfidences`, best first. `includeMetadata`: add the label's.
    `modelId`: a version other than the live one; empty is the live one. `capture`: false keeps this call out of
    capture and figures. `externalId`: your own name for the sample, kept if the call is captured. v0.9 says the
    likeliest label's name under `name` as well.
    """
    asked, given = query(request, InvokeQuery), await body(request, InvokeBody)
    external = checked_external_id(asked.external_id or given.external_id)
    answer = await request.app.state.noria.invoker.invoke(
        canonical("function", function_id),
        given.data,
        label_count=asked.label_count,
        version_id=asked.model_id or None,
        capture=asked.capture and given.capture is not False,
        external_id=external,
        metadata=checked_metadata(given.metadata),
    )
    output = FunctionOutput.of(answer, external, asked.include_metadata)
    if request.scope["path"].startswith("/v0.9"):
        output.name = output.label_name
    return output


routes = [invoke]
