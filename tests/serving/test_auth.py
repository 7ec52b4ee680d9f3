"""Tokens and whom they are taken from."""

import time
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest

from noria.errors import NotSignedIn
from noria.records.client import Scope
from noria.serving.auth import TOKEN_LIFETIME_S, Auth
from noria.storage import Storage, open_storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(f"sqlite:///{tmp_path}/noria.db")


@pytest.fixture
def auth(storage: Storage) -> Auth:
    return Auth(storage)


def test_a_token_names_its_client_and_scope(auth: Auth) -> None:
    client, _ = auth.new_client("test", Scope.ANNOTATE)
    caller = auth.caller(f"Bearer {auth.token(client)}")
    assert (caller.name, caller.scope) == (client.id, Scope.ANNOTATE)


def test_the_secret_is_stored_only_as_a_hash(auth: Auth, storage: Storage, tmp_path: Path) -> None:
    _, secret = auth.new_client("test")
    storage.close()
    assert all(secret.encode() not in file.read_bytes() for file in tmp_path.iterdir())


def test_an_expired_token_says_where_a_new_one_is(auth: Auth) -> None:
    client, _ = auth.new_client("test")
    with pytest.raises(NotSignedIn, match=r"expired.*POST /connect/token"):
        auth.caller(f"Bearer {auth.token(client, lifetime_s=-1)}")


@pytest.mark.parametrize("algorithm", ["none", "HS512"])
def test_a_token_signed_in_another_way_is_refused(auth: Auth, algorithm: str) -> None:
    claims = {"sub": "me", "scope": "admin", "aud": "noria", "exp": 9_999_999_999}
    forged = jwt.encode(claims, "" if algorithm == "none" else "k" * 64, algorithm=algorithm)
    with pytest.raises(NotSignedIn):
        auth.caller(f"Bearer {forged}")


def test_a_client_is_known_by_its_secret_alone(auth: Auth, storage: Storage) -> None:
    client, secret = auth.new_client("shop", Scope.INVOKE)
    assert auth.check_client(client.id, secret) == client
    for id, given in ((client.id, "wrong"), ("client_none", secret), (client.id, "")):
        with pytest.raises(NotSignedIn):
            auth.check_client(id, given)
    assert secret.encode() not in storage.clients.get(client.id).secret_sha256


def test_a_remembered_token_ends_with_its_time(auth: Auth, monkeypatch: pytest.MonkeyPatch) -> None:
    client, _ = auth.new_client("shop")
    token = f"Bearer {auth.token(client)}"
    auth.caller(token)
    monkeypatch.setattr(auth, "_key_id", "another")  # the key can't be asked for it again …
    auth.caller(token)  # … and need not be
    later = time.time() + TOKEN_LIFETIME_S
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(NotSignedIn):
        auth.caller(token)


def test_a_revoked_client_gets_no_token_and_its_tokens_end(auth: Auth, storage: Storage) -> None:
    client, secret = auth.new_client("shop")
    token = f"Bearer {auth.token(client)}"
    auth.caller(token)
    storage.clients.revoke(client.id, datetime.now(UTC))
    with pytest.raises(NotSignedIn):
        auth.check_client(client.id, secret)
    auth.refresh()
    with pytest.raises(NotSignedIn, match="revoked"):
        auth.caller(token)


# --- the client of the environment


def test_a_welcome_client_may_do_everything(auth: Auth) -> None:
    auth.welcome("robot", "sesame", "from the environment")
    assert auth.check_client("robot", "sesame").scope is Scope.ADMIN


def test_a_welcome_client_takes_its_new_secret_and_drops_the_old(auth: Auth) -> None:
    auth.welcome("robot", "sesame", "from the environment")
    before = auth.check_client("robot", "sesame")
    auth.welcome("robot", "poppy", "from the environment")
    assert auth.check_client("robot", "poppy").created_at == before.created_at
    with pytest.raises(NotSignedIn):
        auth.check_client("robot", "sesame")


def test_a_revoked_client_is_not_made_welcome_again(auth: Auth, storage: Storage) -> None:
    auth.welcome("robot", "sesame", "from the environment")
    storage.clients.revoke("robot", datetime.now(UTC))
    for secret in ("sesame", "poppy"):
        auth.welcome("robot", secret, "from the environment")
        with pytest.raises(NotSignedIn):
            auth.check_client("robot", secret)
