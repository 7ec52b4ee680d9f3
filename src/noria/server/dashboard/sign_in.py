"""Signing in, by the one-time link that the server prints or with an API client's id and secret."""

import secrets
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from noria.errors import NotSignedIn
from noria.records.client import Scope
from noria.server.api.declare import MAX_BODY_OF_STRANGERS
from noria.server.dashboard import pages
from noria.server.dashboard.languages import Later, t
from noria.server.dashboard.services import services
from noria.server.prefix import at, inside

_USED_UP = Later("This link was used before, or is too old. Run “noria link” where Noria runs for a new one.")


class Credentials(msgspec.Struct):
    client_id: str = ""
    client_secret: str = ""
    next: str = ""


Form = Annotated[Credentials, Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/", opt={"scope": None}, sync_to_thread=False)
def home(request: Request[Any, Any, Any]) -> Redirect:
    return Redirect(at("/functions") if pages.signed_in_as(request) else at("/sign-in"))


@get("/sign-in", opt={"scope": None}, sync_to_thread=False)
def sign_in(request: Request[Any, Any, Any], next: str = "") -> Response[Any]:
    if pages.signed_in_as(request):
        return Redirect(_safe(next))
    return pages.page(request, "sign_in.html", next=next, client_id="", wrong=None)


@post(
    "/sign-in",
    opt={"scope": None},
    status_code=200,
    sync_to_thread=True,
    request_max_body_size=MAX_BODY_OF_STRANGERS,
)
def sign_in_by_client(request: Request[Any, Any, Any], data: Form) -> Response[Any]:
    try:
        client = services(request).auth.check_client(data.client_id.strip(), data.client_secret.strip())
    except NotSignedIn:
        return _refused(
            request, data, t("This id and secret don't belong together, or the client was revoked.")
        )
    if not client.scope.includes(Scope.VIEW):
        return _refused(
            request,
            data,
            t("This client may only {scope}. Signing in needs one that may view.", scope=client.scope),
        )
    who = {"name": client.name, "client": client.id, "scope": client.scope.value}
    return _welcome(request, who, data.next)


@get("/sign-in/{code:str}", opt={"scope": None}, sync_to_thread=True)
def sign_in_by_link(request: Request[Any, Any, Any], code: str, next: str = "") -> Response[Any]:
    if pages.signed_in_as(request):
        return Redirect(_safe(next))
    try:
        name = services(request).sign_ins.redeem(code)
    except NotSignedIn:
        return pages.page(request, "sign_in.html", 401, next=next, client_id="", wrong=_USED_UP)
    return _welcome(request, {"name": name}, next)


@post(
    "/sign-out",
    opt={"scope": None},
    status_code=200,
    sync_to_thread=False,
    request_max_body_size=MAX_BODY_OF_STRANGERS,
)
def sign_out(request: Request[Any, Any, Any]) -> Redirect:
    request.clear_session()
    return Redirect(at("/sign-in"), status_code=303)


def _welcome(request: Request[Any, Any, Any], who: dict[str, str], next: str) -> Redirect:
    request.set_session(who | {"seat": secrets.token_hex(4)})
    return Redirect(_safe(next), status_code=303)


def _refused(request: Request[Any, Any, Any], data: Credentials, wrong: str) -> Response[str]:
    return pages.page(request, "sign_in.html", 401, next=data.next, client_id=data.client_id, wrong=wrong)


def _safe(path: str) -> str:
    """The page to go on to, if it is one of ours: never another host.

    >>> [_safe(p) for p in ("/functions/x/capture", "//evil.example", "/\\\\evil.example", "https://evil.example")]
    ['/functions/x/capture', '/functions', '/functions', '/functions']
    """
    ours = inside(path)
    good = ours and ours.isprintable() and not ours.startswith(("//", "/\\", "/sign-"))
    return path if good else at("/functions")
