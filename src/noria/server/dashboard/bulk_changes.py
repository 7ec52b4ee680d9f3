"""Many samples at once: ticked on the Samples page, named with their number, and then changed; and copies of functions."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from noria.errors import BadInput, DoesNotFit, FunctionNotFound
from noria.records.client import Scope
from noria.records.function import Function
from noria.records.ids import canonical
from noria.records.sample import AnnotationSource
from noria.server.audited import note, note_beside, nothing_was_done
from noria.server.dashboard import pages
from noria.server.dashboard.languages import Later, t
from noria.server.dashboard.sample_filters import Narrowed
from noria.server.dashboard.services import frame, person, services
from noria.server.dashboard.words import plural
from noria.server.guard import must_edit, must_edit_everywhere
from noria.server.prefix import at
from noria.serving.bulk_changing import AT_ONCE_S
from noria.serving.teaching import NamedTag
from noria.storage import BulkChange, BulkKind, SampleFilter

if TYPE_CHECKING:
    from noria.app import Noria

_DONE = {
    BulkKind.DELETE: Later("deleted"),
    BulkKind.DELETE_LABEL: Later("deleted with their label"),
    BulkKind.RELABEL: Later("relabelled"),
    BulkKind.COPY: Later("copied"),
    BulkKind.MOVE: Later("moved"),
}
_WORDS = {
    BulkKind.DELETE: Later("Deleting samples"),
    BulkKind.DELETE_LABEL: Later("Deleting a label and its samples"),
    BulkKind.RELABEL: Later("Relabelling samples"),
    BulkKind.COPY: Later("Copying samples"),
    BulkKind.MOVE: Later("Moving samples"),
}


class Ticked(msgspec.Struct):
    """Samples that were ticked, or with `every` all that the list's filter finds; `sure` once somebody was asked."""

    sample_ids: list[str] | str = []  # a form with one alone has no list
    every: str = ""
    sure: str = ""
    change: str = "relabel"  # relabel; of tags: on, off
    to: str = ""  # label id
    into: str = ""  # function id
    label: str = ""  # these are the list's
    show: str = ""
    q: str = ""
    predicted: str = ""
    above: str = ""
    below: str = ""
    since: str = ""
    until: str = ""
    origin: str = ""
    reason: str = ""
    by: str = ""
    noted: str = ""
    cell: str = ""

    @property
    def query(self) -> dict[str, str]:
        """Of the list that they were ticked in."""
        return self._narrowed.query

    @property
    def filter(self) -> SampleFilter:
        return self._narrowed.filter if self.every else SampleFilter(sample_ids=tuple(self.ids))

    @property
    def ids(self) -> list[str]:
        return [self.sample_ids] if isinstance(self.sample_ids, str) else self.sample_ids

    @property
    def _narrowed(self) -> Narrowed:
        return Narrowed.of(msgspec.structs.asdict(self))


class CopyName(msgspec.Struct):
    name: str = ""


Form = Annotated[Ticked, Body(media_type=RequestEncodingType.URL_ENCODED)]


