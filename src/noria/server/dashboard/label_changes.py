"""The forms that add, change, merge and delete a function's labels."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from noria.errors import BadInput, DuplicateLabel
from noria.records.client import Scope
from noria.server.audited import note
from noria.server.dashboard import pages
from noria.server.dashboard.functions import label_names
from noria.server.dashboard.languages import t
from noria.server.dashboard.services import frame, person, services
from noria.server.dashboard.words import plural
from noria.server.prefix import at
from noria.serving.bulk_changing import AT_ONCE_S


class NewLabels(msgspec.Struct):
    names: str = ""  # one a line
    description: str = ""  # of a single one


class Changed(msgspec.Struct):
    """What is not sent stays as it is."""

    name: str | None = None
    description: str | None = None


class DeletedWith(msgspec.Struct):
    samples: str = "keep"  # or delete


class MergedInto(msgspec.Struct):
    into: str = ""


_FORM = RequestEncodingType.URL_ENCODED


@post("/functions/{function_id:str}/labels", opt={"scope": Scope.EDIT}, status_code=200, sync_to_thread=True)
def add_labels(
    request: Request[Any, Any, Any], function_id: str, data: Annotated[NewLabels, Body(media_type=_FORM)]
) -> Response[Any]:
    back = at(f"/functions/{function_id}/labels")
    names, known = label_names(data.names), 0
    if not names:
        return pages.refused(request, back, t("Write at least one label, one a line."))
    guideline = _guideline(data.description) if len(names) == 1 else None
    for name in names:
        try:
            services(request).teacher.add_label(function_id, name, guideline, None)
        except DuplicateLabel:
            known += 1
        except BadInput as wrong:
            return pages.refused(request, back, f"“{name[:40]}”: {wrong}")
    note(request, names=", ".join(names))
    words = t("Added {labels}.", labels=plural(len(names) - known, "label"))
    return pages.done(
        request,
        back,
        t("{words} {known} here already.", words=words, known=plural(known, "was", "were"))
        if known
        else words,
    )


@post(
    "/functions/{function_id:str}/labels/{label_id:str}",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def change_label(
    request: Request[Any, Any, Any],
    function_id: str,
    label_id: str,
    data: Annotated[Changed, Body(media_type=_FORM)],
) -> Response[Any]:
    noria, back = services(request), _page(function_id, label_id)
    known = noria.storage.labels.get(function_id, label_id)
    name = known.name if data.name is None else data.name
    guideline = known.description if data.description is None else _guideline(data.description)
    try:
        changed = noria.teacher.update_label(function_id, label_id, name, guideline, known.metadata)
    except DuplicateLabel:
        return pages.refused(request, back, t("There is another label named “{name}”.", name=name.strip()))
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    note(request, name=changed.name, was=known.name)
    return pages.done(request, back, t("Saved."), name=changed.name, guideline=changed.description or "")


@get(
    "/functions/{function_id:str}/labels/{label_id:str}/merge",
    opt={"scope": Scope.EDIT},
    sync_to_thread=True,
)
def merge_page(
    request: Request[Any, Any, Any], function_id: str, label_id: str, into: str = ""
) -> Response[Any]:
    """What a merge would change, and the button that does it."""
    noria = services(request)
    known, other = (noria.storage.labels.get(function_id, id) for id in (label_id, into or label_id))
    try:
        counts = noria.teacher.plan_merge(function_id, label_id, into)
    except BadInput as wrong:
        return pages.refused(request, _page(function_id, label_id), str(wrong))
    return pages.page(
        request,
        "merge.html",
        frame=frame(noria, function_id, "labels"),
        label=known,
        into=other,
        counts=counts,
    )


@post(
    "/functions/{function_id:str}/labels/{label_id:str}/merge",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def merge_label(
    request: Request[Any, Any, Any],
    function_id: str,
    label_id: str,
    data: Annotated[MergedInto, Body(media_type=_FORM)],
) -> Response[Any]:
    noria = services(request)
    known, other = (noria.storage.labels.get(function_id, id) for id in (label_id, data.into))
    counts = noria.teacher.merge_label(function_id, label_id, data.into, person(request))
    note(request, name=known.name, into=other.name, samples=counts.samples)
    words = t(
        "“{name}” is “{other}” from now on: {samples} moved.",
        name=known.name,
        other=other.name,
        samples=plural(counts.samples, "sample"),
    )
    return pages.done(request, _page(function_id, data.into), words)


@get(
    "/functions/{function_id:str}/labels/{label_id:str}/delete",
    opt={"scope": Scope.EDIT},
    sync_to_thread=True,
)
def delete_page(request: Request[Any, Any, Any], function_id: str, label_id: str) -> Response[Any]:
    """What a deletion would change, and the buttons that do it."""
    noria = services(request)
    return pages.page(
        request,
        "label_delete.html",
        frame=frame(noria, function_id, "labels"),
        label=noria.storage.labels.get(function_id, label_id),
        counts=noria.storage.labels.uses(function_id, label_id),
    )


@post(
    "/functions/{function_id:str}/labels/{label_id:str}/delete",
    opt={"scope": Scope.EDIT},
    status_code=200,
)
async def delete_label(
    request: Request[Any, Any, Any],
    function_id: str,
    label_id: str,
    data: Annotated[DeletedWith, Body(media_type=_FORM)],
) -> Response[Any]:
    noria = services(request)
    known = await asyncio.to_thread(noria.storage.labels.get, function_id, label_id)
    here = at(f"/functions/{function_id}/labels")
    if data.samples == "delete":
        begin = noria.bulk.delete_label
        change = await asyncio.to_thread(begin, function_id, label_id, person(request))
        note(request, name=known.name, samples=change.total)
        change = await noria.bulk.settled(change, AT_ONCE_S)
        if change.under_way:
            return Redirect(at(f"/functions/{function_id}/changes/{change.id}"), status_code=303)
        words = t(
            "The label “{name}” is deleted, with {samples}.",
            name=known.name,
            samples=plural(change.position, "sample"),
        )
        return pages.done(request, here, words)
    await asyncio.to_thread(noria.teacher.delete_label, function_id, label_id)
    note(request, name=known.name)
    words = t(
        "The label “{name}” is deleted. It is never answered again; its samples stay, without a label.",
        name=known.name,
    )
    return pages.done(request, here, words)


def _page(function_id: str, label_id: str) -> str:
    return at(f"/functions/{function_id}/labels/{label_id}")


def _guideline(written: str) -> str | None:
    """As it is stored; a form ends its lines in two characters."""
    return written.replace("\r\n", "\n").strip() or None
