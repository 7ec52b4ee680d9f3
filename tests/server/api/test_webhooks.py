"""Webhooks over HTTP."""

import httpx
import pytest
from listener import Listener, is_signed
from running_server import RunningServer, wait_for

from noria.records.client import Scope

BODY = {"url": "https://example.com/noria", "events": ["drift", "accuracy"], "accuracyFloor": 0.9}


@pytest.fixture
def webhooks(http: httpx.Client) -> str:
    """Where the webhooks of a fresh function are."""
    body = {"name": "alerts", "input": "Text", "output": "Classification"}
    return f"/v1/functions/{http.post('/v1/functions', json=body).json()['id']}/webhooks"


def test_the_secret_is_shown_once(http: httpx.Client, webhooks: str) -> None:
    made = http.post(webhooks, json=BODY).json()
    assert made["secret"].startswith("whsec_")
    (listed,) = http.get(webhooks).json()
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    assert (listed["events"], listed["accuracyFloor"], listed["raised"]) == (["drift", "accuracy"], 0.9, [])


def test_a_removed_one_is_gone(http: httpx.Client, webhooks: str) -> None:
    id = http.post(webhooks, json=BODY).json()["id"]
    assert http.delete(f"{webhooks}/{id}").status_code == 200
    assert http.get(webhooks).json() == []
    for answer in (
        http.delete(f"{webhooks}/{id}"),
        http.post(f"{webhooks}/{id}/test"),
        http.get(f"{webhooks}/{id}/deliveries"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "webhook_not_found")


def test_there_are_ten_at_most(http: httpx.Client, webhooks: str) -> None:
    assert [http.post(webhooks, json=BODY).status_code for _ in range(11)] == [200] * 10 + [409]


@pytest.mark.parametrize(
    "change", [{"url": "nowhere"}, {"events": []}, {"events": ["x"]}, {"accuracyFloor": 2}, {"secret": "s"}]
)
def test_what_makes_no_sense_is_refused(http: httpx.Client, webhooks: str, change: dict[str, object]) -> None:
    assert http.post(webhooks, json=BODY | change).status_code == 400


def test_only_admins_may(server: RunningServer, webhooks: str, new_client) -> None:  # type: ignore[no-untyped-def]
    client, secret = new_client(Scope.ANNOTATE)
    form = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": secret}
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as plain:
        token = plain.post("/connect/token", data=form).json()["access_token"]
        plain.headers["Authorization"] = f"Bearer {token}"
        assert plain.get(webhooks).status_code == 403
        assert plain.post(webhooks, json=BODY).status_code == 403


def test_a_test_message_arrives_signed(new_loopback_address, tmp_path) -> None:  # type: ignore[no-untyped-def]
    running = RunningServer(
        new_loopback_address(), tmp_path / "data", {"NORIA_WEBHOOKS_PRIVATE": "on"}
    ).start()
    try:
        with running.http() as http, Listener(new_loopback_address()) as listener:
            body = {"name": "alerts", "input": "Text", "output": "Classification"}
            path = f"/v1/functions/{http.post('/v1/functions', json=body).json()['id']}/webhooks"
            made = http.post(path, json={"url": listener.url}).json()
            sent = http.post(f"{path}/{made['id']}/test").json()
            wait_for(lambda: listener.heard, what="the message")
            ((headers, heard),) = listener.heard
            assert headers["webhook-id"] == sent["id"]
            assert is_signed(made["secret"], headers, heard)
            log = f"{path}/{made['id']}/deliveries"
            wait_for(lambda: http.get(log).json()[0]["deliveredAt"], what="the log")
            assert http.get(log).json()[0]["answer"] == "answered 200"
    finally:
        running.stop()
