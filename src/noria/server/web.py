"""The web application: the API, the dashboard and the OpenAPI document on one server."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Router
from litestar.config.csrf import CSRFConfig
from litestar.middleware.csrf import CSRFMiddleware
from litestar.middleware.session.base import SessionMiddleware
from litestar.middleware.session.client_side import ClientSideSessionBackend, CookieBackendConfig
from litestar.types import ASGIApp, Middleware

from noria.app import Noria
from noria.errors import BadInput
from noria.server import api, health, openapi
from noria.server.api.bodies import MAX_BODY
from noria.server.dashboard import dashboard_routes
from noria.server.guard import require_scope
from noria.server.problem import HANDLERS

SESSION_S = 14 * 86_400  # how long a person stays signed in


def web_app(noria: Noria) -> Litestar:
    """The ASGI application around one `Noria`, started and stopped with it."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None, None]:
        await noria.start()
        yield
        await noria.stop()

    pages = Router(
        "/", route_handlers=dashboard_routes, middleware=_for_people(noria), include_in_schema=False
    )
    app = Litestar(
        route_handlers=[*api.routes, *openapi.routes, *health.routes, pages],
        guards=[require_scope],
        exception_handlers=HANDLERS,
        lifespan=[lifespan],
        openapi_config=None,
        before_request=_refuse_nul,
        request_max_body_size=MAX_BODY,
        logging_config=None,
    )
    app.state.noria = noria
    return app


async def _refuse_nul(request: Request[Any, Any, Any]) -> None:
    """No address of ours holds a NUL character, and not every database takes one in a query."""
    if b"%00" in request.scope["raw_path"] or b"%00" in request.scope["query_string"]:
        raise BadInput("The address holds a NUL character (%00). Remove it.")


def _for_people(noria: Noria) -> list[Middleware]:
    """Session and CSRF check, on the pages only: calls with a bearer token need neither."""
    session_key = noria.storage.secrets.get_or_create("session_key", lambda: secrets.token_bytes(32))
    backend = ClientSideSessionBackend(
        CookieBackendConfig(secret=session_key, key="noria_session", max_age=SESSION_S, samesite="lax")
    )
    csrf = CSRFConfig(secret=session_key.hex(), cookie_samesite="lax")

    # Closures, since a router copies what it is given and the session's cipher can't be copied.
    def with_session(app: ASGIApp) -> ASGIApp:
        return SessionMiddleware(app, backend)

    def with_csrf_check(app: ASGIApp) -> ASGIApp:
        return CSRFMiddleware(app, csrf)

    return [with_session, with_csrf_check]
