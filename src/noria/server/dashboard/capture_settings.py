"""How much a function captures, and of what: a part of the Settings page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from litestar import Request, Response, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from noria.capture.policy import MIN_RANDOM_SHARE, shares_of
from noria.capture.rules import rules
from noria.errors import BadInput
from noria.records.capture import CaptureReason
from noria.records.client import Scope
from noria.records.function import CaptureSettings
from noria.server.audited import note
from noria.server.dashboard import pages
from noria.server.dashboard.contents import Contents
from noria.server.dashboard.languages import t
from noria.server.dashboard.services import services
from noria.server.dashboard.words import NAMES, SHARES
from noria.server.prefix import at
from noria.serving.limits import MAX_BUDGET
from noria.serving.previewing import day_preview

_SHARE = "share_"

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


@post(
    "/functions/{function_id:str}/capture/settings",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def capture_settings(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    noria, back = services(request), at(f"/functions/{function_id}/settings#capture")
    try:
        changed = with_form(noria.storage.functions.get(function_id).capture, data)
        noria.teacher.update_function(function_id, capture=changed)
        note(
            request, budgetPerDay=changed.budget_per_day, shares=dict(changed.shares), enabled=changed.enabled
        )
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    return pages.done(request, back, t("Saved. From the next call on, captures follow these settings."))


@post(
    "/functions/{function_id:str}/capture/preview",
    opt={"scope": Scope.ANNOTATE, "unlogged": True},
    status_code=200,
    sync_to_thread=True,
)
def capture_preview(request: Request[Any, Any, Any], function_id: str, data: Form) -> dict[str, str]:
    """What the last day would have staged with what the form says, as HTML."""
    noria = services(request)
    function = noria.storage.functions.get(function_id)
    wanted = with_form(function.capture, data)
    day = day_preview(noria.storage, noria.live, function_id, wanted.budget_per_day, wanted.shares)
    names = {label.id: label.name for label in noria.storage.labels.all(function_id)}
    contents = Contents(noria, function)
    shown = {each.sample_id: contents.of(each.sample_id, each) for each in (*day.staged, *day.passed)}
    return {"html": pages.macro("preview.html", "staged", day, names, shown)}


def with_form(now: CaptureSettings, form: Mapping[str, str]) -> CaptureSettings:
    """The settings with what the form says; a rule that the form does not name keeps its share.

    >>> with_form(CaptureSettings(), {"budget_per_day": "50", "share_Random": "100"}).enabled
    False
    """
    budget = number(form.get("budget_per_day", str(now.budget_per_day)), t("The budget"))
    if budget > MAX_BUDGET:
        raise BadInput(
            t("A budget is between 0 and {max_budget} samples a day.", max_budget=f"{MAX_BUDGET:,}")
        )
    shares = {reason: 100 * share for reason, share in shares_of(now).items()}
    for name, text in form.items():
        if name.startswith(_SHARE) and name.removeprefix(_SHARE) in _reasons(now):
            shares[name.removeprefix(_SHARE)] = number(text, t("A share"))
    if (total := sum(shares.values())) <= 0:
        raise BadInput(t("Give at least one kind of capture a share above 0."))
    return replace(
        now,
        enabled=form.get("enabled") == "on",
        budget_per_day=budget,
        shares={reason: share / total for reason, share in shares.items()},
    )


@dataclass(frozen=True, slots=True)
class ShareSlider:
    """One rule on the form."""

    reason: str
    name: str
    what: str  # a larger share does, in a sentence
    percent: int
    least: int


def sliders(settings: CaptureSettings) -> list[ShareSlider]:
    """Of all rules, random first; those of outside packages speak with their own words."""
    shares, known = shares_of(settings), rules()
    total = sum(shares.values()) or 1.0
    return [
        ShareSlider(
            reason,
            NAMES.get(reason, reason),
            SHARES.get(
                reason, t(known[reason].describe) if reason in known else t("Its package is not installed.")
            ),
            round(100 * shares.get(reason, 0.0) / total),
            round(100 * MIN_RANDOM_SHARE) if reason == CaptureReason.RANDOM else 0,
        )
        for reason in _reasons(settings)
    ]


def shares_percent(settings: CaptureSettings) -> dict[str, int]:
    shares = shares_of(settings)
    total = sum(shares.values()) or 1.0
    return {reason: round(100 * share / total) for reason, share in shares.items()}


def _reasons(settings: CaptureSettings) -> list[str]:
    """Of all rules that can have a share: random first, that of the users' own rules only if there are any."""
    every = dict.fromkeys([CaptureReason.RANDOM.value, *shares_of(settings), *rules()])
    return [reason for reason in every if reason != CaptureReason.RULE or settings.rules]


def number(text: str, what: str) -> float:
    """What somebody typed, 0 or more. Raises BadInput."""
    try:
        number = float(text)
    except ValueError:
        raise BadInput(t("{what} is a number.", what=what)) from None
    if not 0 <= number < float("inf"):
        raise BadInput(t("{what} is 0 or more.", what=what))
    return number
