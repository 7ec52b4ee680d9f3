"""How much a function captures, and of what: the disclosure at the foot of the Capture page."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from litestar import Request, Response, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from noria.capture.policy import shares_of
from noria.errors import BadInput
from noria.records.client import Scope
from noria.records.function import CaptureSettings
from noria.server.dashboard import pages
from noria.server.dashboard.services import services

MOST_A_DAY = 100_000
_SHARE = "share_"

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


@post(
    "/functions/{function_id:str}/capture/settings",
    opt={"scope": Scope.ADMIN},
    status_code=200,
    sync_to_thread=True,
)
def capture_settings(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    noria, back = services(request), f"/functions/{function_id}/capture"
    try:
        changed = with_form(noria.storage.functions.get(function_id).capture, data)
        noria.teacher.update_function(function_id, capture=changed)
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    return pages.done(request, back, "Saved. From the next call on, captures follow these settings.")


def with_form(now: CaptureSettings, form: Mapping[str, str]) -> CaptureSettings:
    """The settings with what the form says; a rule that the form does not name keeps its share.

    >>> with_form(CaptureSettings(), {"budget_per_day": "50", "share_Random": "100"}).enabled
    False
    """
    budget = _number(form.get("budget_per_day", str(now.budget_per_day)), "The budget")
    if budget > MOST_A_DAY:
        raise BadInput(f"A budget is between 0 and {MOST_A_DAY:,} samples a day.")
    shares = {
        reason: _number(form[_SHARE + reason], "A share") if _SHARE + reason in form else 100 * share
        for reason, share in shares_of(now).items()
    }
    if (total := sum(shares.values())) <= 0:
        raise BadInput("Give at least one kind of capture a share above 0.")
    return replace(
        now,
        enabled=form.get("enabled") == "on",
        budget_per_day=budget,
        shares={reason: share / total for reason, share in shares.items()},
    )


def shares_percent(settings: CaptureSettings) -> dict[str, int]:
    shares = shares_of(settings)
    total = sum(shares.values()) or 1.0
    return {reason: round(100 * share / total) for reason, share in shares.items()}


def _number(text: str, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise BadInput(f"{what} is a number.") from None
    if not 0 <= number < float("inf"):
        raise BadInput(f"{what} is 0 or more.")
    return number
