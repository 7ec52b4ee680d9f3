"""Many samples at once: ticked on the Samples page, named with their number, and then changed; and copies of functions."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from noria.errors import BadInput
from noria.records.client import Scope
from noria.records.sample import AnnotationSource
from noria.server.audited import note, nothing_was_done
from noria.server.dashboard import pages
from noria.server.dashboard.samples import Part, filter_of
from noria.server.dashboard.services import frame, person, services
from noria.server.dashboard.words import plural
from noria.server.guard import must_edit_everywhere
from noria.serving.bulk_changing import AT_ONCE_S
from noria.serving.teaching import NamedTag
from noria.storage import BulkChange, BulkKind, SampleFilter

_DONE = {
    BulkKind.DELETE: "deleted",
    BulkKind.DELETE_LABEL: "deleted with their label",
    BulkKind.RELABEL: "relabelled",
    BulkKind.COPY: "copied",
}
_WORDS = {
    BulkKind.DELETE: "Deleting samples",
    BulkKind.DELETE_LABEL: "Deleting a label and its samples",
    BulkKind.RELABEL: "Relabelling samples",
    BulkKind.COPY: "Copying samples",
}


class Ticked(msgspec.Struct):
    """Samples that were ticked, or with `every` all that the list's filter finds; `sure` once somebody was asked."""

    sample_ids: list[str] = []
    every: str = ""
    sure: str = ""
    change: str = "relabel"  # relabel; of tags: on, off
    to: str = ""  # label id
    label: str = ""  # these are the list's
    show: str = ""
    q: str = ""
    predicted: str = ""
    since: str = ""
    above: str = ""
    below: str = ""
    cell: str = ""

    @property
    def query(self) -> dict[str, str]:
        """Of the list that they were ticked in."""
        part = Part.of(self.predicted, self.since, self.above, self.below, self.cell)
        return {"label": self.label, "show": self.show, "q": self.q, **part.query}

    @property
    def filter(self) -> SampleFilter:
        if not self.every:
            return SampleFilter(sample_ids=tuple(self.sample_ids))
        part = Part.of(self.predicted, self.since, self.above, self.below, self.cell)
        return filter_of(self.label, self.show, self.q, part)


class CopyName(msgspec.Struct):
    name: str = ""


Form = Annotated[Ticked, Body(media_type=RequestEncodingType.URL_ENCODED)]


@post("/functions/{function_id:str}/samples/delete", opt={"scope": Scope.EDIT}, status_code=200)
async def delete_many(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    back = _back(function_id, data)
    every = data.filter == SampleFilter()
    if not (data.every or data.sample_ids):
        return pages.refused(request, back, "Tick the samples first.")
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
        return pages.refused(request, back, "Tick the samples first.")
    noria = services(request)
    if not data.to:
        return pages.refused(request, back, "Choose the label first.")
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


@get("/functions/{function_id:str}/changes/{change_id:str}", opt={"scope": Scope.VIEW}, sync_to_thread=True)
def change_page(request: Request[Any, Any, Any], function_id: str, change_id: str) -> Response[Any]:
    """How far it is; while it goes on, its script asks for this again."""
    noria = services(request)
    change = noria.storage.bulk_changes.get(function_id, change_id)
    shown = frame(noria, function_id, "samples")
    words = _WORDS[change.kind]
    if pages.wants_json(request):
        csrf = pages.csrf_token(request)
        html = pages.macro("change.html", "change_of", change, shown, csrf, words, _DONE[change.kind])
        return Response({"html": html, "underWay": change.under_way})
    return pages.page(
        request, "change_page.html", frame=shown, change=change, words=words, done_words=_DONE[change.kind]
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
        request, f"/functions/{function_id}/changes/{change_id}", "Stopped. What is done stays done."
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
        return pages.refused(request, f"/functions/{function_id}/settings#end", str(wrong))
    note(request, copy=change.function_id, samples=change.total)
    return await _under_way(request, change, f"/functions/{change.function_id}/samples")


async def _under_way(request: Request[Any, Any, Any], change: BulkChange, back: str) -> Response[Any]:
    """Back where it came from once it is over; its own page where that takes longer than a moment."""
    change = await services(request).bulk.settled(change, AT_ONCE_S)
    if change.under_way:
        return Redirect(f"/functions/{change.function_id}/changes/{change.id}", status_code=303)
    if change.error:
        return pages.refused(
            request, back, f"{change.error} {change.position} of {plural(change.total, 'sample')} done."
        )
    return pages.done(request, back, f"{plural(change.position, 'sample')} {_DONE[change.kind]}.")


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
    return pages.address(f"/functions/{function_id}/samples", **data.query)
