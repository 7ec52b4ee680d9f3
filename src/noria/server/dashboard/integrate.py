"""Integrate: the function's address, API clients, and snippets that run as pasted."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from noria.records.client import Client, Scope
from noria.server.audited import note
from noria.server.dashboard import pages, snippets
from noria.server.dashboard.alerts import fitting
from noria.server.dashboard.contents import fields_of
from noria.server.dashboard.languages import t
from noria.server.dashboard.row_form import asked_row
from noria.server.dashboard.services import frame, services
from noria.server.prefix import at

_FORM = RequestEncodingType.URL_ENCODED


class NewClient(msgspec.Struct):
    name: str = ""
    scope: Scope = Scope.INVOKE


@get("/functions/{function_id:str}/integrate", opt={"scope": Scope.VIEW}, sync_to_thread=True)
def integrate(request: Request[Any, Any, Any], function_id: str) -> Response[str]:
    return _page(request, function_id)


@post(
    "/functions/{function_id:str}/integrate/clients",
    opt={"scope": Scope.ADMIN},
    status_code=200,
    sync_to_thread=True,
)
def create_client(
    request: Request[Any, Any, Any], function_id: str, data: Annotated[NewClient, Body(media_type=_FORM)]
) -> Response[str]:
    """The page with a new client's secret in it, and a token of its own: shown this once."""
    auth = services(request).auth
    client, secret = auth.new_client(data.name.strip()[:200] or "unnamed client", data.scope)
    note(request, client=client.id, name=client.name, scope=client.scope.value)
    return _page(request, function_id, client, secret, auth.token(client))


@post(
    "/functions/{function_id:str}/integrate/clients/{client_id:str}/revoke",
    opt={"scope": Scope.ADMIN},
    status_code=200,
    sync_to_thread=True,
)
def revoke_client(request: Request[Any, Any, Any], function_id: str, client_id: str) -> Response[Any]:
    services(request).storage.clients.revoke(client_id, datetime.now(UTC))
    back = at(f"/functions/{function_id}/integrate#clients")
    return pages.done(request, back, t("Revoked. Its tokens stop working within a second."))


def _page(
    request: Request[Any, Any, Any],
    function_id: str,
    client: Client | None = None,
    secret: str | None = None,
    token: str | None = None,
) -> Response[str]:
    noria = services(request)
    shown = frame(noria, function_id, "integrate")
    server = str(request.base_url).rstrip("/")
    return pages.page(
        request,
        "integrate.html",
        frame=shown,
        server=server,
        url=server + snippets.path_of(shown.function),
        clients=sorted(noria.storage.clients.all(), key=lambda c: (c.revoked_at is not None, c.created_at)),
        scopes=list(Scope),
        webhooks=noria.storage.webhooks.all(shown.function.id),
        raised=noria.storage.webhooks.raised(shown.function.id),
        deliveries=noria.storage.webhooks.log(shown.function.id, limit=200),
        events=fitting(shown.function),
        made=client,
        secret=secret,
        token=token,
        snippets=snippets.all_of(
            server,
            shown.function,
            client.id if client else None,
            secret,
            token,
            asked_row(noria, shown.function.id, fields_of(noria, shown.function)),
        ),
    )
