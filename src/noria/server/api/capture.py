"""Capture: its state and settings, the labelling queue, and live figures. Noria's own additions."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Any

from litestar import Request
from msgspec import UNSET, Meta, UnsetType

from noria.capture.policy import Policy
from noria.errors import BadInput
from noria.estimate.accuracy import Estimate, Figure
from noria.records.client import Scope
from noria.records.function import CaptureSettings
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.queries import Moment, moment, query
from noria.server.api.shapes import CaptureChange, Done, Shape, SkipBody
from noria.serving.figures import LiveFigures
from noria.serving.labelling import MAX_SERVED, Reason, Served

_BASE = "/v1/functions/{function_id:str}/capture"
MAX_BUDGET = 10_000_000.0  # captures a day


class QueueQuery(Shape):
    count: Annotated[int, Meta(ge=1, le=MAX_SERVED)] = 10


class LiveQuery(Shape):
    since: Moment | None = None
    until: Moment | None = None
    model_id: str | None = None


class CaptureState(Shape):
    enabled: bool
    budget_per_day: float
    shares: Mapping[str, float]  # normalised: they sum to 1, Random is at least 0.1
    blind_every: int
    feedback_window_s: int
    expire_after_days: float
    queue_limit: int
    keep_every_decision: bool
    open: int
    open_captures: int
    labelled_today: int
    invokes: int
    captured: int


class ReasonShape(Shape):
    reason: str
    words: str
    share: float

    @classmethod
    def of(cls, reason: Reason) -> "ReasonShape":
        return cls(reason=reason.reason, words=reason.words, share=reason.share)


class Suggestion(Shape):
    label_id: str
    label_name: str
    confidence: float


class QueueItemShape(Shape):
    """An open item; `suggestions` and `reasons` are absent when it is blind."""

    sample_id: str
    data: str
    count: int
    captured_at: datetime
    blind: bool
    suggestions: list[Suggestion] | UnsetType = UNSET
    reasons: list[ReasonShape] | UnsetType = UNSET

    @classmethod
    def of(cls, item: Served) -> "QueueItemShape":
        return cls(
            sample_id=item.sample_id,
            data=item.data,
            count=item.count,
            captured_at=item.captured_at,
            blind=item.blind,
            suggestions=[
                Suggestion(label_id=id, label_name=name, confidence=c) for id, name, c in item.suggestions
            ]
            or UNSET,
            reasons=[ReasonShape.of(r) for r in item.reasons] or UNSET,
        )


class QueueShape(Shape):
    items: list[QueueItemShape]


class EstimateShape(Shape):
    """A figure with its 95 % interval, or how many more labels it needs."""

    counted: int
    effective: float
    value: float | UnsetType = UNSET
    low: float | UnsetType = UNSET
    high: float | UnsetType = UNSET
    missing_labels: int | UnsetType = UNSET

    @classmethod
    def of(cls, estimate: Estimate) -> "EstimateShape":
        effective = min(estimate.effective, 1e9)  # without traffic to estimate it is infinite
        if isinstance(estimate, Figure):
            return cls(
                counted=estimate.counted,
                effective=effective,
                value=estimate.value,
                low=estimate.low,
                high=estimate.high,
            )
        return cls(counted=estimate.counted, effective=effective, missing_labels=estimate.missing)


class LabelLive(Shape):
    label_id: str
    precision: EstimateShape
    recall: EstimateShape
    share: EstimateShape


class LiveShape(Shape):
    accuracy: EstimateShape
    method: str
    expected_accuracy: float | None  # label-free: mean confidence
    calls: int
    known_calls: int
    judged: int
    open: int
    outside: int
    not_valid_hours: int
    not_judged_yet: float
    answered: float
    labels: list[LabelLive]

    @classmethod
    def of(cls, live: LiveFigures) -> "LiveShape":
        estimate = live.estimate
        return cls(
            accuracy=EstimateShape.of(estimate.accuracy),
            method=estimate.method,
            expected_accuracy=estimate.expected,
            calls=round(estimate.n_calls),
            known_calls=round(estimate.known_calls),
            judged=live.judged,
            open=live.open,
            outside=live.outside,
            not_valid_hours=live.not_valid_hours,
            not_judged_yet=live.not_judged_yet,
            answered=estimate.coverage.answered,
            labels=[
                LabelLive(
                    label_id=f.label_id,
                    precision=EstimateShape.of(f.precision),
                    recall=EstimateShape.of(f.recall),
                    share=EstimateShape.of(f.share),
                )
                for f in estimate.labels.values()
            ],
        )


@route("GET", _BASE, "GetCapture", Scope.INVOKE)
async def get_capture(request: Request[Any, Any, Any], function_id: str) -> CaptureState:
    """How the function captures, and what is open, captured and labelled."""
    return await asyncio.to_thread(_state, request.app.state.noria, canonical("function", function_id))


@route("PUT", _BASE, "PutCapture", Scope.ADMIN, body=CaptureChange)
async def put_capture(request: Request[Any, Any, Any], function_id: str) -> CaptureState:
    """Change capture settings; what is left out stays as it is."""
    given = await body(request, CaptureChange)
    noria, function_id = request.app.state.noria, canonical("function", function_id)
    present = (await asyncio.to_thread(noria.storage.functions.get, function_id)).capture
    settings = changed(present, given)
    await asyncio.to_thread(noria.teacher.update_function, function_id, capture=settings)
    return await asyncio.to_thread(_state, noria, function_id)


@route("GET", _BASE + "/queue", "GetCaptureQueue", Scope.ANNOTATE, query=QueueQuery)
async def get_queue(request: Request[Any, Any, Any], function_id: str) -> QueueShape:
    """The next items to label, held for the caller for two minutes; answer with PUT …/annotation."""
    noria, by = request.app.state.noria, request.state.caller.name
    count = query(request, QueueQuery).count
    items = await asyncio.to_thread(
        noria.labelling.next, canonical("function", function_id), by=by, count=count
    )
    return QueueShape(items=[QueueItemShape.of(item) for item in items])


@route("POST", _BASE + "/queue/{sample_id:str}/skip", "PostSkip", Scope.ANNOTATE, body=SkipBody)
async def post_skip(request: Request[Any, Any, Any], function_id: str, sample_id: str) -> Done:
    """Settle an item without a label, for good: `kind` is skipped or unsure."""
    given = await body(request, SkipBody)
    await asyncio.to_thread(
        request.app.state.noria.labelling.skip,
        canonical("function", function_id),
        canonical("sample", sample_id),
        request.state.caller.name,
        given.kind,
    )
    return Done()


@route("GET", "/v1/functions/{function_id:str}/live", "GetLive", Scope.INVOKE, query=LiveQuery)
async def get_live(request: Request[Any, Any, Any], function_id: str) -> LiveShape:
    """Live accuracy of production traffic, overall and per label, with 95 % intervals."""
    asked = query(request, LiveQuery)
    since, until = moment(asked.since, "since"), moment(asked.until, "until")
    version = canonical("model", asked.model_id) if asked.model_id else None
    live = request.app.state.noria.figures.live
    found = await asyncio.to_thread(live, canonical("function", function_id), since, until, version)
    return LiveShape.of(found)


def changed(present: CaptureSettings, given: CaptureChange) -> CaptureSettings:
    """The settings with what was given put in. Raises BadInput for values out of range."""
    named = {f: getattr(given, f) for f in given.__struct_fields__ if getattr(given, f) is not None}
    settings = replace(present, **named)
    _check(settings.budget_per_day, 0, MAX_BUDGET, "budgetPerDay")
    _check(settings.blind_every, 0, 1000, "blindEvery")
    _check(settings.feedback_window_s, 0, 30 * 86_400, "feedbackWindowS")
    _check(settings.expire_after_days, 0.01, 3650, "expireAfterDays")
    _check(settings.queue_limit, 1, 1_000_000, "queueLimit")
    Policy.of(settings.shares)
    return settings


def _check(value: float, low: float, high: float, name: str) -> None:
    if not low <= value <= high:
        raise BadInput(f"{name} must lie between {low:g} and {high:g}.", given=value)


def _state(noria: Any, function_id: str) -> CaptureState:
    function = noria.storage.functions.get(function_id)
    queue, totals = noria.labelling.state(function_id), noria.storage.captures.totals(function_id)
    settings = asdict(function.capture)
    settings["shares"] = {rule.reason: share for rule, share in Policy.of(function.capture.shares).rules}
    return CaptureState(
        **settings,
        open=queue.open,
        open_captures=queue.open_captures,
        labelled_today=queue.labelled_today,
        invokes=totals.invokes,
        captured=totals.captured,
    )


routes = [get_capture, put_capture, get_queue, post_skip, get_live]
