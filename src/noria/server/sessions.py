"""People's sessions: who is signed in, kept in an encrypted cookie, and forms that come from our own pages only."""

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any

from litestar import Request
from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.exceptions import LitestarException, PermissionDeniedException
from litestar.middleware.csrf import CSRFMiddleware
from litestar.middleware.session.base import SessionMiddleware
from litestar.middleware.session.client_side import ClientSideSessionBackend, CookieBackendConfig
from litestar.types import ASGIApp, Message, Middleware, Receive, Scope, ScopeSession, Send

from noria.errors import NotAllowed
from noria.server.guard import admit
from noria.serving.auth import Auth
from noria.serving.people import People

if TYPE_CHECKING:
    from noria.app import Noria

SIGNED_IN_S = 14 * 86_400  # how long a person stays signed in
OPEN_TO_ALL = {"skip_session": True, "exclude_from_csrf": True}
"""Options of a route that is the same for everybody, so that a shared cache never keeps a person's cookie."""

_READ = "session_as_read"
_OLD_FORM = "This form is out of date, or not from a page of this server. Reload the page and send it again."
_OTHER_SITE = "This came from a page of another site and was not carried out."


def for_people(noria: "Noria") -> list[Middleware]:
    """Session and check of forms, for the pages only: calls with a bearer token need neither.

    Cookies don't know ports: their names hold a mark of the installation, lest two servers on one machine, or one
    whose data was deleted, read each other's.
    """
    key = noria.storage.secrets.get_or_create("session_key", lambda: secrets.token_bytes(32))
    mark = hashlib.sha256(key).hexdigest()[:8]
    path = noria.settings.prefix or "/"  # neighbours on the host never get them
    sessions = Sessions(
        CookieBackendConfig(
            secret=key, key=f"noria_session_{mark}", path=path, max_age=SIGNED_IN_S, samesite="lax"
        ),
        noria.auth,
        noria.people,
    )
    forms = CSRFConfig(
        secret=hmac.digest(key, b"forms", "sha256").hex(),
        cookie_name=f"noria_form_{mark}",
        cookie_path=path,
        cookie_samesite="lax",
    )

    # Closures, since a router copies what it is given and the session's cipher can't be copied.
    def with_secure_cookies(app: ASGIApp) -> ASGIApp:
        async def answered(scope: Scope, receive: Receive, send: Send) -> None:
            await app(scope, receive, _secured(send) if scope.get("scheme") == "https" else send)

        return answered

    def with_session(app: ASGIApp) -> ASGIApp:
        return SessionMiddleware(app, sessions)

    def with_own_forms(app: ASGIApp) -> ASGIApp:
        return OwnForms(app, forms)

    return [with_secure_cookies, with_session, with_own_forms]


class Sessions(ClientSideSessionBackend):
    """The session cookie, written only when it changed: a late answer can't sign a person in who has just left."""

    def __init__(self, config: CookieBackendConfig, auth: Auth, people: People) -> None:
        super().__init__(config)
        self._auth = auth
        self._people = people

    async def load_from_connection(self, connection: ASGIConnection[Any, Any, Any, Any]) -> dict[str, Any]:
        session = await self._read(connection)
        connection.scope["state"][_READ] = dict(session)
        return session

    async def store_in_message(
        self, scope_session: ScopeSession, message: Message, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> None:
        if scope_session != connection.scope["state"].get(_READ):
            await super().store_in_message(scope_session, message, connection)

    async def _read(self, connection: ASGIConnection[Any, Any, Any, Any]) -> dict[str, Any]:
        """Nobody's where the cookie is none of ours, or of a client or a person that is gone since."""
        try:
            session = await super().load_from_connection(connection)
        except (LitestarException, ValueError, LookupError, TypeError):  # bytes that somebody made up
            return {}
        return {} if self._is_gone(session) else session

    def _is_gone(self, session: dict[str, Any]) -> bool:
        if (client := session.get("client")) is not None:
            return self._auth.is_revoked(client)
        return "name" in session and self._people.caller(str(session["name"])) is None


class OwnForms(CSRFMiddleware):
    """Lets a change pass that one of our own pages asked for: it carries the token of its page.

    A browser's own word comes first, as cookies alone don't tell the ports of one machine apart; and so does the
    question who asks, before a large form is read.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["form_cookie"] = self.config.cookie_name  # for the pages' scripts
        request: Request[Any, Any, Any] = Request(scope)
        if request.method not in self.config.safe_methods:
            if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                raise NotAllowed(_OTHER_SITE)
            await admit(request)
        try:
            await super().__call__(scope, receive, send)
        except PermissionDeniedException:
            raise NotAllowed(_OLD_FORM) from None


def _secured(send: Send) -> Send:
    """Behind a proxy that speaks TLS, cookies never travel without it."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                (name, value + b"; Secure" if name.lower() == b"set-cookie" else value)
                for name, value in message.get("headers", [])
            ]
        await send(message)

    return sending
