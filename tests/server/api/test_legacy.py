"""State and metrics, which clients wait on."""

import httpx
from running_server import wait_for

TEXTS = [("meow purr", "cat"), ("kitten meow", "cat"), ("woof bark", "dog"), ("bark fetch", "dog")]


def state(http: httpx.Client, id: str) -> str:
    found = http.get(f"/v0.9/functions/{id}").json()
    assert (found["id"], found["input"], found["output"]) == (id, "Text", "Classification")
    return str(found["state"])


def metrics(http: httpx.Client, id: str) -> dict[str, object]:
    return http.get(f"/v0.9/functions/{id}/metrics").json()


def test_an_empty_function_is_untrained(http: httpx.Client) -> None:
    id = http.post("/v1/functions", json={"name": "empty"}).json()["id"]
    assert state(http, id) == "Untrained"
    assert metrics(http, id) == {
        "sampleCount": 0,
        "predictionCount": 0,
        "isTraining": False,
        "annotatedSampleCount": 0,
        "annotatedLabelCounts": {},
        "positiveAnnotatedLabelCounts": {},
    }


def test_each_label_has_a_count_zero_included(
    http: httpx.Client, function: dict[str, str], path: str
) -> None:
    http.post(f"{path}/samples", json={"data": "meow", "annotation": {"labelName": "cat"}})
    labels = {label["name"]: label["id"] for label in http.get(f"{path}/labels").json()}
    found = metrics(http, function["id"])
    assert found["annotatedLabelCounts"] == {labels["cat"]: 1, labels["dog"]: 0}
    assert found["positiveAnnotatedLabelCounts"] == found["annotatedLabelCounts"]
    assert (found["sampleCount"], found["annotatedSampleCount"]) == (1, 1)


def test_too_few_samples_leave_it_untrained(http: httpx.Client, function: dict[str, str], path: str) -> None:
    http.post(f"{path}/samples", json={"data": "meow", "annotation": {"labelName": "cat"}})
    wait_for(lambda: not metrics(http, function["id"])["isTraining"])
    assert state(http, function["id"]) == "Untrained"


def test_it_is_trained_once_every_sample_has_its_prediction(
    http: httpx.Client, function: dict[str, str], path: str
) -> None:
    id = function["id"]
    http.post(f"{path}/samples", json={"data": "nobody labelled this"})
    for text, label in TEXTS:
        http.post(f"{path}/samples", json={"data": text, "annotation": {"labelName": label}})
    assert metrics(http, id)["isTraining"]  # from the moment of the change on
    wait_for(lambda: not metrics(http, id)["isTraining"], what="training")
    found = metrics(http, id)
    assert found["sampleCount"] == found["predictionCount"] == 5
    assert state(http, id) == "Browsing"


def test_what_it_says_is_trained_is_what_answers(
    http: httpx.Client, function: dict[str, str], path: str
) -> None:
    id = function["id"]
    http.post(f"{path}/invoke", json={"data": "meow"})  # the server holds it in memory from here on
    for text, label in TEXTS:
        http.post(f"{path}/samples", json={"data": text, "annotation": {"labelName": label}})
    wait_for(lambda: not metrics(http, id)["isTraining"] and state(http, id) == "Browsing")
    answer = http.post(f"{path}/invoke", json={"data": "meow"}).json()
    assert answer["modelId"] == http.get(path).json()["modelId"]


def test_a_trained_function_without_samples_is_not_called_trained(
    http: httpx.Client, function: dict[str, str], path: str
) -> None:
    for text, label in TEXTS:
        http.post(f"{path}/samples", json={"data": text, "annotation": {"labelName": label}})
    wait_for(lambda: state(http, function["id"]) == "Browsing", what="training")
    for sample in http.get(f"{path}/samples").json():
        http.delete(f"{path}/samples/{sample['id']}")
    assert state(http, function["id"]) not in {"Browsing", "Tuning"}
