"""Invoke: try a function by hand. Such calls are answered as any other and stay outside capture and figures."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, QueryParameter

from noria.errors import NoriaError
from noria.records.client import Scope
from noria.records.function import Function, Output
from noria.server.api.declare import MAX_BODY_OF_FILES
from noria.server.dashboard import pages
from noria.server.dashboard.contents import Contents, fields_of
from noria.server.dashboard.row_form import PASTED, controls, example_row, field_of, filled, row_of, told
from noria.server.dashboard.services import Frame, frame, services
from noria.server.dashboard.side_by_side import MOST, offered, side_by_side
from noria.server.dashboard.similar import shown_found
from noria.serving.answers import Answer, AnswerOfTags

if TYPE_CHECKING:
    from noria.app import Noria

_BARS = 8
_TAGS = 30
_FOUND = 10


_MACROS = {Output.SEARCH: "found", Output.TAGS: "tagged"}


Side = Annotated[list[str] | None, QueryParameter(name="side")]  # ids of versions that answer too


class Tried(msgspec.Struct):
    data: str = ""


@dataclass
class TriedFile:
    file: UploadFile


@get("/functions/{function_id:str}/invoke", opt={"scope": Scope.VIEW}, sync_to_thread=True)
def invoke(request: Request[Any, Any, Any], function_id: str, side: Side = None) -> Response[str]:
    noria = services(request)
    shown = frame(noria, function_id, "invoke")
    return _page(request, shown, 200, "", None, None)


@post(
    "/functions/{function_id:str}/invoke/file",
    opt={"scope": Scope.INVOKE},
    status_code=200,
    request_max_body_size=MAX_BODY_OF_FILES,
)
async def try_file(
    request: Request[Any, Any, Any],
    function_id: str,
    data: Annotated[TriedFile, Body(media_type=RequestEncodingType.MULTI_PART)],
    side: Side = None,
) -> Response[Any]:
    return await _tried(request, function_id, await data.file.read(), "", side or [])


@post("/functions/{function_id:str}/invoke", opt={"scope": Scope.INVOKE}, status_code=200)
async def try_it(
    request: Request[Any, Any, Any],
    function_id: str,
    data: Annotated[Tried, Body(media_type=RequestEncodingType.URL_ENCODED)],
    side: Side = None,
) -> Response[Any]:
    return await _tried(request, function_id, data.data, data.data, side or [])


@post(
    "/functions/{function_id:str}/invoke/row",
    opt={"scope": Scope.INVOKE},
    status_code=200,
    request_max_body_size=MAX_BODY_OF_FILES,
)
async def try_row(request: Request[Any, Any, Any], function_id: str, side: Side = None) -> Response[Any]:
    """A form with an input for each field, or with an object pasted under `json`."""
    noria = services(request)
    around = await asyncio.to_thread(frame, noria, function_id, "invoke")
    fields = await asyncio.to_thread(fields_of, noria, around.function)
    form = await request.form()
    try:
        answer = await _answered(noria, around.function, await row_of(form, fields), side or [])
    except NoriaError as problem:
        at = field_of(problem, fields)
        if pages.wants_json(request):
            return Response({"message": told(problem), "field": at}, status_code=400)
        return _page(request, around, 400, str(form.get(PASTED, "")), None, told(problem), form, at)
    if pages.wants_json(request):
        macro = _MACROS.get(around.function.output, "answered")
        return Response({"html": pages.macro("invoke_answer.html", macro, answer, None)})
    return _page(request, around, 200, str(form.get(PASTED, "")), answer, None, form)


async def _tried(
    request: Request[Any, Any, Any], function_id: str, given: str | bytes, shown: str, side: Sequence[str]
) -> Response[Any]:
    noria = services(request)
    around = frame(noria, function_id, "invoke")
    answer: Any = None
    wrong: str | None = None
    try:
        if around.function.searches:
            found = await noria.searcher.search(function_id, data=given, count=_FOUND)
            contents = await asyncio.to_thread(Contents, noria, around.function)
            answer = [shown_found(contents, each) for each in found]
        else:
            answer = await _answered(noria, around.function, given, side)
    except NoriaError as error:
        wrong = str(error)
    if pages.wants_json(request):
        macro = _MACROS.get(around.function.output, "answered")
        return Response({"html": pages.macro("invoke_answer.html", macro, answer, wrong)})
    return _page(request, around, 400 if wrong else 200, shown, answer, wrong)


async def _answered(noria: "Noria", function: Function, given: object, side: Sequence[str]) -> dict[str, Any]:
    """The answer as it is shown, with those of other versions beside it. Raises NoriaError."""
    beside = {"beside": await side_by_side(noria, function, given, side)}
    if function.tags:
        tags = await noria.invoker.invoke_tags(function.id, given, label_count=_TAGS, capture=False)
        return shown_tags(tags) | beside
    answer = await noria.invoker.invoke(function.id, given, label_count=_BARS, capture=False)
    return shown_answer(answer) | beside


def _page(
    request: Request[Any, Any, Any],
    shown: Frame,
    status: int,
    given: str,
    answer: Any,
    wrong: str | None,
    form: Mapping[str, Any] = MappingProxyType({}),
    wrong_field: str = "",
) -> Response[str]:
    """form: what was typed of a row.   wrong_field: the id of the field that `wrong` is about."""
    noria = services(request)
    storage, id = noria.storage, shown.function.id
    side = [id for id in request.query_params.getall("side", []) if id][:MOST]
    fields = fields_of(noria, shown.function)
    return pages.page(
        request,
        "invoke.html",
        status,
        frame=shown,
        can_answer=storage.samples.counts(id).samples > 0
        if shown.function.searches
        else len(storage.labels.all(id)) > 0,
        given=given,
        answer=answer,
        wrong=wrong,
        controls=filled(controls(noria, id, fields), form),
        wrong_field=wrong_field,
        example=example_row(fields),
        offered=offered(noria, shown.function),
        side=side,
        most=MOST,
        query=f"?{urlencode({'side': side}, doseq=True)}" if side else "",
    )


def shown_answer(answer: Answer) -> dict[str, Any]:
    """The answer for the template: bars, and the JSON that a client gets."""
    body = {
        "labelName": answer.label_name,
        "labelId": answer.label_id,
        "confidence": round(answer.confidence, 4),
        "labelConfidences": [
            {"labelName": name, "labelId": label_id, "confidence": round(confidence, 4)}
            for label_id, name, confidence in answer.label_confidences
        ],
    }
    return {
        "name": answer.label_name,
        "confidence": answer.confidence,
        "bars": [(name, confidence) for _, name, confidence in answer.label_confidences],
        "version": answer.version_number or None,
        "json": json.dumps(body, indent=2, ensure_ascii=False),
    }


def shown_tags(answer: AnswerOfTags) -> dict[str, Any]:
    """The same of tags: a bar each, those that are answered and those that are not."""
    tags = [(tag.label_name, tag.confidence, tag.confidence >= tag.decision_threshold) for tag in answer.tags]
    body = [
        {"labelName": tag.label_name, "labelId": tag.label_id, "confidence": round(tag.confidence, 4)}
        for tag in answer.tags
        if tag.confidence >= tag.decision_threshold
    ]
    return {
        "bars": tags,
        "names": [name for name, _, there in tags if there],
        "version": answer.version_number,
        "json": json.dumps(body, indent=2, ensure_ascii=False),
    }
