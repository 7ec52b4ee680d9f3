"""The token endpoint, and how long a token lasts."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import jwt
import pytest
from running_server import RunningServer, wait_for

from noria.records.client import Client, Scope
from noria.storage import open_storage


def credentials(server: RunningServer) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": server.client_id,
        "client_secret": server.client_secret,
    }


@pytest.mark.parametrize("form", ["data", "json", "files"])
def test_a_pair_buys_a_token_for_an_hour(server: RunningServer, form: str) -> None:
    sent = credentials(server)
    answer = httpx.post(
        f"{server.url}/connect/token",
        **{form: {name: (None, value) for name, value in sent.items()} if form == "files" else sent},
        trust_env=False,
    )
    assert answer.status_code == 200
    token = answer.json()
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("Bearer", 3600, "admin")
    claims = jwt.decode(token["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 3600
    bearer = {"Authorization": f"bearer {token['access_token']}"}
    assert httpx.get(f"{server.url}/v1/functions", headers=bearer, trust_env=False).status_code == 200


def test_the_grant_type_may_be_left_out(server: RunningServer) -> None:
    sent = credentials(server)
    del sent["grant_type"]
    assert httpx.post(f"{server.url}/connect/token", data=sent, trust_env=False).status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"client_secret": "wrong"}, 401),
        ({"client_secret": ""}, 401),
        ({"client_id": "nobody"}, 401),
        ({"client_id": "a" * 5000}, 401),
        ({"client_id": "'; --"}, 401),
        ({"client_secret": "\0"}, 400),
        ({"grant_type": "password"}, 400),
    ],
    ids=lambda value: str(value)[:30],
)
def test_another_pair_buys_none(server: RunningServer, change: dict[str, str], status: int) -> None:
    sent = credentials(server) | change
    for form in ("data", "json"):
        answer = httpx.post(f"{server.url}/connect/token", **{form: sent}, trust_env=False)
        assert answer.status_code == status
        assert answer.json()["message"]
        assert "access_token" not in answer.json()


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_half_a_pair_is_told_what_is_missing(server: RunningServer, missing: str) -> None:
    sent = {name: value for name, value in credentials(server).items() if name != missing}
    answer = httpx.post(f"{server.url}/connect/token", data=sent, trust_env=False)
    assert answer.status_code == 400
    assert missing in answer.json()["message"]


def test_a_revoked_client_is_out_within_a_second(
    server: RunningServer, new_client: Callable[[Scope], tuple[Client, str]]
) -> None:
    client, secret = new_client(Scope.INVOKE)
    sent = {"client_id": client.id.removeprefix("client_"), "client_secret": secret}
    token = httpx.post(f"{server.url}/connect/token", data=sent, trust_env=False).json()
    assert token["scope"] == "invoke"
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert httpx.get(f"{server.url}/v1/functions", headers=bearer, trust_env=False).status_code == 200
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    storage.clients.revoke(client.id, datetime.now(UTC))
    storage.close()

    def refused() -> httpx.Response | None:
        answer = httpx.get(f"{server.url}/v1/functions", headers=bearer, trust_env=False)
        return answer if answer.status_code == 401 else None

    assert "revoked" in wait_for(refused, 5, "the revocation").json()["message"]
    again = httpx.post(f"{server.url}/connect/token", data=sent, trust_env=False)
    assert again.status_code == 401


def test_a_token_survives_a_restart_and_no_other_server_takes_it(
    server: RunningServer, new_loopback_address: Callable[[], str], tmp_path: Path
) -> None:
    own = RunningServer(new_loopback_address(), tmp_path).start()
    try:
        bearer = {"Authorization": f"Bearer {own.token()}"}
        assert httpx.get(f"{server.url}/v1/functions", headers=bearer, trust_env=False).status_code == 401
        own.stop()
        own.start()
        assert httpx.get(f"{own.url}/v1/functions", headers=bearer, trust_env=False).status_code == 200
    finally:
        own.stop()
