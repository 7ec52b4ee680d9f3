"""The web application: the API, the dashboard and the OpenAPI document on one server."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from litestar import Litestar, Router

from noria.app import Noria
from noria.server import api, files, health, monitoring, openapi
from noria.server.api.declare import MAX_BODY
from noria.server.audited import audited
from noria.server.dashboard import dashboard_routes
from noria.server.dashboard.languages.choice import in_their_language
from noria.server.guard import admit
from noria.server.problem import HANDLERS
from noria.server.sessions import for_people


def web_app(noria: Noria) -> Litestar:
    """The ASGI application around one `Noria`, started and stopped with it."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None, None]:
        await noria.start()
        yield
        await noria.stop()

    pages = Router(
        "/",
        route_handlers=dashboard_routes,
        middleware=[*for_people(noria), in_their_language],
        include_in_schema=False,
    )
    app = Litestar(
        route_handlers=[
            *api.routes,
            *openapi.routes,
            *health.routes,
            *monitoring.routes,
            *files.routes,
            pages,
        ],
        exception_handlers=HANDLERS,
        lifespan=[lifespan],
        openapi_config=None,
        before_request=admit,
        middleware=[audited],
        request_max_body_size=MAX_BODY,
        logging_config=None,
    )
    app.state.noria = noria
    return app
