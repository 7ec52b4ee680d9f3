"""Live accuracy: what production traffic says of a function. One of Noria's own additions."""

import asyncio
from typing import Any

from litestar import Request
from msgspec import UNSET, UnsetType

from noria.estimate.accuracy import Estimate, Figure
from noria.estimate.automation import AutomationPoint
from noria.estimate.confusion import Confusion
from noria.estimate.reliability import ReliabilityBand
from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.declare import route
from noria.server.api.queries import Id, Moment, moment, query
from noria.server.api.shapes import Shape
from noria.serving.figures import LiveFigures


class LiveQuery(Shape):
    since: Moment | None = None
    until: Moment | None = None
    model_id: Id | None = None


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


class AutomationShape(Shape):
    """At this confidence threshold: the share of calls answered at or above it, and how often rightly."""

    threshold: float
    share: float
    accuracy: EstimateShape

    @classmethod
    def of(cls, point: AutomationPoint) -> "AutomationShape":
        return cls(threshold=point.threshold, share=point.share, accuracy=EstimateShape.of(point.accuracy))


class ReliabilityShape(Shape):
    """Calls answered with a confidence from `low` to `high`: their share, mean confidence, and accuracy."""

    low: float
    high: float
    share: float
    confidence: float | None
    accuracy: EstimateShape

    @classmethod
    def of(cls, band: ReliabilityBand) -> "ReliabilityShape":
        return cls(
            low=band.low,
            high=band.high,
            share=band.share,
            confidence=band.confidence,
            accuracy=EstimateShape.of(band.accuracy),
        )


class ConfusionShape(Shape):
    """Calls of one label that were answered with another, as a share of all calls."""

    true_label_id: str
    answered_label_id: str
    share: EstimateShape

    @classmethod
    def of(cls, confusion: Confusion) -> "ConfusionShape":
        return cls(
            true_label_id=confusion.true,
            answered_label_id=confusion.answered,
            share=EstimateShape.of(confusion.share),
        )


class NeededShape(Shape):
    """About so many more labels bring the accuracy's interval within ± `within`."""

    within: float
    more_labels: int


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
    automation: list[AutomationShape]
    reliability: list[ReliabilityShape]
    confusions: list[ConfusionShape]
    needed: list[NeededShape]
    expectation_parted: float

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
            automation=[AutomationShape.of(point) for point in live.automation],
            reliability=[ReliabilityShape.of(band) for band in live.reliability],
            confusions=[ConfusionShape.of(confusion) for confusion in live.confusions],
            needed=[NeededShape(within=n.within, more_labels=n.labels) for n in live.needed],
            expectation_parted=live.parted,
        )


@route("GET", "/v1/functions/{function_id:str}/live", "GetLive", Scope.INVOKE, query=LiveQuery)
async def get_live(request: Request[Any, Any, Any], function_id: str) -> LiveShape:
    """Live accuracy of production traffic, overall and per label, with 95 % intervals."""
    asked = query(request, LiveQuery)
    since, until = moment(asked.since, "since"), moment(asked.until, "until")
    version = canonical("model", asked.model_id) if asked.model_id else None
    live = request.app.state.noria.figures.live
    found = await asyncio.to_thread(live, canonical("function", function_id), since, until, version)
    return LiveShape.of(found)


routes = [get_live]
