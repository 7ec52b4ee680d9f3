"""GET /health: is the server up, and what runs in it."""

from typing import Any

from litestar import Request
from msgspec import UNSET, UnsetType

from noria import __version__
from noria.encoders import identity
from noria.records.function import Modality
from noria.server.api.declare import route
from noria.server.api.shapes import Shape


class Health(Shape):
    status: str
    version: str
    encoder: str  # of texts
    worker_running: bool
    image_encoder: str | UnsetType = UNSET  # absent until the first image


@route("GET", "/health", "GetHealth", None)
async def get_health(request: Request[Any, Any, Any]) -> Health:
    """Is the server up, and what runs in it."""
    noria = request.app.state.noria
    runner, image = noria.runner, noria.encoders.loaded().get(Modality.IMAGE)
    return Health(
        status="ok",
        version=__version__,
        encoder=identity(noria.encoders[Modality.TEXT]),
        image_encoder=identity(image) if image else UNSET,
        worker_running=runner is not None and runner.pid is not None,
    )


routes = [get_health]
