"""Versions: which one answers, why each is what it is, and the way back, or on, to another."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from noria.estimate.accuracy import Figure
from noria.estimate.interval import wilson
from noria.records.client import Scope
from noria.records.version import ModelVersion
from noria.server.dashboard import pages
from noria.server.dashboard.languages import t
from noria.server.dashboard.services import frame, person, services
from noria.server.prefix import at

_NEWEST = 20
_MOST = 300  # listed
_HISTORY = 50


class Chosen(msgspec.Struct):
    version_id: str


Form = Annotated[Chosen, Body(media_type=RequestEncodingType.URL_ENCODED)]


@dataclass(frozen=True, slots=True)
class Line:
    """A version with its scores as estimates."""

    version: ModelVersion
    answers: bool  # it is of the encoder that there is now
    cross_validated: Figure | None
    held_out: Figure | None

    @classmethod
    def of(cls, version: ModelVersion, answers: bool) -> "Line":
        scores = version.scores
        return cls(
            version,
            answers,
            _share(scores.get("cv_accuracy"), scores.get("n_scored")),
            _share(scores.get("held_out_accuracy"), scores.get("held_out_n")),
        )


@get("/functions/{function_id:str}/versions", opt={"scope": Scope.VIEW}, sync_to_thread=True)
def versions(request: Request[Any, Any, Any], function_id: str) -> Response[Any]:
    noria = services(request)
    shown = frame(noria, function_id, "versions")
    function = shown.function
    if function.searches:  # there are none
        return Redirect(shown.home)
    every = noria.figures.versions(function.id)
    ours = noria.storage.versions.of_own_encoder(function.id)
    lines = [Line.of(version, version.id in ours) for version in every[:_MOST]]
    history = noria.storage.versions.live_history(function.id)[-_HISTORY:][::-1]
    return pages.page(
        request,
        "versions.html",
        frame=shown,
        lines=lines[:_NEWEST],
        older=lines[_NEWEST:],
        left_out=len(every) - len(lines),
        numbers={version.id: version.number for version in every},
        serving=next((v for v in every if v.id == function.live_version_id), None),
        pinned=function.pinned_version_id is not None,
        waiting=noria.storage.versions.waiting(function.id),
        other=_other([v for v in every if v.id in ours], function.live_version_id),
        history=history,
        undo=request.session.pop("undo_roll_back", None),
    )


@post(
    "/functions/{function_id:str}/versions/live",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def roll_back(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    """Make a version live; the next page offers the way back."""
    noria = services(request)
    before = noria.storage.functions.get(function_id).live_version_id
    function = noria.teacher.roll_back(function_id, data.version_id, person(request))
    number = noria.storage.versions.get(function_id, data.version_id).number
    if before and before != data.version_id:
        request.session["undo_roll_back"] = before
    then = t("A new version may take over once more labels come in; pin this one to keep it.")
    if function.pinned_version_id:
        then = t("It is pinned in place of the other.")
    return pages.done(
        request,
        _page(function_id),
        t("Version {number} answers from now on. {then}", number=number, then=then),
    )


@post(
    "/functions/{function_id:str}/versions/pin",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def pin(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    noria = services(request)
    noria.teacher.pin(function_id, data.version_id, person(request))
    number = noria.storage.versions.get(function_id, data.version_id).number
    words = t(
        "Version {number} is pinned: it answers whatever is trained, until it is unpinned.", number=number
    )
    return pages.done(request, _page(function_id), words)


@post(
    "/functions/{function_id:str}/versions/unpin",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def unpin(request: Request[Any, Any, Any], function_id: str) -> Response[Any]:
    noria = services(request)
    function = noria.teacher.unpin(function_id, person(request))
    words = t("Nothing is pinned any more: what is trained from now on goes live as the gate decides.")
    if function.live_version_id:
        number = noria.storage.versions.get(function_id, function.live_version_id).number
        words = t("Version {number} answers. {words}", number=number, words=words)
    return pages.done(request, _page(function_id), words)


def _other(every: list[ModelVersion], live_id: str | None) -> ModelVersion | None:
    """What the live version is best compared with: a newer one, else the one before."""
    place = next((i for i, version in enumerate(every) if version.id == live_id), None)
    if place is None or len(every) < 2:
        return None
    return every[0] if place else every[1]


def _share(value: float | None, n: float | None) -> Figure | None:
    """A share of n samples with its interval, as if each were a draw of its own."""
    if value is None or not n:
        return None
    return Figure(value, *wilson(value, n), n, round(n))


def _page(function_id: str) -> str:
    return at(f"/functions/{function_id}/versions")
