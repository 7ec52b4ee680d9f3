"""Why calls are captured: each rule, what it looks for and how it scores, and what it has of this function's captures."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get
from litestar.response import Redirect

from noria.capture.rules import CaptureRule, rules
from noria.records.client import Scope
from noria.server.dashboard import pages
from noria.server.dashboard.capture_settings import shares_percent
from noria.server.dashboard.languages import t
from noria.server.dashboard.services import frame, services


@dataclass(frozen=True, slots=True)
class Explained:
    reason: str
    words: str
    about: str  # empty where a rule of another package says no more than its words
    share: int  # percent of this function's captures


@get("/functions/{function_id:str}/capture/reasons", opt={"scope": Scope.VIEW}, sync_to_thread=True)
def reasons(request: Request[Any, Any, Any], function_id: str) -> Response[Any]:
    shown = frame(services(request), function_id, "capture")
    if shown.function.searches:  # there is no such page of it
        return Redirect(shown.home)
    shares = shares_percent(shown.function.capture)
    explained = [_explained(rule, shares.get(rule.reason, 0)) for rule in rules().values()]
    explained.sort(key=lambda each: -each.share)
    return pages.page(request, "reasons.html", frame=shown, reasons=explained)


def _explained(rule: CaptureRule, share: int) -> Explained:
    return Explained(rule.reason, t(rule.describe), t(getattr(rule, "about", "")), share)
