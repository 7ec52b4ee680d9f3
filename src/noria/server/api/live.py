"""Live accuracy: what production traffic says of a function. One of Noria's own additions."""

import asyncio
from typing import Any

from litestar import Request
from msgspec import UNSET, UnsetType

from noria.estimate.accuracy import Estimate, Figure
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
