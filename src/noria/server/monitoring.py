"""GET /metrics: what monitoring reads, in Prometheus' text format."""

import asyncio
from typing import Any

from litestar import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from noria.records.client import Scope
from noria.server.api.declare import route


@route("GET", "/metrics", "GetMonitoring", Scope.VIEW, answers=CONTENT_TYPE_LATEST.partition(";")[0])
async def get_monitoring(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Counters and figures of the server, for Prometheus and what reads its format."""
    noria = request.app.state.noria
    state = CollectorRegistry()
    state.register(noria.state)
    of_functions = await asyncio.to_thread(generate_latest, state)
    text = generate_latest(noria.meters.registry) + of_functions
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


routes = [get_monitoring]
