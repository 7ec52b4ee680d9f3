"""Feedback by the id of a call: how long it is taken, and by which roads."""

from collections.abc import Callable

import httpx
import pytest
from running_server import RunningServer

from noria.records.client import Client, Scope

NewClient = Callable[[Scope], tuple[Client, str]]


def invoke(http: httpx.Client, path: str, text: str, **query: str) -> str:
    return str(http.post(f"{path}/invoke", params=query, json={"data": text}).json()["sampleId"])


@pytest.fixture
def uncaptured(http: httpx.Client, path: str) -> str:
    """The id of a call that was answered and not captured."""
    http.put(f"{path}/capture", json={"enabled": False})
    return invoke(http, path, "woof says the caller")


def test_an_uncaptured_call_is_stored_by_what_is_said_of_it(
    http: httpx.Client, path: str, uncaptured: str
) -> None:
    assert http.get(f"{path}/samples/{uncaptured}").status_code == 404
    said = http.post(f"{path}/samples/{uncaptured}/feedback", json={"labelName": "dog"})
    assert (said.status_code, said.json()) == (200, {})
    sample = http.get(f"{path}/samples/{uncaptured}").json()
    assert (sample["data"], sample["origin"]) == ("woof says the caller", "Feedback")
    assert "annotation" not in sample


def test_after_its_time_the_answer_says_why(http: httpx.Client, path: str, uncaptured: str) -> None:
    http.put(f"{path}/capture", json={"feedbackWindowS": 0})
    for verb, place in (("POST", "feedback"), ("PUT", "annotation")):
        late = http.request(verb, f"{path}/samples/{uncaptured}/{place}", json={"labelName": "dog"})
        assert (late.status_code, late.json()["code"]) == (404, "sample_not_captured")
        assert "not captured" in late.json()["message"]
        assert "Send the input as a sample" in late.json()["message"]
    assert http.get(f"{path}/feedback").json() == []


def test_an_annotation_of_an_uncaptured_call_goes_to_the_same_lane(
    http: httpx.Client, path: str, uncaptured: str
) -> None:
    answer = http.put(f"{path}/samples/{uncaptured}/annotation", json={"labelName": "dog"})
    assert answer.status_code == 200
    (waiting,) = http.get(f"{path}/feedback").json()
    assert (waiting["sampleId"], waiting["labelId"]) == (uncaptured, answer.json()["labelId"])
    assert "annotation" not in http.get(f"{path}/samples/{uncaptured}").json()


def test_a_call_that_stayed_outside_is_not_remembered(http: httpx.Client, path: str) -> None:
    id = invoke(http, path, "forget me", capture="false")
    assert http.post(f"{path}/samples/{id}/feedback", json={"labelName": "dog"}).status_code == 404


def test_a_call_of_another_function_is_none_here(http: httpx.Client, path: str, uncaptured: str) -> None:
    other = f"/v1/functions/{http.post('/v1/functions', json={'name': 'other'}).json()['id']}"
    http.post(f"{other}/labels", json={"name": "dog"})
    assert http.post(f"{other}/samples/{uncaptured}/feedback", json={"labelName": "dog"}).status_code == 404


def test_a_captured_sample_stays_in_the_queue_whatever_a_caller_says(http: httpx.Client, path: str) -> None:
    http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000})
    for i in range(40):
        invoke(http, path, f"a call {i}")
    before = http.get(f"{path}/capture").json()["open"]
    sample = http.get(f"{path}/samples", params={"origin": "InvokeCapture"}).json()[0]["id"]
    assert http.post(f"{path}/samples/{sample}/feedback", json={"labelName": "dog"}).status_code == 200
    assert http.get(f"{path}/capture").json()["open"] == before
    assert http.get(f"{path}/samples").json() == []


def test_feedback_on_a_copy_of_a_sample_goes_to_that_sample(http: httpx.Client, path: str) -> None:
    http.put(f"{path}/capture", json={"enabled": False})
    id = invoke(http, path, "twice")
    known = http.post(f"{path}/samples", json={"data": "twice"}).json()["id"]
    assert http.post(f"{path}/samples/{id}/feedback", json={"labelName": "dog"}).status_code == 200
    assert [waiting["sampleId"] for waiting in http.get(f"{path}/feedback").json()] == [known]


def test_the_scope_of_callers_is_enough(
    server: RunningServer, http: httpx.Client, path: str, uncaptured: str, new_client: NewClient
) -> None:
    client, secret = new_client(Scope.INVOKE)
    pair = {"client_id": client.id, "client_secret": secret}
    token = httpx.post(f"{server.url}/connect/token", data=pair, trust_env=False).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    said = {"url": f"{path}/samples/{uncaptured}/feedback", "json": {"labelName": "dog"}}
    assert http.post(**said, headers=bearer).status_code == 200
    refused = http.put(f"{path}/samples/{uncaptured}/annotation", json={"labelName": "dog"}, headers=bearer)
    assert refused.status_code == 403
