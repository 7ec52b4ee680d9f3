"""Capture: one item at a time, labelled by single keys; everything else on the page keeps itself up to date."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import anyio
import msgspec
from litestar import Request, Response, get, post
from litestar.params import Parameter
from litestar.response import Redirect, ServerSentEvent

from noria.errors import BadInput, DuplicateLabel, FunctionNotFound
from noria.records.client import Scope
from noria.records.field import FieldType
from noria.records.function import Function, Modality
from noria.records.ids import canonical
from noria.records.label import Label
from noria.records.queue_answer import Answered, NewQueueAnswer
from noria.server.audited import note
from noria.server.dashboard import items, pages
from noria.server.dashboard.contents import Content, Contents, fields_of
from noria.server.dashboard.languages import t
from noria.server.dashboard.own_answers import taken_back
from noria.server.dashboard.panel import Panel
from noria.server.dashboard.services import frame, person, seat, services
from noria.serving.labelling import Settled
from noria.serving.limits import MAX_LABELS, MAX_NAME, MAX_NOTE, checked_note
from noria.storage import SampleFilter

if TYPE_CHECKING:
    from noria.app import Noria

PREFETCH = 10
MAX_ALIKE = 500
MAX_KEY = 100  # characters
EXAMPLES = 6  # of a label
LONGEST_EXAMPLE = 400  # characters
_SKIPS = {"skip": Answered.SKIPPED, "unsure": Answered.UNSURE}


class Answer(msgspec.Struct, rename="camel"):
    """What a person did with one item. `by` is the session's, never the script's."""

    sample_id: str
    action: Literal["label", "tags", "skip", "unsure", "undo"]
    label_id: str | None = None
    blind: bool | None = None  # whether Noria's answer was kept back
    second: bool = False  # somebody else shall be asked, too
    label_ids: Annotated[list[str], msgspec.Meta(max_length=MAX_LABELS)] = []  # of the tags that are there
    alike: Annotated[list[str], msgspec.Meta(max_length=MAX_ALIKE)] = []  # near copies that it is for, too
    key: Annotated[str, msgspec.Meta(max_length=MAX_KEY)] = (
        ""  # the script's name of it; of an undo, of what goes
    )


class LabelName(msgspec.Struct):
    name: str


class Note(msgspec.Struct):
    note: str  # empty takes it away


@get("/functions/{function_id:str}/capture", opt={"scope": Scope.ANNOTATE}, sync_to_thread=True)
def capture(request: Request[Any, Any, Any], function_id: str) -> Response[Any]:
    noria = services(request)
    shown = frame(noria, function_id, "capture")
    if shown.function.searches:  # there is no such page of it
        return Redirect(shown.home)
    labels = noria.storage.labels.all(shown.function.id)
    least = 1 if shown.function.tags else 2
    start = {
        "labels": [_label(label) for label in labels],
        "items": _items(noria, shown.function, request, PREFETCH) if len(labels) >= least else [],
        "least": least,
        "tags": shown.function.tags,
        "kind": shown.function.input,
        "zooms": _has_images(noria, shown.function),
        "grid": shown.function.input is not Modality.TEXT and not shown.function.tags,
        "blindEvery": shown.function.capture.blind_every,
        "newestAt": noria.own_answers.newest_at(shown.function.id, person(request)),
        "others": not shown.function.tags and len(noria.people.all()) > 1,
    }
    return pages.page(
        request,
        "capture.html",
        frame=shown,
        labels=labels,
        start=start,
        max_name=MAX_NAME,
        max_note=MAX_NOTE,
        parts=Panel(noria, shown.function.id, person(request)).parts(),
        settings=shown.function.capture,
    )


@get("/functions/{function_id:str}/capture/items", opt={"scope": Scope.ANNOTATE}, sync_to_thread=True)
def capture_items(
    request: Request[Any, Any, Any],
    function_id: str,
    count: Annotated[int, Parameter(ge=1, le=50)] = PREFETCH,
) -> dict[str, Any]:
    """The next items, leased to whoever asks; of none, how many others have in front of them."""
    noria = services(request)
    function = noria.storage.functions.get(canonical("function", function_id))
    found = _items(noria, function, request, count)
    elsewhere = 0 if found else noria.labelling.others(function.id, seat(request)).items
    return {"items": found, "elsewhere": elsewhere}


@post(
    "/functions/{function_id:str}/capture/answers",
    opt={"scope": Scope.ANNOTATE, "unlogged": True},
    status_code=200,
    sync_to_thread=True,
)
def capture_answer(request: Request[Any, Any, Any], function_id: str, data: Answer) -> dict[str, Any]:
    """Carry out one answer; safe to repeat, as the page does when it can't tell whether the first one arrived."""
    noria = services(request)
    function = noria.storage.functions.get(canonical("function", function_id))
    if data.action == "undo":
        return _undone(request, noria, function, data)
    told = _carried_out(noria, function.id, data, person(request))
    if data.key:
        noria.own_answers.keep(_given(function.id, data, person(request)))
    if data.action in _SKIPS:  # what is said of labels and tags has logs of its own
        note(request, sampleId=data.sample_id, answer=_SKIPS[data.action].value)
    return told


