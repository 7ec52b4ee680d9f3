"""Feedback: what callers say their calls really were, reviewed before it teaches anything."""

import asyncio
from datetime import datetime
from typing import Any

from litestar import Request

from noria.errors import FeedbackNotFound
from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.contents import shape_of
from noria.server.api.declare import route
from noria.server.api.sent import AnnotationBody
from noria.server.api.shapes import Done, SampleShape, Shape

_LANE = "/v1/functions/{function_id:str}/feedback"
_GIVE = "/v1/functions/{function_id:str}/samples/{sample_id:str}/feedback"
MAX_DIGITS = 18


class FeedbackShape(Shape):
    id: int
    sample_id: str
    label_id: str
    by: str
    created_at: datetime


@route("POST", _GIVE, "PostFeedback", Scope.INVOKE, body=AnnotationBody)
async def post_feedback(request: Request[Any, Any, Any], function_id: str, sample_id: str) -> Done:
    """A caller's word on what an answered call really was; it is kept apart and trains after review."""
    given = await body(request, AnnotationBody)
    await asyncio.to_thread(
        request.app.state.noria.teacher.feedback,
        canonical("function", function_id),
        canonical("sample", sample_id),
        by=request.state.caller.name,
        label_id=given.label_id,
        label_name=given.label_name,
    )
    return Done()


@route("GET", _LANE, "ListFeedback", Scope.VIEW)
async def list_feedback(request: Request[Any, Any, Any], function_id: str) -> list[FeedbackShape]:
    """Feedback that waits for review, newest first, at most 100."""
    storage, function_id = request.app.state.noria.storage, canonical("function", function_id)
    await asyncio.to_thread(storage.functions.get, function_id)
    return [
        FeedbackShape(id=f.id, sample_id=f.sample_id, label_id=f.label_id, by=f.by, created_at=f.at)
        for f in await asyncio.to_thread(storage.feedback.of, function_id)
    ]


@route("POST", _LANE + "/{feedback_id:str}/accept", "AcceptFeedback", Scope.ANNOTATE)
async def accept_feedback(request: Request[Any, Any, Any], function_id: str, feedback_id: str) -> SampleShape:
    """Make it the sample's annotation."""
    sample = await asyncio.to_thread(
        request.app.state.noria.teacher.accept_feedback,
        canonical("function", function_id),
        _number(feedback_id),
        request.state.caller.name,
    )
    return shape_of(request, sample)


@route("POST", _LANE + "/{feedback_id:str}/dismiss", "DismissFeedback", Scope.ANNOTATE)
async def dismiss_feedback(request: Request[Any, Any, Any], function_id: str, feedback_id: str) -> Done:
    """Drop it; the sample stays as it is."""
    await asyncio.to_thread(
        request.app.state.noria.teacher.dismiss_feedback,
        canonical("function", function_id),
        _number(feedback_id),
    )
    return Done()


def _number(feedback_id: str) -> int:
    if not (feedback_id.isascii() and feedback_id.isdigit() and len(feedback_id) <= MAX_DIGITS):
        raise FeedbackNotFound(id=feedback_id[:40])
    return int(feedback_id)


routes = [post_feedback, list_feedback, accept_feedback, dismiss_feedback]
