"""Settings: everything that is set for a function, on one page, and the forms that set what no other page does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from noria.errors import BadInput
from noria.learning.gate import CONFIDENCE, DEFAULT_MARGIN, FEWEST_ITEMS
from noria.records.client import Scope
from noria.server.audited import note
from noria.server.dashboard import capture_rules, pages, redaction
from noria.server.dashboard.capture_settings import number, sliders
from noria.server.dashboard.languages import t
from noria.server.dashboard.services import frame, person, services
from noria.server.dashboard.words import plural
from noria.server.prefix import at

LONGEST_DAYS = 3650
MOST_WAITING = 1_000_000
LONGEST_WINDOW_H = 30 * 24
MOST_BLIND = 1000
_FORM = RequestEncodingType.URL_ENCODED


class Renamed(msgspec.Struct):
    name: str = ""


class Kept(msgspec.Struct):
    """How long what is kept, as a form sends it."""

    expire_after_days: str
    queue_limit: str
    delete_after_days: str
    feedback_window_h: str
    keep_every_decision: str = ""


class Age(msgspec.Struct):
    delete_after_days: str = ""


class Blind(msgspec.Struct):
    blind_every: str


class Going(msgspec.Struct):
    by: str = ""  # itself, or a person


@get("/functions/{function_id:str}/settings", opt={"scope": Scope.EDIT}, sync_to_thread=True)
def settings_page(request: Request[Any, Any, Any], function_id: str) -> Response[str]:
    noria = services(request)
    shown = frame(noria, function_id, "settings")
    function = shown.function
    return pages.page(
        request,
        "settings.html",
        frame=shown,
        function=function,
        settings=function.capture,
        sliders=sliders(function.capture),
        rules=capture_rules.rows(function.capture),
        rule_limits=capture_rules.LIMITS,
        most={
            "days": LONGEST_DAYS,
            "waiting": MOST_WAITING,
            "window": LONGEST_WINDOW_H,
            "blind": MOST_BLIND,
        },
        gate={"margin": 100 * DEFAULT_MARGIN, "confidence": CONFIDENCE, "fewest": FEWEST_ITEMS},
        hidden=redaction.Shown.of(noria, function),
    )


@post(
    "/functions/{function_id:str}/settings/name",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def rename_function(
    request: Request[Any, Any, Any], function_id: str, data: Annotated[Renamed, Body(media_type=_FORM)]
) -> Response[Any]:
    try:
        services(request).teacher.update_function(function_id, name=data.name)
    except BadInput as wrong:
        return pages.refused(request, page_of(function_id, "name"), str(wrong))
    note(request, name=data.name)
    return pages.done(request, page_of(function_id, "name"), t("Renamed."))


@post(
    "/functions/{function_id:str}/settings/kept",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def keep_so_long(
    request: Request[Any, Any, Any], function_id: str, data: Annotated[Kept, Body(media_type=_FORM)]
) -> Response[Any]:
    noria, back = services(request), page_of(function_id, "kept")
    try:
        changed = replace(
            noria.storage.functions.get(function_id).capture,
            expire_after_days=within(data.expire_after_days, 0.01, LONGEST_DAYS, t("The number of days")),
            delete_after_days=_age(data.delete_after_days),
            queue_limit=round(within(data.queue_limit, 1, MOST_WAITING, t("The number of items"))),
            feedback_window_s=round(
                3600 * within(data.feedback_window_h, 0, LONGEST_WINDOW_H, t("The number of hours"))
            ),
            keep_every_decision=data.keep_every_decision == "on",
        )
        noria.teacher.update_function(function_id, capture=changed)
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    note(
        request,
        expireAfterDays=changed.expire_after_days,
        deleteAfterDays=changed.delete_after_days,
        queueLimit=changed.queue_limit,
        feedbackWindowS=changed.feedback_window_s,
        keepEveryDecision=changed.keep_every_decision,
    )
    return pages.done(request, back, t("Saved. It holds for what waits already, too."))


@post(
    "/functions/{function_id:str}/settings/kept/preview",
    opt={"scope": Scope.EDIT, "unlogged": True},
    status_code=200,
    sync_to_thread=True,
)
def would_delete(
    request: Request[Any, Any, Any], function_id: str, data: Annotated[Age, Body(media_type=_FORM)]
) -> dict[str, str]:
    """What the age in the form would delete today, in words; empty where it deletes nothing ever."""
    if not (days := _age(data.delete_after_days)):
        return {"words": ""}
    older_than = datetime.now(UTC) - timedelta(days=days)
    due = services(request).storage.retention.due(function_id, older_than)
    if due.waiting:
        words = t(
            "Would delete {samples} today, {waiting} of which still wait in the queue.",
            samples=plural(due.samples, "sample"),
            waiting=f"{due.waiting:,}",
        )
    else:
        words = t("Would delete {samples} today.", samples=plural(due.samples, "sample"))
    return {"words": words}


@post(
    "/functions/{function_id:str}/settings/blind",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def show_blind(
    request: Request[Any, Any, Any], function_id: str, data: Annotated[Blind, Body(media_type=_FORM)]
) -> Response[Any]:
    noria, back = services(request), page_of(function_id, "labelling")
    try:
        every = round(within(data.blind_every, 0, MOST_BLIND, t("The number of items")))
        present = noria.storage.functions.get(function_id).capture
        noria.teacher.update_function(function_id, capture=replace(present, blind_every=every))
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    note(request, blindEvery=every)
    return pages.done(request, back, t("Saved. It holds for the next items."))


@post(
    "/functions/{function_id:str}/settings/live",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def go_live_by(
    request: Request[Any, Any, Any], function_id: str, data: Annotated[Going, Body(media_type=_FORM)]
) -> Response[Any]:
    """Whether a new version waits for a person: the live one is pinned then."""
    noria, back = services(request), page_of(function_id, "live")
    live = noria.storage.functions.get(function_id).live_version_id
    if data.by == "person":
        if live is None:
            return pages.refused(
                request,
                back,
                t("There is no version yet that could stay. The first one goes live by itself."),
            )
        noria.teacher.pin(function_id, live, person(request))
        return pages.done(
            request, back, t("Saved. New versions wait on Versions until somebody chooses one.")
        )
    noria.teacher.unpin(function_id, person(request))
    return pages.done(
        request, back, t("Saved. New versions go live by themselves, unless they prove to be worse.")
    )


@post(
    "/functions/{function_id:str}/settings/delete",
    opt={"scope": Scope.ADMIN},
    status_code=200,
    sync_to_thread=True,
)
def delete_function(
    request: Request[Any, Any, Any], function_id: str, data: Annotated[Renamed, Body(media_type=_FORM)]
) -> Response[Any]:
    """Deletes only when the name was typed, as there is no way back."""
    noria = services(request)
    known = noria.storage.functions.get(function_id)
    if data.name.strip() != known.name:
        back = page_of(function_id, "end")
        return pages.refused(request, back, t("Nothing is deleted: the name you typed is another one."))
    noria.teacher.delete_function(function_id)
    note(request, name=known.name)
    return pages.done(
        request, at("/functions"), t("“{name}” is deleted, with all it had learned.", name=known.name)
    )


def _age(text: str) -> float:
    """Days after which unlabelled captures are deleted; 0, which an empty field means too, for never. Raises BadInput."""
    return within(text.strip() or "0", 0, LONGEST_DAYS, t("The number of days"))


def page_of(function_id: str, part: str) -> str:
    return at(f"/functions/{function_id}/settings#{part}")


def within(text: str, least: float, most: float, what: str) -> float:
    """The number in a form's field. Raises BadInput.

    >>> within("30", 1, 3650, "The number of days")
    30.0
    """
    found = number(text, what)
    if not least <= found <= most:
        raise BadInput(
            t("{what} lies between {least} and {most}.", what=what, least=f"{least:g}", most=f"{most:,}")
        )
    return found
