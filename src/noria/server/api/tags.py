"""Tags: from which probability on each is answered. Noria's own addition."""

import asyncio
from typing import Any

from litestar import Request
from msgspec import UNSET, UnsetType

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.live import EstimateShape, LiveQuery
from noria.server.api.queries import moment, query
from noria.server.api.sent import ThresholdBody
from noria.server.api.shapes import Shape
from noria.serving.tag_figures import LiveTagFigures, live_tag_figures
from noria.serving.thresholds import TagState, tag_states

_ALL = "/v1/functions/{function_id:str}/tags"


class TagStateShape(Shape):
    """`suggestedThreshold` is the one of the best F1 on samples that the version was not fitted on."""

    label_id: str
    label_name: str
    decision_threshold: float
    present_count: int
    absent_count: int
    suggested_threshold: float | UnsetType = UNSET

    @classmethod
    def of(cls, tag: TagState) -> "TagStateShape":
        return cls(
            label_id=tag.label_id,
            label_name=tag.label_name,
            decision_threshold=tag.threshold,
            present_count=tag.present,
            absent_count=tag.absent,
            suggested_threshold=UNSET if tag.suggested is None else tag.suggested,
        )


@route("GET", _ALL, "ListTags", Scope.INVOKE)
async def list_tags(request: Request[Any, Any, Any], function_id: str) -> list[TagStateShape]:
    """The tags of a tags function with their thresholds, and how many samples have them and have them not."""
    noria = request.app.state.noria
    states = await asyncio.to_thread(
        tag_states, noria.storage, noria.live, canonical("function", function_id)
    )
    return [TagStateShape.of(tag) for tag in states]


class TagLive(Shape):
    """One tag in production; `expectedPrevalence` is label-free: its mean probability over all calls."""

    label_id: str
    precision: EstimateShape
    recall: EstimateShape
    prevalence: EstimateShape
    expected_prevalence: float | None


class LiveTags(Shape):
    calls: int
    known_calls: int
    judged: int
    open: int
    not_judged_yet: float
    tags: list[TagLive]

    @classmethod
    def of(cls, live: LiveTagFigures) -> "LiveTags":
        return cls(
            calls=live.calls,
            known_calls=live.known_calls,
            judged=live.judged,
            open=live.open,
            not_judged_yet=live.not_judged_yet,
            tags=[
                TagLive(
                    label_id=tag.label_id,
                    precision=EstimateShape.of(tag.precision),
                    recall=EstimateShape.of(tag.recall),
                    prevalence=EstimateShape.of(tag.prevalence),
                    expected_prevalence=tag.expected_prevalence,
                )
                for tag in live.tags
            ],
        )


@route("GET", _ALL + "/live", "GetLiveTags", Scope.INVOKE, query=LiveQuery)
async def get_live_tags(request: Request[Any, Any, Any], function_id: str) -> LiveTags:
    """Precision, recall and prevalence of each tag in production, with 95 % intervals."""
    asked = query(request, LiveQuery)
    since, until = moment(asked.since, "since"), moment(asked.until, "until")
    version = canonical("model", asked.model_id) if asked.model_id else None
    found = await asyncio.to_thread(
        live_tag_figures,
        request.app.state.noria.storage,
        canonical("function", function_id),
        since,
        until,
        version,
    )
    return LiveTags.of(found)


@route("PUT", _ALL + "/{label_id:str}", "PutTag", Scope.EDIT, body=ThresholdBody)
async def put_tag(request: Request[Any, Any, Any], function_id: str, label_id: str) -> TagStateShape:
    """Answer the tag from another probability on; no version is trained for that."""
    given = await body(request, ThresholdBody)
    noria, function_id = request.app.state.noria, canonical("function", function_id)
    label_id = canonical("label", label_id)
    await asyncio.to_thread(noria.teacher.set_tag_threshold, function_id, label_id, given.decision_threshold)
    states = await asyncio.to_thread(tag_states, noria.storage, noria.live, function_id)
    return next(TagStateShape.of(tag) for tag in states if tag.label_id == label_id)


routes = [list_tags, get_live_tags, put_tag]
