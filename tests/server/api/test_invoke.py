"""Invoke over HTTP, with all its parameters."""

import httpx
import pytest
from running_server import wait_for

CATS = ["meow purr whiskers", "kitten meow milk", "purring cat on a sofa", "whiskers and paws meow"]
DOGS = ["woof bark fetch", "puppy barks loud", "dog fetches a stick", "bark bark woof"]


@pytest.fixture(scope="module")
def trained(http: httpx.Client) -> str:
    """Where a trained function is, whose labels have metadata."""
    path = f"/v1/functions/{http.post('/v1/functions', json={'name': 'pets'}).json()['id']}"
    for name, texts in (("cat", CATS), ("dog", DOGS)):
        http.post(f"{path}/labels", json={"name": name, "metadata": {"says": texts[0].split()[0]}})
        for text in texts:
            http.post(f"{path}/samples", json={"data": text, "annotation": {"labelName": name}})
    metrics = path.replace("/v1/", "/v0.9/") + "/metrics"
    wait_for(lambda: not http.get(metrics).json()["isTraining"] and "modelId" in http.get(path).json())
    http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000})
    return path


def test_a_plain_answer_names_the_top_label(http: httpx.Client, trained: str) -> None:
    labels = {label["name"]: label["id"] for label in http.get(f"{trained}/labels").json()}
    answer = http.post(f"{trained}/invoke", json={"data": "meow meow purr"}).json()
    assert (answer["labelName"], answer["labelId"]) == ("cat", labels["cat"])
    assert 0.5 < answer["confidence"] <= 1
    assert answer["modelId"] == http.get(trained).json()["modelId"]
    assert answer["sampleId"].startswith("sample_")
    assert answer.keys() == {"labelName", "labelId", "confidence", "decisionThreshold", "sampleId", "modelId"}


@pytest.mark.parametrize(("asked", "listed"), [(1, 1), (2, 2), (10_000, 2)])
def test_label_count_lists_labels_best_first(
    http: httpx.Client, trained: str, asked: int, listed: int
) -> None:
    answer = http.post(f"{trained}/invoke", params={"labelCount": asked}, json={"data": "woof"}).json()
    found = answer["labelConfidences"]
    assert len(found) == listed
    assert {key: found[0][key] for key in ("labelName", "labelId", "confidence")} == {
        key: answer[key] for key in ("labelName", "labelId", "confidence")
    }
    assert sorted(found, key=lambda each: -each["confidence"]) == found
    if listed == 2:
        assert sum(each["confidence"] for each in found) == pytest.approx(1, abs=1e-5)


def test_metadata_comes_when_asked_for(http: httpx.Client, trained: str) -> None:
    answer = http.post(f"{trained}/invoke", params={"includeMetadata": "true"}, json={"data": "meow"}).json()
    assert answer["labelMetadata"] == {"says": "meow"}


def test_an_empty_model_id_is_the_live_version(http: httpx.Client, trained: str) -> None:
    live = http.get(trained).json()["modelId"]
    for id in ("", live, live.removeprefix("model_")):
        answer = http.post(f"{trained}/invoke", params={"modelId": id}, json={"data": "meow"})
        assert answer.json()["modelId"] == live


def test_a_version_of_another_function_is_not_found(http: httpx.Client, trained: str, path: str) -> None:
    version = http.get(trained).json()["modelId"]
    http.post(f"{trained}/invoke", params={"modelId": version}, json={"data": "meow"})
    answer = http.post(f"{path}/invoke", params={"modelId": version}, json={"data": "meow"})
    assert (answer.status_code, answer.json()["code"]) == (404, "version_not_found")


@pytest.mark.parametrize("name", ["e" * 600, "\0", 1])
def test_an_external_id_in_the_body_is_checked_where_the_address_has_another(
    http: httpx.Client, trained: str, name: object
) -> None:
    sent = {"data": "meow", "externalId": name}
    assert http.post(f"{trained}/invoke", params={"externalId": "mine"}, json=sent).status_code == 400


def test_a_call_can_ask_to_stay_uncaptured(http: httpx.Client, trained: str) -> None:
    before = http.get(f"{trained}/capture").json()["captured"]
    for i in range(40):
        http.post(f"{trained}/invoke", params={"capture": "false"}, json={"data": f"left alone {i}"})
    assert (
        http.get(f"{trained}/samples", params={"searchText": "left alone", "origin": "InvokeCapture"}).json()
        == []
    )
    assert http.get(f"{trained}/capture").json()["captured"] == before
    wait_for(lambda: http.get(f"{trained}/live").json()["outside"] >= 40, what="the count of calls outside")


@pytest.mark.parametrize("where", ["query", "body"])
def test_an_external_id_is_kept_with_what_is_captured(http: httpx.Client, trained: str, where: str) -> None:
    for i in range(60):
        external = {"externalId": f"{where} {i}"}
        sent = {"data": f"{where} call {i}"} | (external if where == "body" else {})
        answer = http.post(f"{trained}/invoke", params=external if where == "query" else {}, json=sent).json()
        assert answer["externalId"] == f"{where} {i}"
    captured = http.get(
        f"{trained}/samples", params={"searchText": f"{where} call", "origin": "InvokeCapture"}
    ).json()
    assert captured
    assert all(s["externalId"] == s["data"].replace(" call", "") for s in captured)


def test_the_id_of_a_captured_call_is_its_sample(http: httpx.Client, trained: str) -> None:
    ids = [
        http.post(f"{trained}/invoke", json={"data": f"who am I {i}"}).json()["sampleId"] for i in range(40)
    ]
    found = http.get(
        f"{trained}/samples", params={"searchText": "who am I", "origin": "InvokeCapture"}
    ).json()
    assert {sample["id"] for sample in found} <= set(ids)
    assert found


def test_names_and_metadata_in_the_body(http: httpx.Client, trained: str) -> None:
    answer = http.post(
        f"{trained}/invoke", json={"DATA": "meow", "Metadata": {"channel": "mail"}, "other": 1}
    )
    assert answer.status_code == 200


def test_a_form_is_read_too(http: httpx.Client, trained: str) -> None:
    for sent in ({"data": {"data": "meow"}}, {"files": {"data": (None, "meow")}}):
        answer = http.post(f"{trained}/invoke", **sent)  # type: ignore[arg-type]
        assert answer.json()["labelName"] == "cat"


def test_a_function_without_labels_says_what_it_lacks(http: httpx.Client) -> None:
    id = http.post("/v1/functions", json={"name": "empty"}).json()["id"]
    answer = http.post(f"/v1/functions/{id}/invoke", json={"data": "meow"})
    assert (answer.status_code, answer.json()["code"]) == (400, "not_trained")
    assert "labels" in answer.json()["message"]


def test_an_untrained_function_answers_from_the_names_of_its_labels(http: httpx.Client, path: str) -> None:
    answer = http.post(f"{path}/invoke", json={"data": "dog"}).json()
    assert answer["labelName"] == "dog"
    assert "modelId" not in answer
