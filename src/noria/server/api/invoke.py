"""POST …/invoke: the answer to one input, and …/invoke-list: those to several."""

import asyncio
from typing import Annotated, Any

from litestar import Request, Response
from msgspec import Meta

from noria.errors import BadInput, NoriaError
from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.declare import MAX_BODY_OF_FILES, route
from noria.server.api.queries import Id, query
from noria.server.api.sent import InvokeBody, InvokesBody
from noria.server.api.shapes import FunctionOutput, InvokedInput, Problem, Shape, TagOutput
from noria.serving.limits import MAX_EXTERNAL_ID, MAX_INPUTS, checked_external_id, checked_metadata

MAX_LABEL_COUNT = 10_000
_AT_ONCE = 8  # inputs of one request on their way to the encoder: callers with one input get their turn
SAMPLE_ID = "Noria-Sample-Id"  # the header with the sample's id where the answer is a list


class InvokeListQuery(Shape):
    label_count: Annotated[int, Meta(ge=1, le=MAX_LABEL_COUNT)] | None = None
    include_metadata: bool = False
    model_id: Id | None = None
    capture: bool = True


class InvokeQuery(InvokeListQuery):
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
    function_id = canonical("function", function_id)
    asked, given = query(request, InvokeQuery), await body(request, InvokeBody)
    inside = checked_external_id(given.external_id)  # also where the address's is the one that counts
    given.external_id = asked.external_id or inside
    output = await _output(request, function_id, asked, given)
    if isinstance(output, FunctionOutput):
        return Response(output)
    tags, sample_id = output
    return Response(tags, headers={SAMPLE_ID: sample_id})


@route(
    "POST",
    ["/v1/functions/{function_id:str}/invoke-list"],
    "InvokeFunctionOnList",
    Scope.INVOKE,
    query=InvokeListQuery,
    body=InvokesBody,
    max_body=MAX_BODY_OF_FILES,
)
async def invoke_list(request: Request[Any, Any, Any], function_id: str) -> list[InvokedInput]:
    """The answers to several inputs, in their order, each as if it had come alone.

    One that can't be answered has a `problem` in the place of an answer and holds up no other: `overloaded` is worth
    sending again. The parameters hold for all.
    """
    noria, function_id = request.app.state.noria, canonical("function", function_id)
    asked, given = query(request, InvokeListQuery), (await body(request, InvokesBody)).inputs
    if not 1 <= len(given) <= MAX_INPUTS:
        raise BadInput(f"inputs must hold 1 to {MAX_INPUTS:,} inputs. Send the others in another request.")
    await noria.live.get(function_id)
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(each: InvokeBody) -> InvokedInput:
        async with turn:
            try:
                output = await _output(request, function_id, asked, each)
            except NoriaError as problem:
                return InvokedInput(problem=Problem(message=str(problem), code=problem.code))
        if isinstance(output, FunctionOutput):
            return InvokedInput(answer=output)
        tags, sample_id = output
        return InvokedInput(tags=tags, sample_id=sample_id)

    return await asyncio.gather(*map(one, given))


async def _output(
    request: Request[Any, Any, Any], function_id: str, asked: InvokeListQuery, given: InvokeBody
) -> FunctionOutput | tuple[list[TagOutput], str]:
    """The answer to one input; of a tags function its tags and the sample's id."""
    noria = request.app.state.noria
    external = checked_external_id(given.external_id)
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
        return tags, answer.sample_id
    output = FunctionOutput.of(answer, external, asked.include_metadata)
    if legacy:
        output.name = output.label_name
    return output


routes = [invoke, invoke_list]
