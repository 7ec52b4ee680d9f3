"""GET /health: is the process up, and what runs in it; GET /ready: should a load balancer send calls here."""

from typing import Any

from litestar import Request, Response
from msgspec import UNSET, UnsetType

from noria import __version__
from noria.encoders import identity
from noria.records.function import Modality
from noria.server.api.declare import route
from noria.server.api.shapes import Shape


class JournalState(Shape):
    """Of this process."""

    captures: int  # that the database does not have yet
    bytes: int  # of all journals in the folder
    brought: int  # captures that were brought into the database since the start
    dropped: int  # drawn calls since the start that nothing could take


class Health(Shape):
    status: str
    version: str
    encoder: str  # of texts
    worker_running: bool  # beside this server or elsewhere
    database: str  # "up" or "away"
    journal: JournalState
    storage: str  # ok, or the code of why nothing can be added: storage_full, storage_read_only
    database_away_since: str | UnsetType = UNSET  # absent while it is there
    image_encoder: str | UnsetType = UNSET  # absent until the first image


class Ready(Shape):
    ready: bool
    reasons: list[str]  # why not
    notes: list[str]  # what is amiss though calls may come


@route("GET", "/health", "GetHealth", None)
async def get_health(request: Request[Any, Any, Any]) -> Health:
    """Is the server up, and what runs in it. It needs no database."""
    noria = request.app.state.noria
    now = noria.outage()
    image = noria.encoders.loaded().get(Modality.IMAGE)
    return Health(
        status="ok",
        version=__version__,
        encoder=identity(noria.encoders[Modality.TEXT]),
        image_encoder=identity(image) if image else UNSET,
        worker_running=noria.worker_runs,
        database="away" if now.since else "up",
        database_away_since=now.since.isoformat() if now.since else UNSET,
        journal=JournalState(now.held.captures, now.held.bytes, now.held.brought, now.dropped),
        storage=refusal.code if (refusal := noria.storage.refusal) else "ok",
    )


@route("GET", "/ready", "GetReady", None)
async def get_ready(request: Request[Any, Any, Any]) -> Response[Ready]:
    """Should calls be sent to this process. 503 with the reasons while it should get none."""
    readiness = request.app.state.noria.readiness
    reasons = readiness.reasons()
    return Response(Ready(not reasons, reasons, readiness.notes()), status_code=503 if reasons else 200)


routes = [get_health, get_ready]
