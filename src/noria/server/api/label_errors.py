"""Annotations that are probably wrong: listed, kept, or changed to what is suggested. One of Noria's own additions."""

import asyncio
from typing import Annotated, Any

from litestar import Request
from msgspec import Meta

from noria.capture.rules import in_words
from noria.records.capture import CaptureReason
from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.contents import shape_of
from noria.server.api.declare import route
from noria.server.api.queries import query
from noria.server.api.sent import SuggestionBody
from noria.server.api.shapes import Done, SampleShape, Shape
from noria.serving.repairing import MAX_LISTED

_BASE = "/v1/functions/{function_id:str}/label-errors"


class CountQuery(Shape):
    count: Annotated[int, Meta(ge=1, le=MAX_LISTED)] = MAX_LISTED


class LabelErrorShape(Shape):
    sample: SampleShape
    label_id: str
    suggested_label_id: str
    confidence: float  # in the suggested label, of a model that has not seen the sample
    reason: str
    words: str


@route("GET", _BASE, "ListLabelErrors", Scope.VIEW, query=CountQuery)
async def list_label_errors(request: Request[Any, Any, Any], function_id: str) -> list[LabelErrorShape]:
    """Annotated samples that are probably mislabelled, the surest first."""
    count = query(request, CountQuery).count
    suspected = request.app.state.noria.repairs.suspected
    found = await asyncio.to_thread(suspected, canonical("function", function_id), count)
    return [
        LabelErrorShape(
            sample=shape_of(request, each.sample),
            label_id=each.label_id,
            suggested_label_id=each.suggested_label_id,
            confidence=each.confidence,
            reason=CaptureReason.MISLABELLED,
            words=in_words(CaptureReason.MISLABELLED),
        )
        for each in found
    ]


@route("POST", _BASE + "/{sample_id:str}/keep", "KeepLabel", Scope.ANNOTATE, body=SuggestionBody)
async def keep_label(request: Request[Any, Any, Any], function_id: str, sample_id: str) -> Done:
    """The annotation is right: this suggestion is not made for it again."""
    return await _settled(request, function_id, sample_id, request.app.state.noria.repairs.keep)


@route("POST", _BASE + "/{sample_id:str}/take", "TakeLabel", Scope.ANNOTATE, body=SuggestionBody)
async def take_label(request: Request[Any, Any, Any], function_id: str, sample_id: str) -> Done:
    """The suggestion is right: it becomes the sample's annotation."""
    return await _settled(request, function_id, sample_id, request.app.state.noria.repairs.take)


async def _settled(request: Request[Any, Any, Any], function_id: str, sample_id: str, settle: Any) -> Done:
    given = await body(request, SuggestionBody)
    await asyncio.to_thread(
        settle,
        canonical("function", function_id),
        canonical("sample", sample_id),
        canonical("label", given.label_id),
        request.state.caller.name,
    )
    return Done()


routes = [list_label_errors, keep_label, take_label]