def _carried_out(noria: "Noria", function_id: str, data: Answer, by: str) -> dict[str, Any]:
    """Returns what is told of it."""
    labelling = noria.labelling
    if data.action == "label":
        if not data.label_id:
            raise BadInput(t("Say which label: labelId."))
        settled = labelling.answer(
            function_id, data.sample_id, data.label_id, by, data.alike, blind=data.blind, second=data.second
        )
        return {
            "reasons": [items.reason(reason) for reason in settled.reasons],
            "answered": settled.answered_label_name,
            "confidence": settled.answered_confidence,
            "agreed": settled.agreed,
            **_known(settled),
        }
    if data.action == "tags":
        said = labelling.answer_tags(function_id, data.sample_id, data.label_ids, by, data.alike)
        return {
            "reasons": [items.reason(reason) for reason in said.reasons],
            "answered": None if said.answered is None else ", ".join(said.answered) or t("no tag"),
            "confidence": said.answered_confidence,
            "agreed": said.agreed,
        }
    kind = _SKIPS[data.action].value
    labelling.skip(function_id, data.sample_id, by, kind=kind, alike=data.alike)
    return {}


def _undone(
    request: Request[Any, Any, Any], noria: "Noria", function: Function, data: Answer
) -> dict[str, Any]:
    answer = noria.own_answers.by_key(function.id, person(request), data.key) if data.key else None
    if answer is not None:
        return taken_back(request, noria, function, answer)
    noria.labelling.undo(function.id, data.sample_id, person(request), data.alike)
    return {}


def _given(function_id: str, data: Answer, by: str) -> NewQueueAnswer:
    label_ids = (data.label_id,) if data.label_id else tuple(data.label_ids)
    said = _SKIPS.get(data.action) or Answered(data.action)
    ids = (data.sample_id, *data.alike)
    return NewQueueAnswer(function_id, by, data.key, datetime.now(UTC), said, label_ids, ids)


@post(
    "/functions/{function_id:str}/capture/labels",
    opt={"scope": Scope.EDIT, "unlogged": True},
    status_code=200,
    sync_to_thread=True,
)
def add_label(request: Request[Any, Any, Any], function_id: str, data: LabelName) -> dict[str, Any]:
    """A label that somebody missed at an item; the one with this name, where there is one. Safe to repeat."""
    noria, name = services(request), data.name.strip()
    try:
        label = noria.teacher.add_label(function_id, name, None, None)
    except DuplicateLabel:
        return _label(noria.storage.labels.by_name(function_id, name))
    note(request, name=name, labelId=label.id)
    return _label(label)


@get(
    "/functions/{function_id:str}/capture/labels/{label_id:str}/examples",
    opt={"scope": Scope.ANNOTATE},
    sync_to_thread=True,
)
def label_examples(request: Request[Any, Any, Any], function_id: str, label_id: str) -> dict[str, Any]:
    """The newest samples that people gave this label; none of an item that waits, so that a blind one stays blind."""
    noria = services(request)
    function = noria.storage.functions.get(canonical("function", function_id))
    filter = SampleFilter(annotation_label_id=label_id)
    found = noria.storage.samples.list(function.id, filter, EXAMPLES, None).samples
    contents = Contents(noria, function).by_id(found)
    return {"examples": [_example(contents[sample.id]) for sample in found]}


@post(
    "/functions/{function_id:str}/samples/{sample_id:str}/note",
    opt={"scope": Scope.ANNOTATE},
    status_code=200,
    sync_to_thread=True,
)
def write_note(
    request: Request[Any, Any, Any], function_id: str, sample_id: str, data: Note
) -> dict[str, Any]:
    """What somebody wants others to know of a sample. Safe to repeat."""
    written = checked_note(data.note)
    ids = canonical("function", function_id), canonical("sample", sample_id)
    services(request).storage.samples.write_note(*ids, written)
    note(request, note=written or "taken away")
    return {}


@get("/functions/{function_id:str}/capture/events", opt={"scope": Scope.ANNOTATE})
async def capture_events(request: Request[Any, Any, Any], function_id: str) -> ServerSentEvent:
    """The parts of the panel that changed, as they change."""
    noria = services(request)
    await anyio.to_thread.run_sync(noria.storage.functions.get, function_id)
    return ServerSentEvent(_changes(noria, function_id, person(request)), retry_duration=2000)


def _example(content: Content) -> dict[str, Any]:
    return {
        "data": content.line[:LONGEST_EXAMPLE],
        "image": content.image,
        "row": content.entries is not None,
    }


def _label(label: Label) -> dict[str, Any]:
    return {"id": label.id, "name": label.name, "about": label.description}


def _known(settled: Settled) -> dict[str, Any]:
    """What is told once a known item is answered."""
    if settled.known is None:
        return {}
    return {"known": {"right": settled.known == settled.label_id, "name": settled.known_name}}


def _items(
    noria: "Noria", function: Function, request: Request[Any, Any, Any], count: int
) -> list[dict[str, Any]]:
    served = noria.labelling.next(
        function.id, by=seat(request), count=count, together=True, person=person(request)
    )
    return items.listed(noria, function, served, seat(request))


def _has_images(noria: "Noria", function: Function) -> bool:
    fields = fields_of(noria, function)
    return function.input is Modality.IMAGE or any(field.type is FieldType.IMAGE for field in fields)


async def _changes(noria: "Noria", function_id: str, by: str) -> AsyncIterator[dict[str, str]]:
    shown: dict[str, str] = {}
    panel = Panel(noria, function_id, by)

    async def read() -> dict[str, str]:
        return await anyio.to_thread.run_sync(panel.parts)

    try:
        async for now in noria.events.subscribe(function_id, read):
            if changed := {part: html for part, html in now.items() if shown.get(part) != html}:
                shown = now
                yield {"event": "panel", "data": json.dumps(changed)}
    except FunctionNotFound:
        return  # deleted while somebody watched
