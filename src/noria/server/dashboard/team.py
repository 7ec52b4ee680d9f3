"""Team: how people agree with each other and with the model, what they disagree on, and who is asked twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from noria.capture.second_opinions import MAX_KNOWN_SHARE, MAX_OVERLAP
from noria.errors import BadInput, NotFound
from noria.estimate.agreement import Gap
from noria.records.client import Scope
from noria.records.function import Function
from noria.records.label import Label
from noria.records.opinion import Said
from noria.server.audited import note
from noria.server.dashboard import pages
from noria.server.dashboard.contents import Content, Contents
from noria.server.dashboard.languages import Later, t
from noria.server.dashboard.services import frame, person, services
from noria.server.prefix import at
from noria.serving.team import DAYS, Disagreement
from noria.storage import SampleFilter

if TYPE_CHECKING:
    from noria.app import Noria

EXAMPLES = 3  # of each label that people disagree about
SAID = {Said.UNSURE: Later("not sure"), Said.SKIPPED: Later("skipped it")}


class Settled(msgspec.Struct):
    label_id: str = ""
    other: str = ""  # of the list of all labels, where neither of the two is right


class Asked(msgspec.Struct):
    """In percent, as a form sends them."""

    overlap: str = "0"
    known_share: str = "0"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A label that somebody gave, and what it is."""

    label: Label
    examples: Sequence[Content]


@get("/functions/{function_id:str}/team", opt={"scope": Scope.VIEW}, sync_to_thread=True)
def team(request: Request[Any, Any, Any], function_id: str) -> Response[Any]:
    noria = services(request)
    shown = frame(noria, function_id, "team")
    if shown.function.searches:  # there is no such page of it
        return Redirect(shown.home)
    figures = None if shown.function.tags else noria.team.figures(shown.function.id)
    return pages.page(
        request,
        "team.html",
        frame=shown,
        figures=figures,
        gap=figures.gap if figures and isinstance(figures.gap, Gap) else None,
        names={label.id: label.name for label in noria.storage.labels.all(shown.function.id)},
        settings=shown.function.capture,
        alone=len(noria.people.all()) < 2,
        days=DAYS,
        most={"overlap": round(100 * MAX_OVERLAP), "known": round(100 * MAX_KNOWN_SHARE)},
    )


@post(
    "/functions/{function_id:str}/team/settings",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def team_settings(
    request: Request[Any, Any, Any],
    function_id: str,
    data: Annotated[Asked, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    noria, back = services(request), at(f"/functions/{function_id}/team")
    try:
        changed = replace(
            noria.storage.functions.get(function_id).capture,
            overlap=_share(data.overlap, MAX_OVERLAP),
            known_share=_share(data.known_share, MAX_KNOWN_SHARE),
        )
        noria.teacher.update_function(function_id, capture=changed)
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    note(request, overlap=changed.overlap, knownShare=changed.known_share)
    return pages.done(request, back, t("Saved. It holds for answers from now on."))


@get("/functions/{function_id:str}/team/disagreements", opt={"scope": Scope.VIEW}, sync_to_thread=True)
def disagreements(request: Request[Any, Any, Any], function_id: str) -> Response[Any]:
    noria = services(request)
    shown = frame(noria, function_id, "team")
    if shown.function.searches or shown.function.tags:
        return Redirect(shown.home)
    function, found = shown.function, noria.team.disagreements(shown.function.id)
    labels = {label.id: label for label in noria.storage.labels.all(function.id)}
    given = (id for each in found for id in (each.opinion.other_label_id, each.opinion.label_id))
    return pages.page(
        request,
        "disagreements.html",
        frame=shown,
        found=found,
        more=noria.storage.opinions.count_disputes(function.id) - len(found),
        labels=labels,
        contents=Contents(noria, function).by_id(each.sample for each in found),
        meanings=_meanings(noria, function, found, labels, given),
        said=SAID,
    )


@post(
    "/functions/{function_id:str}/team/disagreements/{sample_id:str}",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def settle(
    request: Request[Any, Any, Any],
    function_id: str,
    sample_id: str,
    data: Annotated[Settled, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    back, label_id = at(f"/functions/{function_id}/team/disagreements"), data.label_id or data.other
    if not label_id:
        return pages.refused(request, back, t("Choose a label first."))
    try:
        services(request).team.settle(function_id, sample_id, label_id, person(request))
    except NotFound as gone:
        return pages.refused(request, back, str(gone))
    note(request, labelId=label_id)
    return pages.done(request, back, t("Settled."))


def _meanings(
    noria: "Noria",
    function: Function,
    found: Sequence[Disagreement],
    labels: dict[str, Label],
    given: Iterable[str | None],
) -> dict[str, Meaning]:
    """By label id; a sample that people disagree about is nobody's example."""
    disputed, contents = {each.sample.id for each in found}, Contents(noria, function)
    meanings = {}
    for id in dict.fromkeys(given):
        if id is None or id not in labels:
            continue
        listed = noria.storage.samples.list(
            function.id, SampleFilter(annotation_label_id=id), EXAMPLES + len(disputed), None
        )
        clear = [sample for sample in listed.samples if sample.id not in disputed][:EXAMPLES]
        meanings[id] = Meaning(labels[id], [contents.of(sample.id, sample) for sample in clear])
    return meanings


def _share(percent: str, most: float) -> float:
    try:
        share = float(percent or "0") / 100
    except ValueError:
        raise BadInput(t("A share is a number of percent.")) from None
    if not 0 <= share <= most + 1e-9:
        raise BadInput(t("This share lies between 0 and {most} %.", most=round(100 * most)))
    return min(share, most)
