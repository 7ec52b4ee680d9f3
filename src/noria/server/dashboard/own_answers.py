"""Your last answers, on Capture: listed from the server, taken back and changed, also after a reload."""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.params import Parameter

from noria.records.client import Scope
from noria.records.function import Function
from noria.records.ids import canonical
from noria.records.queue_answer import QueueAnswer
from noria.server.audited import note
from noria.server.dashboard import items
from noria.server.dashboard.contents import Contents
from noria.server.dashboard.languages import t
from noria.server.dashboard.services import person, seat, services
from noria.serving.own_answers import MAX_LISTED, OwnAnswer, Since

if TYPE_CHECKING:
    from noria.app import Noria

LISTED = 50
LONGEST_LINE = 300  # characters of a content


class OtherLabel(msgspec.Struct, rename="camel"):
    label_id: str


@get("/functions/{function_id:str}/capture/answers", opt={"scope": Scope.ANNOTATE}, sync_to_thread=True)
def last_answers(
    request: Request[Any, Any, Any],
    function_id: str,
    count: Annotated[int, Parameter(ge=1, le=MAX_LISTED)] = LISTED,
) -> dict[str, Any]:
    """Of whoever asks, newest first."""
    noria = services(request)
    function = noria.storage.functions.get(canonical("function", function_id))
    contents = Contents(noria, function)
    listed = noria.own_answers.last(function.id, person(request), count)
    return {"answers": [_listed(contents, answer) for answer in listed]}


@post(
    "/functions/{function_id:str}/capture/answers/{answer_id:int}/take-back",
    opt={"scope": Scope.ANNOTATE, "unlogged": True},
    status_code=200,
    sync_to_thread=True,
)
def take_back_answer(request: Request[Any, Any, Any], function_id: str, answer_id: int) -> dict[str, Any]:
    """What it was given to waits again and comes along, to be shown at once. Safe to repeat."""
    noria = services(request)
    function = noria.storage.functions.get(canonical("function", function_id))
    answer = noria.storage.queue_answers.get(function.id, person(request), answer_id)
    return taken_back(request, noria, function, answer)


@post(
    "/functions/{function_id:str}/capture/answers/{answer_id:int}/label",
    opt={"scope": Scope.ANNOTATE, "unlogged": True},
    status_code=200,
    sync_to_thread=True,
)
def change_answer(
    request: Request[Any, Any, Any], function_id: str, answer_id: int, data: OtherLabel
) -> dict[str, Any]:
    """Another label for all that it was given to. Safe to repeat."""
    noria, by = services(request), person(request)
    id = canonical("function", function_id)
    before = noria.storage.queue_answers.get(id, by, answer_id).given
    changed = noria.own_answers.change(id, answer_id, data.label_id, by)
    if not before.label_ids:  # a change of label stands in the log of labels
        note(request, sampleId=before.sample_ids[0], before=before.said.value, labelId=data.label_id)
    return {"count": changed.count, "stay": [_since(each) for each in changed.stay]}


def taken_back(
    request: Request[Any, Any, Any], noria: "Noria", function: Function, answer: QueueAnswer
) -> dict[str, Any]:
    given = answer.given
    done = noria.own_answers.take_back(function.id, answer.id, person(request), seat(request))
    if given.grouped:
        noria.discovery.forget(function.id)
    if not given.label_ids and answer.taken_back_at is None:  # a label that goes stands in the log of labels
        note(request, sampleId=given.sample_ids[0], tookBack=given.said.value)
    back = items.listed(noria, function, done.items, seat(request))
    return {
        "count": done.count,
        "left": list(done.left),
        "stay": [_since(each) for each in done.stay],
        "items": back,
    }


def _listed(contents: Contents, own: OwnAnswer) -> dict[str, Any]:
    given = own.answer.given
    content = None if own.sample is None else contents.of(own.sample.id, own.sample)
    return {
        "id": own.answer.id,
        "key": given.key,
        "sampleId": given.sample_ids[0],
        "at": given.at.timestamp(),
        "said": given.said.value,
        "labels": list(own.labels),
        "count": len(given.sample_ids),
        "grouped": given.grouped,
        "data": "" if content is None else content.line[:LONGEST_LINE],
        "image": None if content is None else content.image,
        "row": content is not None and content.entries is not None,
        "since": own.since and _since(own.since),
    }


def _since(since: Since) -> str:
    return t(since.words, by=since.by, label=since.label)
