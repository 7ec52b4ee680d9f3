"""Feedback: what callers say their calls really were, accepted or dismissed one by one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect

from noria.errors import FeedbackNotFound, SampleNotFound
from noria.records.client import Scope
from noria.server.dashboard import pages
from noria.server.dashboard.contents import Content, Contents
from noria.server.dashboard.languages import t
from noria.server.dashboard.services import frame, person, services
from noria.server.prefix import at


@dataclass(frozen=True, slots=True)
class Said:
    """One caller's word beside what production answered."""

    id: int
    content: Content
    answered: str | None
    said: str
    by: str
    at: datetime


@get("/functions/{function_id:str}/feedback", opt={"scope": Scope.ANNOTATE}, sync_to_thread=True)
def feedback(request: Request[Any, Any, Any], function_id: str) -> Response[Any]:
    noria = services(request)
    shown = frame(noria, function_id, "capture")
    if shown.function.searches:  # there is no such page of it
        return Redirect(shown.home)
    names = {label.id: label.name for label in noria.storage.labels.all(shown.function.id)}
    contents, waiting = Contents(noria, shown.function), list[Said]()
    for given in noria.storage.feedback.of(shown.function.id):
        try:
            sample = noria.storage.samples.get(shown.function.id, given.sample_id)
        except SampleNotFound:  # deleted since
            continue
        answered = names.get(sample.prediction.label_id) if sample.prediction else None
        said = names.get(given.label_id, t("a label that was deleted"))
        content = contents.of(sample.id, sample)
        waiting.append(Said(given.id, content, answered, said, given.by, given.at))
    return pages.page(request, "feedback.html", frame=shown, waiting=waiting)


@post(
    "/functions/{function_id:str}/feedback/{feedback_id:int}/accept",
    opt={"scope": Scope.ANNOTATE}, status_code=200, sync_to_thread=True,
)  # fmt: skip
def accept(request: Request[Any, Any, Any], function_id: str, feedback_id: int) -> Response[Any]:
    back = at(f"/functions/{function_id}/feedback")
    try:
        services(request).teacher.accept_feedback(function_id, feedback_id, person(request))
    except FeedbackNotFound:
        return pages.refused(request, back, t("Somebody has reviewed that one already."))
    return pages.done(request, back, t("Accepted: the function learns it with the next run."))


@post(
    "/functions/{function_id:str}/feedback/{feedback_id:int}/dismiss",
    opt={"scope": Scope.ANNOTATE}, status_code=200, sync_to_thread=True,
)  # fmt: skip
def dismiss(request: Request[Any, Any, Any], function_id: str, feedback_id: int) -> Response[Any]:
    back = at(f"/functions/{function_id}/feedback")
    try:
        services(request).teacher.dismiss_feedback(function_id, feedback_id)
    except FeedbackNotFound:
        return pages.refused(request, back, t("Somebody has reviewed that one already."))
    return pages.done(request, back, t("Dismissed."))
