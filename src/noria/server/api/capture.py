"""Capture: its state and settings, and the labelling queue. Noria's own additions."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

from litestar import Request
from msgspec import UNSET, Meta, UnsetType

from noria.capture.policy import Policy, shares_of
from noria.records.client import Scope
from noria.records.function import CaptureSettings
from noria.records.ids import canonical
from noria.records.user_rule import UserRule
from noria.server.api.bodies import body
from noria.server.api.contents import wired
from noria.server.api.declare import route
from noria.server.api.queries import query
from noria.server.api.sent import CaptureChange, PreviewBody, RetentionBody, RuleCheck, SkipBody
from noria.server.api.shapes import Data, Done, Shape
from noria.serving.labelling import MAX_SERVED, Reason, Served
from noria.serving.previewing import DayPreview, Example, day_preview
from noria.serving.spending import backlog, spending

S = TypeVar("S", bound=Shape)

_BASE = "/v1/functions/{function_id:str}/capture"


class QueueQuery(Shape):
    count: Annotated[int, Meta(ge=1, le=MAX_SERVED)] = 10


class RuleShape(Shape):
    name: str
    expression: str
    words: str


class RuleMatches(Shape):
    """What a rule would have found: of the last captured calls, and of all traffic as far as these tell."""

    matches: int
    of: int
    unknown_labels: list[str]
    traffic_share: float | UnsetType = UNSET


class SpendingShape(Shape):
    """The budget of the last 24 hours and of today, a day of UTC; `expected_today` is about what midnight will see."""

    last_day: int
    today: int
    expected_today: float | None
    random_share: float | None


class BacklogShape(Shape):
    """What waits for a label: `days` of work at the pace of the last week, null where nobody labelled in it."""

    items: int
    labelled_last_week: int
    days: float | None
    next_expiry_at: datetime | None
    expiring_within_week: int


class CaptureState(Shape):
    enabled: bool
    budget_per_day: float
    shares: Mapping[str, float]  # normalised: they sum to 1, Random is at least 0.1
    blind_every: int
    feedback_window_s: int
    expire_after_days: float
    delete_after_days: float  # 0: captured samples that nobody labels are kept
    queue_limit: int
    keep_every_decision: bool
    overlap: float  # of the items that are answered, the share that a second person is asked about
    known_share: float  # of a person's turns, the share that show a sample whose answer is sure
    rules: list[RuleShape]  # the users' own; together they have the share of `Rule`
    open: int
    open_captures: int
    labelled_today: int
    invokes: int
    captured: int
    spending: SpendingShape
    backlog: BacklogShape


class DueShape(Shape):
    """What would be deleted today."""

    sample_count: int
    waiting_count: int  # of them in the queue


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
    present: bool | UnsetType = UNSET  # of tags: whether the live version sees this one


class QueueItemShape(Shape):
    """An open item; `suggestions` and `reasons` are absent when it is blind."""

    sample_id: str
    data: Data
    count: int
    captured_at: datetime
    blind: bool
    suggestions: list[Suggestion] | UnsetType = UNSET
    reasons: list[ReasonShape] | UnsetType = UNSET

    @classmethod
    def of(cls, item: Served, data: Data) -> "QueueItemShape":
        return cls(
            sample_id=item.sample_id,
            data=data,
            count=item.count,
            captured_at=item.captured_at,
            blind=item.blind,
            suggestions=[
                Suggestion(
                    label_id=id,
                    label_name=name,
                    confidence=c,
                    present=UNSET if item.tags is None else id in item.tags,
                )
                for id, name, c in item.suggestions
            ]
            or UNSET,
            reasons=[ReasonShape.of(r) for r in item.reasons] or UNSET,
        )


class QueueShape(Shape):
    items: list[QueueItemShape]


class PreviewExample(Shape):
    sample_id: str
    data: Data
    reason: str


class PreviewShape(Shape):
    """What the last 24 hours would have staged, about: in all, by reason and by predicted label.

    `effective`: so many captures' worth of evidence. `unknown`: rules of which no score was recorded; what they would
    bring is taken from their shares. `staged`, `passed`: captures that would be staged again, and would not.
    """

    captured: int
    budget: float
    shares: Mapping[str, float]
    total: float
    by_reason: Mapping[str, float]
    by_label: Mapping[str, float]
    unknown: tuple[str, ...]
    effective: float
    staged: list[PreviewExample]
    passed: list[PreviewExample]

    @classmethod
    def of(cls, day: DayPreview, data: Callable[[Example], Data]) -> "PreviewShape":
        told = day.preview
        return cls(
            captured=day.captured,
            budget=day.budget,
            shares=day.shares,
            total=told.total,
            by_reason=told.by_reason,
            by_label=told.by_label,
            unknown=told.unknown,
            effective=told.effective,
            staged=[PreviewExample(sample_id=e.sample_id, data=data(e), reason=e.reason) for e in day.staged],
            passed=[PreviewExample(sample_id=e.sample_id, data=data(e), reason=e.reason) for e in day.passed],
        )


@route("GET", _BASE, "GetCapture", Scope.INVOKE)
async def get_capture(request: Request[Any, Any, Any], function_id: str) -> CaptureState:
    """How the function captures, and what is open, captured and labelled."""
    return await asyncio.to_thread(_state, request.app.state.noria, canonical("function", function_id))


@route("PUT", _BASE, "PutCapture", Scope.EDIT, body=CaptureChange)
async def put_capture(request: Request[Any, Any, Any], function_id: str) -> CaptureState:
    """Change capture settings; what is left out stays as it is."""
    given = await body(request, CaptureChange)
    noria, function_id = request.app.state.noria, canonical("function", function_id)
    present = (await asyncio.to_thread(noria.storage.functions.get, function_id)).capture
    settings = changed(present, given)
    await asyncio.to_thread(noria.teacher.update_function, function_id, capture=settings)
    return await asyncio.to_thread(_state, noria, function_id)


@route("POST", _BASE + "/rules/check", "PostRuleCheck", Scope.INVOKE, body=RuleCheck)
async def post_rule_check(request: Request[Any, Any, Any], function_id: str) -> RuleMatches:
    """Whether an expression can be read, and how many of the last captured calls it holds for; nothing is changed."""
    given = await body(request, RuleCheck)
    check = request.app.state.noria.rule_preview.check
    found = await asyncio.to_thread(check, canonical("function", function_id), given.expression)
    return RuleMatches(
        matches=found.matches,
        of=found.of,
        traffic_share=UNSET if found.traffic_share is None else found.traffic_share,
        unknown_labels=list(found.unknown_labels),
    )


@route("POST", _BASE + "/preview", "PostCapturePreview", Scope.ANNOTATE, body=PreviewBody, unlogged=True)
async def post_preview(request: Request[Any, Any, Any], function_id: str) -> PreviewShape:
    """What the last 24 hours would have staged with other shares or another budget; changes nothing."""
    given = await body(request, PreviewBody)
    noria, function_id = request.app.state.noria, canonical("function", function_id)
    day = await asyncio.to_thread(
        day_preview, noria.storage, noria.live, function_id, given.budget_per_day, given.shares
    )

    return PreviewShape.of(day, lambda example: wired(request, function_id, example.sample_id, example))


@route(
    "POST",
    _BASE + "/retention/preview",
    "PostRetentionPreview",
    Scope.ANNOTATE,
    body=RetentionBody,
    unlogged=True,
)
async def post_retention_preview(request: Request[Any, Any, Any], function_id: str) -> DueShape:
    """How many captured samples that nobody labelled are of this age by now; changes nothing."""
    given = await body(request, RetentionBody)
    storage, function_id = request.app.state.noria.storage, canonical("function", function_id)
    older_than = datetime.now(UTC) - timedelta(days=given.delete_after_days)
    due = await asyncio.to_thread(storage.retention.due, function_id, older_than)
    return DueShape(sample_count=due.samples, waiting_count=due.waiting)


@route("GET", _BASE + "/queue", "GetCaptureQueue", Scope.ANNOTATE, query=QueueQuery)
async def get_queue(request: Request[Any, Any, Any], function_id: str) -> QueueShape:
    """The next items to label, held for the caller for two minutes; answer with PUT …/annotation."""
    noria, by = request.app.state.noria, request.state.caller.name
    count, function_id = query(request, QueueQuery).count, canonical("function", function_id)
    items = await asyncio.to_thread(noria.labelling.next, function_id, by=by, count=count)
    return QueueShape(
        items=[QueueItemShape.of(item, wired(request, function_id, item.sample_id, item)) for item in items]
    )


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


def changed(present: CaptureSettings, given: CaptureChange) -> CaptureSettings:
    """The settings with what was given put in. Raises BadInput for shares of rules that there are not."""
    named = {f: getattr(given, f) for f in given.__struct_fields__ if getattr(given, f) is not None}
    if given.rules is not None:
        named["rules"] = tuple(
            UserRule(r.name.strip(), r.expression.strip(), r.words.strip()) for r in given.rules
        )
    settings = replace(present, **named)
    Policy.of(shares_of(settings))
    return settings


def _state(noria: Any, function_id: str) -> CaptureState:
    function = noria.storage.functions.get(function_id)
    queue, totals = noria.labelling.state(function_id), noria.storage.captures.totals(function_id)
    settings = asdict(function.capture)
    settings["shares"] = {rule.reason: share for rule, share in Policy.of(shares_of(function.capture)).rules}
    settings["rules"] = [RuleShape(**rule) for rule in settings["rules"]]
    return CaptureState(
        **settings,
        open=queue.open,
        open_captures=queue.open_captures,
        labelled_today=queue.labelled_today,
        invokes=totals.invokes,
        captured=totals.captured,
        spending=_shaped(SpendingShape, spending(noria.storage, function_id)),
        backlog=_shaped(BacklogShape, backlog(noria.storage, function_id)),
    )


def _shaped(shape: type[S], record: Any) -> S:
    return shape(**{name: getattr(record, name) for name in shape.__struct_fields__})


routes = [
    get_capture, put_capture, post_rule_check, post_preview, post_retention_preview, get_queue, post_skip,
]  # fmt: skip
