"""Tokens and whom they are taken from."""

from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest

from noria.errors import NotSignedIn
from noria.records.client import Scope
from noria.serving.auth import Auth
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


def test_a_revoked_client_buys_no_token(auth: Auth, storage: Storage) -> None:
    client, secret = auth.new_client("test")
    storage.clients.revoke(client.id, datetime.now(UTC))
    with pytest.raises(NotSignedIn):
        auth.check_client(client.id, secret)