@post("/functions/{function_id:str}/samples/delete", opt={"scope": Scope.EDIT}, status_code=200)
async def delete_many(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    back = _back(function_id, data)
    every = data.filter == SampleFilter()
    if not (data.every or data.sample_ids):
        return pages.refused(request, back, t("Tick the samples first."))
    if not data.sure:
        return await asyncio.to_thread(_ask, request, function_id, data, "delete", None, every)
    delete = services(request).bulk.delete
    change = await asyncio.to_thread(delete, function_id, data.filter, person(request), every=every)
    note(request, change=change.id, samples=change.total)
    return await _under_way(request, change, back)


@post("/functions/{function_id:str}/samples/relabel", opt={"scope": Scope.ANNOTATE}, status_code=200)
async def relabel_many(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    back = _back(function_id, data)
    every = data.filter == SampleFilter()
    if not (data.every or data.sample_ids):
        return pages.refused(request, back, t("Tick the samples first."))
    noria = services(request)
    if not data.to:
        return pages.refused(request, back, t("Choose the label first."))
    label = await asyncio.to_thread(noria.storage.labels.get, function_id, data.to)
    if not data.sure:
        return await asyncio.to_thread(_ask, request, function_id, data, "relabel", label.name, every)
    tag = NamedTag(label.id, present=data.change != "off")
    try:
        change = await asyncio.to_thread(
            noria.bulk.relabel, function_id, data.filter, [tag], person(request), AnnotationSource.BULK,
            every=every,
        )  # fmt: skip
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    note(request, change=change.id, samples=change.total, label=label.name)
    return await _under_way(request, change, back)


@post("/functions/{function_id:str}/samples/move", opt={"scope": Scope.EDIT}, status_code=200)
async def move_many(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    back = _back(function_id, data)
    every = data.filter == SampleFilter()
    if not (data.every or data.sample_ids):
        return pages.refused(request, back, t("Tick the samples first."))
    if not data.into:
        return pages.refused(request, back, t("Choose the function first."))
    noria, into = services(request), canonical("function", data.into)
    must_edit(request.state.caller, into)
    try:
        if not data.sure:
            return await asyncio.to_thread(_ask_to_move, request, function_id, data, into, every)
        change = await asyncio.to_thread(
            noria.bulk.move, function_id, data.filter, into, person(request), every=every
        )
    except (BadInput, DoesNotFit) as wrong:
        return pages.refused(request, back, str(wrong))
    note(request, change=change.id, samples=change.total, into=into)
    note_beside(request, into, change=change.id, samples=change.total, **{"from": function_id})
    return await _under_way(request, change, back)


@get("/functions/{function_id:str}/changes/{change_id:str}", opt={"scope": Scope.VIEW}, sync_to_thread=True)
def change_page(request: Request[Any, Any, Any], function_id: str, change_id: str) -> Response[Any]:
    """How far it is; while it goes on, its script asks for this again."""
    noria = services(request)
    change = noria.storage.bulk_changes.get(function_id, change_id)
    shown = frame(noria, function_id, "samples")
    words, into = _WORDS[change.kind], _into(noria, change)
    if pages.wants_json(request):
        csrf = pages.csrf_token(request)
        html = pages.macro("change.html", "change_of", change, shown, csrf, words, _DONE[change.kind], into)
        return Response({"html": html, "underWay": change.under_way})
    return pages.page(
        request,
        "change_page.html",
        frame=shown,
        change=change,
        words=words,
        done_words=_DONE[change.kind],
        into=into,
    )


@post(
    "/functions/{function_id:str}/changes/{change_id:str}/stop",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def stop_change(request: Request[Any, Any, Any], function_id: str, change_id: str) -> Response[Any]:
    services(request).bulk.stop(function_id, change_id)
    return pages.done(
        request, at(f"/functions/{function_id}/changes/{change_id}"), t("Stopped. What is done stays done.")
    )


@post("/functions/{function_id:str}/settings/copy", opt={"scope": Scope.EDIT}, status_code=200)
async def copy_function(
    request: Request[Any, Any, Any],
    function_id: str,
    data: Annotated[CopyName, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    must_edit_everywhere(request.state.caller)
    noria = services(request)
    try:
        change = await asyncio.to_thread(
            noria.bulk.copy, function_id, data.name.strip() or None, person(request)
        )
    except BadInput as wrong:
        return pages.refused(request, at(f"/functions/{function_id}/settings#end"), str(wrong))
    note(request, copy=change.function_id, samples=change.total)
    return await _under_way(request, change, at(f"/functions/{change.function_id}/samples"))


async def _under_way(request: Request[Any, Any, Any], change: BulkChange, back: str) -> Response[Any]:
    """Back where it came from once it is over; its own page where that takes longer than a moment."""
    change = await services(request).bulk.settled(change, AT_ONCE_S)
    if change.under_way:
        return Redirect(at(f"/functions/{change.function_id}/changes/{change.id}"), status_code=303)
    if change.error:
        return pages.refused(
            request,
            back,
            t(
                "{error} {position} of {total} done.",
                error=change.error,
                position=change.position,
                total=plural(change.total, "sample"),
            ),
        )
    said = f"{plural(change.position, 'sample')} {t(_DONE[change.kind])}."
    if change.known:
        said += " " + t("{known} of them there already.", known=change.known)
    return pages.done(request, back, said)


def _into(noria: "Noria", change: BulkChange) -> Function | None:
    """Where the samples go, if it is still there."""
    if change.into_function_id is None:
        return None
    try:
        return noria.storage.functions.get(change.into_function_id)
    except FunctionNotFound:
        return None


def _ask_to_move(
    request: Request[Any, Any, Any], function_id: str, data: Ticked, into: str, every: bool
) -> Response[Any]:
    """What goes, what stays, and the button that goes on. Raises BadInput, DoesNotFit."""
    noria = services(request)
    counts = noria.bulk.count(function_id, data.filter, every)
    plan = noria.bulk.plan_move(function_id, data.filter, into, every=every)
    nothing_was_done(request)
    return pages.page(
        request,
        "move.html",
        frame=frame(noria, function_id, "samples"),
        into=noria.storage.functions.get(into),
        counts=counts,
        plan=plan,
        ticked=data,
        every=every,
        back=_back(function_id, data),
    )


def _ask(
    request: Request[Any, Any, Any],
    function_id: str,
    data: Ticked,
    action: str,
    label: str | None,
    every: bool,
) -> Response[Any]:
    """The number of samples, and the button that goes on."""
    nothing_was_done(request)
    noria = services(request)
    try:
        counts = noria.bulk.count(function_id, data.filter, every)
    except BadInput as wrong:
        return pages.refused(request, _back(function_id, data), str(wrong))
    return pages.page(
        request,
        "bulk.html",
        frame=frame(noria, function_id, "samples"),
        counts=counts,
        action=action,
        label=label,
        ticked=data,
        every=every,
        back=_back(function_id, data),
    )


def _back(function_id: str, data: Ticked) -> str:
    return pages.address(at(f"/functions/{function_id}/samples"), **data.query)
