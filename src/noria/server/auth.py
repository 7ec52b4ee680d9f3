"""Tokens and scopes: who may call what, in one guard that every route passes."""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import jwt
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from noria.errors import ClientNotFound, NotAllowed, NotSignedIn
from noria.records.client import Client, Scope
from noria.records.ids import canonical, new_id
from noria.storage import Storage

TOKEN_LIFETIME_S = 3600
_AUDIENCE = "noria"
_REMEMBERED_TOKENS = 1024
_REVOCATION_LAG_S = 1.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling, and what they may do."""

    name: str
    scope: Scope


class Auth:
    """Issues bearer tokens to API clients and checks them without touching the disk for each call.

    Checked tokens are remembered until they expire; a revoked client is noticed within a second.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._key = storage.secrets.get_or_create("token_key", lambda: secrets.token_bytes(32))
        self._checked: dict[str, tuple[Caller, float]] = {}
        self._revoked: frozenset[str] = frozenset()
        self._revoked_read_at = float("-inf")

    def new_client(self, name: str, scope: Scope = Scope.ADMIN) -> tuple[Client, str]:
        """A fresh client and its secret, which is shown this once and stored only as a hash."""
        secret = secrets.token_urlsafe(32)
        return self.add_client(new_id("client"), secret, name, scope), secret

    def add_client(self, client_id: str, secret: str, name: str, scope: Scope = Scope.ADMIN) -> Client:
        client = Client(client_id, name, scope, _digest(secret), datetime.now(UTC))
        self._storage.clients.add(client)
        return client

    def check_client(self, client_id: str, secret: str) -> Client:
        """The client with this id and secret. Raises NotSignedIn for a wrong or revoked pair."""
        known = self._find(client_id)
        if known is None or known.revoked_at or not hmac.compare_digest(known.secret_sha256, _digest(secret)):
            raise NotSignedIn(
                "This client id and secret are not known here. Make a pair with `noria key create`."
            )
        return known

    def _find(self, client_id: str) -> Client | None:
        for candidate in (client_id, canonical("client", client_id)):
            try:
                return self._storage.clients.get(candidate)
            except ClientNotFound:
                continue
        return None

    def token(self, client: Client, lifetime_s: int = TOKEN_LIFETIME_S) -> str:
        return self.token_for(client.id, client.scope, lifetime_s)

    def token_for(self, name: str, scope: Scope, lifetime_s: int = TOKEN_LIFETIME_S) -> str:
        """A token for whoever may read the signing key already, such as the command line beside the data."""
        now = int(time.time())
        claims = {"sub": name, "scope": scope, "aud": _AUDIENCE, "iat": now, "exp": now + lifetime_s}
        return jwt.encode(claims, self._key, algorithm="HS256")

    def caller(self, authorization: str | None) -> Caller:
        """Who sent this Authorization header. Raises NotSignedIn."""
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise NotSignedIn()
        now = time.time()
        known = self._checked.get(token)
        if known is None or known[1] <= now:
            known = self._check(token)
        if known[0].name in self._revoked_clients(now):
            raise NotSignedIn(
                "This API client was revoked. Use another, or make one with `noria key create`."
            )
        return known[0]

    def _check(self, token: str) -> tuple[Caller, float]:
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"], audience=_AUDIENCE)
        except jwt.ExpiredSignatureError:
            raise NotSignedIn("This token has expired. Get a new one from POST /connect/token.") from None
        except jwt.InvalidTokenError:
            raise NotSignedIn() from None
        if len(self._checked) >= _REMEMBERED_TOKENS:
            self._checked.clear()
        checked = (Caller(claims["sub"], Scope(claims["scope"])), float(claims["exp"]))
        self._checked[token] = checked
        return checked

    def _revoked_clients(self, now: float) -> frozenset[str]:
        if now - self._revoked_read_at > _REVOCATION_LAG_S:
            self._revoked = frozenset(c.id for c in self._storage.clients.all() if c.revoked_at)
            self._revoked_read_at = now
        return self._revoked


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def require_scope(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """The one guard: lets a call through when its caller's scope includes the one the route declares.

    A route declares `opt={"scope": Scope.X}`, or `None` when it is public; one that declares nothing
    is closed to all. People who signed in to the dashboard carry a session instead of a token.
    """
    if "scope" not in handler.opt:
        raise NotAllowed("This route declares no scope and is closed.")
    needed: Scope | None = handler.opt["scope"]
    if needed is None:
        return
    caller = _signed_in(connection) or connection.app.state.noria.auth.caller(
        connection.headers.get("authorization")
    )
    if not caller.scope.includes(needed):
        raise NotAllowed(needed=needed, yours=caller.scope)
    connection.scope["state"]["caller"] = caller


def _signed_in(connection: ASGIConnection) -> Caller | None:  # type: ignore[type-arg]
    """The person behind the dashboard's session cookie, on routes that have one."""
    session = connection.scope.get("session")
    if isinstance(session, dict) and (name := session.get("name")):
        return Caller(str(name), Scope.ADMIN)
    return None
