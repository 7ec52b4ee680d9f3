"""Feedback from callers: its own lane, reviewed before it teaches anything."""

import httpx


def invoke(http: httpx.Client, f: str, text: str, **query: str) -> str:
    answer = http.post(f"/v1/functions/{f}/invoke", params=query, json={"data": text})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["sampleId"])


def say(http: httpx.Client, f: str, sample_id: str, label: str) -> httpx.Response:
    return http.post(f"/v1/functions/{f}/samples/{sample_id}/feedback", json={"labelName": label})


def test_feedback_on_a_call_waits_for_review_and_annotates_nothing(
    http: httpx.Client, function: dict[str, str]
) -> None:
    f = function["id"]
    http.put(f"/v1/functions/{f}/capture", json={"enabled": False})
    sample_id = invoke(http, f, "a call that nobody captured")
    assert say(http, f, sample_id, "dog").status_code == 200
    (waiting,) = http.get(f"/v1/functions/{f}/feedback").json()
    assert waiting["sampleId"] == sample_id
    assert "annotation" not in http.get(f"/v1/functions/{f}/samples/{sample_id}").json()


def test_accepted_feedback_becomes_the_annotation_and_leaves_the_lane(
    http: httpx.Client, function: dict[str, str]
) -> None:
    f = function["id"]
    http.put(f"/v1/functions/{f}/capture", json={"enabled": False})
    sample_id = invoke(http, f, "accept what the caller says")
    say(http, f, sample_id, "dog")
    (waiting,) = http.get(f"/v1/functions/{f}/feedback").json()
    sample = http.post(f"/v1/functions/{f}/feedback/{waiting['id']}/accept").json()
    assert sample["annotation"]["labelId"] == waiting["labelId"]
    assert http.get(f"/v1/functions/{f}/feedback").json() == []
    assert http.post(f"/v1/functions/{f}/feedback/{waiting['id']}/accept").status_code == 404


def test_dismissed_feedback_leaves_the_sample_as_it_is(http: httpx.Client, function: dict[str, str]) -> None:
    f = function["id"]
    sample_id = invoke(http, f, "dismiss what the caller says")
    say(http, f, sample_id, "cat")
    (waiting,) = http.get(f"/v1/functions/{f}/feedback").json()
    assert http.post(f"/v1/functions/{f}/feedback/{waiting['id']}/dismiss").status_code == 200
    assert http.get(f"/v1/functions/{f}/feedback").json() == []


def test_feedback_on_an_unknown_call_says_why(http: httpx.Client, function: dict[str, str]) -> None:
    refused = say(http, function["id"], "sample_neverseen1234567", "cat")
    assert refused.status_code == 404
    assert refused.json()["code"] == "sample_not_captured"
    assert "feedback" in refused.json()["message"]
