"""What the v0.9 API says of a function: state and metrics, which existing clients wait on."""

import asyncio
from typing import Any

from litestar import Request

from noria.records.client import Scope
from noria.records.function import Function
from noria.records.ids import canonical
from noria.server.api.declare import route
from noria.server.api.shapes import Shape
from noria.serving.figures import Overview


class LegacyFunction(Shape):
    id: str
    name: str
    input: str
    output: str
    project_id: str
    state: str  # Browsing: trained; Training: a first model is being made; Untrained


class Metrics(Shape):
    sample_count: int
    prediction_count: int
    is_training: bool
    annotated_sample_count: int
    annotated_label_counts: dict[str, int]  # one entry a label, zero included
    positive_annotated_label_counts: dict[str, int]


@route("GET", "/v0.9/functions/{function_id:str}", "GetFunctionState", Scope.INVOKE)
async def get_state(request: Request[Any, Any, Any], function_id: str) -> LegacyFunction:
    """What `state` says: Browsing once a trained version answers, before that Training or Untrained."""
    noria = request.app.state.noria
    function, overview = await asyncio.to_thread(_in_step, noria, canonical("function", function_id))
    state = "Training" if overview.training.waiting and not overview.training.why else "Untrained"
    if (overview.live is not None or function.searches) and overview.samples:
        state = "Browsing"
    return LegacyFunction(
        id=function.id,
        name=function.name,
        input=function.input,
        output=function.output,
        project_id=function.project_id,
        state=state,
    )


@route("GET", "/v0.9/functions/{function_id:str}/metrics", "GetMetrics", Scope.INVOKE)
async def get_metrics(request: Request[Any, Any, Any], function_id: str) -> Metrics:
    """Counts, and whether a training runs; staged samples are not among them."""
    noria = request.app.state.noria
    function, overview = await asyncio.to_thread(_in_step, noria, canonical("function", function_id))
    return Metrics(
        sample_count=overview.samples,
        prediction_count=overview.samples if function.searches else overview.predicted,  # found at once
        is_training=overview.training.waiting or overview.training.phase is not None,
        annotated_sample_count=overview.annotated,
        annotated_label_counts=overview.label_counts,
        positive_annotated_label_counts=overview.label_counts,
    )


def _in_step(noria: Any, function_id: str) -> tuple[Function, Overview]:
    """The function as its rows are, once this process answers by them.

    Clients wait for these figures and then invoke: they must not meet the version before.
    """
    overview = noria.figures.overview(function_id)
    function = noria.storage.functions.get(function_id)
    live = noria.live.peek(function_id)
    if live is not None and live.function.changed_seq != function.changed_seq:
        noria.live.refresh(function_id)
    return function, overview


routes = [get_state, get_metrics]
