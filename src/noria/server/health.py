"""GET /health: is the server up, and what runs in it."""

from typing import Any

from litestar import Request

from noria import __version__
from noria.encoders import identity
from noria.server.api.declare import route
from noria.server.api.shapes import Shape


class Health(Shape):
    status: str
    version: str
    encoder: str
    worker_running: bool


@route("GET", "/health", "GetHealth", None)
async def get_health(request: Request[Any, Any, Any]) -> Health:
    """Is the server up, and what runs in it."""
    noria = request.app.state.noria
    runner = noria.runner
    return Health(
        status="ok",
        version=__version__,
        encoder=identity(noria.encoder),
        worker_running=runner is not None and runner.pid is not None,
    )


routes = [get_health]
