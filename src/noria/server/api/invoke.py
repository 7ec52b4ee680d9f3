"""POST …/invoke: the answer to one input."""

from typing import Annotated, Any

from litestar import Request, Response
from msgspec import Meta

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.declare import MAX_BODY_OF_FILES, route
from noria.server.api.queries import Id, query
from noria.server.api.sent import InvokeBody
from noria.server.api.shapes import FunctionOutput, Shape, TagOutput
from noria.serving.limits import MAX_EXTERNAL_ID, checked_external_id, checked_metadata

MAX_LABEL_COUNT = 10_000
SAMPLE_ID = "Noria-Sample-Id"  # the header with the sample's id where the answer is a list


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
async def invoke(
    request: Request[Any, Any, Any], function_id: str
) -> Response[FunctionOutput | list[TagOutput]]:
    """The likeliest label and its confidence; of a tags function, the list of tags that are there.

    `labelCount`: list that many labels in `labelConfidences`, best first. `includeMetadata`: add the label's.
    `modelId`: a version other than the live one; empty is the live one. `capture`: false keeps this call out of
    capture and figures. `externalId`: your own name for the sample, kept if the call is captured. v0.9 says the
    likeliest label's name under `name` as well.

    A tags function lists the tags at or above their thresholds, the likeliest first, perhaps none; with `labelCount` so
    many, those below their thresholds too. The sample's id is in the header `Noria-Sample-Id`.
    """
    noria, function_id = request.app.state.noria, canonical("function", function_id)
    asked, given = query(request, InvokeQuery), await body(request, InvokeBody)
    external = checked_external_id(asked.external_id or given.external_id)
    gives_tags = (await noria.live.get(function_id)).function.tags
    invoked = noria.invoker.invoke_tags if gives_tags else noria.invoker.invoke
    answer = await invoked(
        function_id,
        given.data,
        label_count=asked.label_count,
        version_id=asked.model_id or None,
        capture=asked.capture and given.capture is not False,
        external_id=external,
        metadata=checked_metadata(given.metadata),
    )
    legacy = request.scope["path"].startswith("/v0.9")
    if gives_tags:
        tags = TagOutput.all_of(answer, asked.include_metadata)
        for tag in tags if legacy else ():
            tag.name = tag.label_name
        return Response(tags, headers={SAMPLE_ID: answer.sample_id})
    output = FunctionOutput.of(answer, external, asked.include_metadata)
    if legacy:
        output.name = output.label_name
    return Response(output)


routes = [invoke]
