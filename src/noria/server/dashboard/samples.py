"""Samples: what a function has learned from, its filters, and the forms that change one of them."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from noria.errors import BadInput, DuplicateSample
from noria.records.client import Scope
from noria.records.function import Modality
from noria.records.ids import canonical
from noria.records.label import Label
from noria.records.sample import AnnotationSource, Origin
from noria.server.dashboard import pages
from noria.server.dashboard.contents import Contents, fields_of
from noria.server.dashboard.fields import TYPES
from noria.server.dashboard.languages import t
from noria.server.dashboard.row_form import controls, field_of, row_of, told
from noria.server.dashboard.sample_filters import ORIGINS, SHOWN, Narrowed
from noria.server.dashboard.services import frame, movable_to, person, services
from noria.server.dashboard.unread import unread_note
from noria.server.dashboard.words import NAMES
from noria.server.prefix import at
from noria.serving.teaching import NamedTag

if TYPE_CHECKING:
    from noria.app import Noria

MAX_IMAGES = 100_000_000  # bytes of the images added at once
_ROWS = 25
_SIMILAR = re.compile(r"/sample_[a-z0-9]+/similar")
_OPTIONS = 6000  # of all selects of a page together: rows give way to labels


class Change(msgspec.Struct):
    """The forms of one sample; an empty label takes the label away."""

    label_id: str = ""
    label_ids: list[str] = []  # of tags
    data: str = ""
    back: str = ""


Form = Annotated[Change, Body(media_type=RequestEncodingType.URL_ENCODED)]


@dataclass
class NewImages:
    """The form that adds image files."""

    files: list[UploadFile] = field(default_factory=list)
    label_id: str = ""
    back: str = ""


ImagesForm = Annotated[NewImages, Body(media_type=RequestEncodingType.MULTI_PART)]


@dataclass(frozen=True, slots=True)
class LabelCount:
    label: Label
    n: int


@get("/functions/{function_id:str}/samples", opt={"scope": Scope.VIEW}, sync_to_thread=True)
def samples(request: Request[Any, Any, Any], function_id: str, cursor: str | None = None) -> Response[str]:
    noria = services(request)
    shown = frame(noria, function_id, "samples")
    labels = label_counts(noria, shown.function.id)
    rows = rows_beside(len(labels))
    narrowed = Narrowed.of(request.query_params, shown.function.tags)
    found = noria.storage.samples.list(shown.function.id, narrowed.filter, rows, cursor)
    query = narrowed.query
    contents = Contents(noria, shown.function)
    return pages.page(
        request,
        "samples.html",
        frame=shown,
        unread=unread_note(noria, shown.function),
        labels=labels,
        names={row.label.id: row.label.name for row in labels},
        counts=noria.storage.samples.counts(shown.function.id),
        chosen=next((row for row in labels if row.label.id == narrowed.label), None),
        query=query,
        part=narrowed.part,
        origins=ORIGINS,
        people=[row.name for row in noria.people.all()],
        reasons=NAMES,
        to_check=0
        if shown.function.searches or shown.function.tags
        else len(noria.repairs.suspected(shown.function.id)),
        shown={show: words for show, words in SHOWN.items() if show != "disagree" or not shown.function.tags},
        samples=found.samples,
        contents=contents.by_id(found.samples),
        of_images=shown.function.input is Modality.IMAGE,
        of_rows=shown.function.input is Modality.TABULAR,
        fields=contents.fields,
        types=TYPES,
        controls=controls(noria, shown.function.id, contents.fields),
        thresholds=noria.storage.tags.thresholds(shown.function.id),
        movable_to=movable_to(request, shown.function.id),
        older=pages.address(f"{shown.url}/samples", **query, cursor=found.next_cursor)
        if found.next_cursor
        else None,
        newest=pages.address(f"{shown.url}/samples", **query),
        first=cursor is None,
        here=pages.address(f"{shown.url}/samples", **query, cursor=cursor),
    )


@get("/console/functions/{function_id:str}/train", opt={"scope": Scope.VIEW}, sync_to_thread=False)
def train_link(function_id: str) -> Redirect:
    """Existing clients print this address when they have made a function."""
    return Redirect(at(f"/functions/{canonical('function', function_id)}/samples"))


@post("/functions/{function_id:str}/samples", opt={"scope": Scope.ANNOTATE}, status_code=200)
async def add_sample(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    back = _back(function_id, data.back)
    try:
        await services(request).teacher.add_sample(
            function_id,
            data.data,
            label_id=data.label_id or None,
            by=person(request),
            origin=Origin.UPLOAD,
            source=AnnotationSource.GRID,
        )
    except DuplicateSample:
        return pages.refused(
            request, back, t("A sample with this text is here already. Search for it to relabel it.")
        )
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    added = t("Added, still without a label.")
    if data.label_id or services(request).storage.functions.get(function_id).searches:
        added = t("Added.")
    return pages.done(request, back, added)


@post(
    "/functions/{function_id:str}/samples/row",
    opt={"scope": Scope.ANNOTATE},
    status_code=200,
    request_max_body_size=MAX_IMAGES,
)
async def add_row(request: Request[Any, Any, Any], function_id: str) -> Response[Any]:
    """The form that adds one row by hand."""
    noria, form = services(request), await request.form()
    function = await asyncio.to_thread(noria.storage.functions.get, function_id)
    fields = await asyncio.to_thread(fields_of, noria, function)
    back, label_id = _back(function_id, str(form.get("back", ""))), str(form.get("label_id", "")) or None
    try:
        await noria.teacher.add_sample(
            function_id, await row_of(form, fields), label_id=label_id, by=person(request),
            origin=Origin.UPLOAD, source=AnnotationSource.GRID,
        )  # fmt: skip
    except DuplicateSample:
        return pages.refused(request, back, t("A row with these values is here already."))
    except BadInput as wrong:
        return pages.refused(request, back, told(wrong), field=field_of(wrong, fields))
    return pages.done(request, back, t("Added.") if label_id else t("Added, still without a label."))


@post(
    "/functions/{function_id:str}/samples/images",
    opt={"scope": Scope.ANNOTATE},
    status_code=200,
    request_max_body_size=MAX_IMAGES,
)
async def add_images(request: Request[Any, Any, Any], function_id: str, data: ImagesForm) -> Response[Any]:
    back, teacher = _back(function_id, data.back), services(request).teacher
    added, known, refused = 0, 0, []
    for file in data.files:
        try:
            await teacher.add_sample(
                function_id, await file.read(), label_id=data.label_id or None, by=person(request),
                origin=Origin.UPLOAD, source=AnnotationSource.GRID,
            )  # fmt: skip
            added += 1
        except DuplicateSample:
            known += 1
        except BadInput as wrong:
            refused.append(f"{file.filename}: {wrong}")
    words = (
        t("{added} added", added=added) + (t(", {known} here already", known=known) if known else "") + "."
    )
    if refused or not data.files:
        return pages.refused(
            request, back, " ".join([words, *refused[:5]]) if data.files else t("Choose an image.")
        )
    return pages.done(request, back, words)


@post(
    "/functions/{function_id:str}/samples/{sample_id:str}/label",
    opt={"scope": Scope.ANNOTATE, "unlogged": True},
    status_code=200,
    sync_to_thread=True,
)
def relabel_sample(
    request: Request[Any, Any, Any], function_id: str, sample_id: str, data: Form
) -> Response[Any]:
    teacher, by, back = services(request).teacher, person(request), _back(function_id, data.back)
    if services(request).storage.functions.get(function_id).tags:
        tags = [NamedTag(id) for id in data.label_ids if id]
        teacher.annotate_tags(function_id, sample_id, tags, by=by, source=AnnotationSource.GRID)
        return pages.done(request, back, t("The tags are saved."))
    if not data.label_id:
        teacher.unannotate(function_id, sample_id, by)
        return pages.done(request, back, t("The label is taken away."))
    teacher.annotate(function_id, sample_id, label_id=data.label_id, by=by, source=AnnotationSource.GRID)
    return pages.done(request, back, t("Relabelled."))


@post(
    "/functions/{function_id:str}/samples/{sample_id:str}/delete",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def delete_sample(
    request: Request[Any, Any, Any], function_id: str, sample_id: str, data: Form
) -> Response[Any]:
    services(request).storage.samples.delete(function_id, sample_id, datetime.now(UTC))
    return pages.done(request, _back(function_id, data.back), t("The sample is deleted."))


def rows_beside(n_labels: int) -> int:
    """How many samples a page shows, each with so many labels to choose from."""
    return max(5, min(_ROWS, _OPTIONS // max(1, n_labels)))


def label_counts(noria: "Noria", function_id: str) -> list[LabelCount]:
    """Labels with their number of annotated samples, by name."""
    counts = noria.storage.labels.counts(function_id)
    labels = noria.storage.labels.all(function_id)
    return [
        LabelCount(label, counts.get(label.id, 0)) for label in sorted(labels, key=lambda x: x.name.lower())
    ]


def _back(function_id: str, back: str) -> str:
    """The list the form was in, with its filters, what was similar to a sample, or where versions differ; nothing else."""
    here, compared = (
        at(f"/functions/{function_id}/samples"),
        at(f"/functions/{function_id}/versions/compare?"),
    )
    if _SIMILAR.fullmatch(back.removeprefix(here)) and back.startswith(here):
        return back
    return back if back == here or back.startswith((f"{here}?", compared)) else here
