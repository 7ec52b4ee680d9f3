"""Invoke: try a function by hand. Such calls are answered as any other and stay outside capture and figures."""

import json
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body

from noria.errors import NoriaError
from noria.records.client import Scope
from noria.server.api.declare import MAX_BODY_OF_FILES
from noria.server.dashboard import pages
from noria.server.dashboard.services import frame, services
from noria.serving.invoking import Answer

_BARS = 8


class Tried(msgspec.Struct):
    data: str = ""


@dataclass
class TriedFile:
    file: UploadFile


@get("/functions/{function_id:str}/invoke", opt={"scope": Scope.INVOKE}, sync_to_thread=True)
def invoke(request: Request[Any, Any, Any], function_id: str) -> Response[str]:
    noria = services(request)
    shown = frame(noria, function_id, "invoke")
    n_labels = len(noria.storage.labels.all(shown.function.id))
    return pages.page(
        request, "invoke.html", frame=shown, n_labels=n_labels, given="", answer=None, wrong=None
    )


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
) -> Response[Any]:
    return await _tried(request, function_id, await data.file.read(), "")


@post("/functions/{function_id:str}/invoke", opt={"scope": Scope.INVOKE}, status_code=200)
async def try_it(
    request: Request[Any, Any, Any],
    function_id: str,
    data: Annotated[Tried, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    return await _tried(request, function_id, data.data, data.data)


async def _tried(
    request: Request[Any, Any, Any], function_id: str, given: str | bytes, shown: str
) -> Response[Any]:
    noria = services(request)
    answer: dict[str, Any] | None = None
    wrong: str | None = None
    try:
        answer = shown_answer(
            await noria.invoker.invoke(function_id, given, label_count=_BARS, capture=False)
        )
    except NoriaError as error:
        wrong = str(error)
    if pages.wants_json(request):
        return Response({"html": pages.macro("invoke_answer.html", "answered", answer, wrong)})
    return pages.page(
        request,
        "invoke.html",
        400 if wrong else 200,
        frame=frame(noria, function_id, "invoke"),
        n_labels=len(noria.storage.labels.all(function_id)),
        given=shown,
        answer=answer,
        wrong=wrong,
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
