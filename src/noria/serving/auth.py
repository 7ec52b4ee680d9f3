"""API clients and their tokens."""

import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import jwt

from noria.errors import ClientNotFound, NotSignedIn
from noria.records.client import Client, Scope
from noria.records.ids import canonical, new_id
from noria.storage import OUTAGES, Storage

log = logging.getLogger("noria.auth")

TOKEN_LIFETIME_S = 3600
_AUDIENCE = "noria"
_REMEMBERED_TOKENS = 1024
_CLAIMS = ["sub", "scope", "aud", "exp"]  # none of them may be missing


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling, and what they may do."""

    name: str
    scope: Scope | None  # None: nothing, but for what stands in `of_functions`
    of_functions: Mapping[str, Scope | None] = field(default_factory=dict)  # by function id, where it differs

    def may(self, needed: Scope, function_id: str | None = None) -> bool:
        """In this function, or outside of any."""
        scope = self.of_functions.get(function_id, self.scope) if function_id else self.scope
        return scope is not None and scope.includes(needed)

    def may_somewhere(self, needed: Scope) -> bool:
        return self.may(needed) or any(self.may(needed, function_id) for function_id in self.of_functions)


class Auth:
    """Issues bearer tokens to API clients and checks them without a look into the database.

    Checked tokens are remembered until they expire. Who was revoked is read by `refresh`, once a second.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._key = storage.secrets.get_or_create("token_key", lambda: secrets.token_bytes(32))
        self._key_id = hashlib.sha256(b"token key " + self._key).hexdigest()[:8]
        self._checked: dict[str, tuple[Caller, float]] = {}
        self._revoked: frozenset[str] = frozenset()
        self._known: dict[str, Client] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read which clients there are, and which of them are revoked."""
        self._known = {client.id: client for client in self._storage.clients.all()}
        self._revoked = frozenset(client.id for client in self._known.values() if client.revoked_at)

    def is_revoked(self, client_id: str | None) -> bool:
        return client_id in self._revoked

    def new_client(self, name: str, scope: Scope = Scope.ADMIN) -> tuple[Client, str]:
        """A fresh client and its secret, which is shown this once and stored only as a hash."""
        secret = secrets.token_urlsafe(32)
        return self.add_client(new_id("client"), secret, name, scope), secret

    def add_client(self, client_id: str, secret: str, name: str, scope: Scope = Scope.ADMIN) -> Client:
        client = Client(client_id, name, scope, _digest(secret), datetime.now(UTC))
        self._storage.clients.add(client)
        return client

    def welcome(self, client_id: str, secret: str, name: str) -> None:
        """See to it that this client may do everything with this secret; one that was revoked stays so."""
        known = self._find(client_id)
        if known is None:
            self.add_client(client_id, secret, name)
        elif known.revoked_at:
            log.warning("the API client %s was revoked and stays so", client_id)
        elif not hmac.compare_digest(known.secret_sha256, _digest(secret)):
            self._storage.clients.add(replace(known, secret_sha256=_digest(secret)))

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
            except OUTAGES:  # calls go on, and so must their tokens
                if (known := self._known.get(candidate)) is not None:
                    return known
        return None

    def token(self, client: Client, lifetime_s: int = TOKEN_LIFETIME_S) -> str:
        return self.token_for(client.id, client.scope, lifetime_s)

    def token_for(self, name: str, scope: Scope, lifetime_s: int = TOKEN_LIFETIME_S) -> str:
        """A token for whoever may read the signing key already, such as the command line beside the data."""
        now = int(time.time())
        claims = {"sub": name, "scope": scope, "aud": _AUDIENCE, "iat": now, "exp": now + lifetime_s}
        return jwt.encode(claims, self._key, algorithm="HS256", headers={"kid": self._key_id})

    def caller(self, authorization: str | None) -> Caller:
        """Who sent this Authorization header. Raises NotSignedIn."""
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise NotSignedIn()
        now = time.time()
        known = self._checked.get(token)
        if known is None or known[1] <= now:
            known = self._check(token)
        if known[0].name in self._revoked:
            raise NotSignedIn(
                "This API client was revoked. Use another, or make one with `noria key create`."
            )
        return known[0]

    def _check(self, token: str) -> tuple[Caller, float]:
        try:
            if jwt.get_unverified_header(token).get("kid") != self._key_id:
                raise NotSignedIn(
                    "This token is of another installation, or older than its key. Get one from POST /connect/token."
                )
            claims = jwt.decode(
                token, self._key, algorithms=["HS256"], audience=_AUDIENCE, options={"require": _CLAIMS}
            )
        except jwt.ExpiredSignatureError:
            raise NotSignedIn("This token has expired. Get a new one from POST /connect/token.") from None
        except jwt.InvalidTokenError:
            raise NotSignedIn() from None
        if len(self._checked) >= _REMEMBERED_TOKENS:
            self._checked.clear()
        checked = (Caller(claims["sub"], Scope(claims["scope"])), float(claims["exp"]))
        self._checked[token] = checked
        return checked


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
