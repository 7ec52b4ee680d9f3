"""The whole loop through HTTP, on both databases: teach, train, invoke, capture, label, retrain, live figures, roll back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from running_server import RunningServer, wait_for

CATS = ["meow purr whiskers", "kitten meow milk", "purring cat on a sofa", "whiskers and paws meow"]
DOGS = ["woof bark fetch", "puppy barks loud", "dog fetches a stick", "bark bark woof"]


@pytest.fixture(params=["sqlite", "postgres"])
def http(
    request: pytest.FixtureRequest, new_loopback_address: Callable[[], str], tmp_path: Path
) -> Iterator[httpx.Client]:
    """A server of this test's own."""
    of_postgres = request.param == "postgres"
    environment = {"NORIA_DATABASE": request.getfixturevalue("postgres_url")} if of_postgres else {}
    running = RunningServer(new_loopback_address(), tmp_path, environment).start()
    with running.http() as client:
        yield client
    running.stop()


def teach(http: httpx.Client, f: str, texts: list[str], label: str) -> None:
    for text in texts:
        made = http.post(
            f"/v1/functions/{f}/samples", json={"data": text, "annotation": {"labelName": label}}
        )
        assert made.status_code == 200, made.text


def trained(http: httpx.Client, f: str) -> bool:
    metrics = http.get(f"/v0.9/functions/{f}/metrics").json()
    state = http.get(f"/v0.9/functions/{f}").json()["state"]
    return (
        not metrics["isTraining"]
        and metrics["sampleCount"] == metrics["predictionCount"]
        and state == "Browsing"
    )


def test_a_function_improves_itself(http: httpx.Client, function: dict[str, str]) -> None:
    f = function["id"]
    path = f"/v1/functions/{f}"
    assert (
        http.post(f"{path}/invoke", json={"data": "anything"}).status_code == 200
    )  # zero-shot from the names
    assert http.get(f"/v0.9/functions/{f}").json()["state"] == "Untrained"

    teach(http, f, CATS, "cat")
    teach(http, f, DOGS, "dog")
    wait_for(lambda: trained(http, f), what="training")
    answer = http.post(f"{path}/invoke", json={"data": "meow meow purr"}).json()
    assert answer["labelName"] == "cat"
    first = http.get(f"{path}/models").json()[-1]
    assert first["live"] or len(http.get(f"{path}/models").json()) > 1

    http.put(f"{path}/capture", json={"budgetPerDay": 1_000_000})
    for i in range(60):
        http.post(f"{path}/invoke", json={"data": f"meow woof {i} something"})
    queue = http.get(f"{path}/capture/queue", params={"count": 20}).json()["items"]
    assert queue
    assert any(item["blind"] for item in queue)
    assert all("reasons" in item for item in queue if not item["blind"])
    listed = http.get(f"{path}/samples", params={"origin": "InvokeCapture"}).json()
    assert {item["sampleId"] for item in queue} <= {sample["id"] for sample in listed}
    assert len(http.get(f"{path}/samples").json()) == 8  # staged ones stay out of the ordinary list

    before = len(http.get(f"{path}/models").json())
    for item in queue:
        put = http.put(f"{path}/samples/{item['sampleId']}/annotation", json={"labelName": "dog"})
        assert put.status_code == 200, put.text
    wait_for(lambda: len(http.get(f"{path}/models").json()) > before and trained(http, f), what="retraining")
    assert len(http.get(f"{path}/samples").json()) == 8 + len(queue)

    live = http.get(f"{path}/live").json()
    assert live["calls"] > 0
    assert len(live["automation"]) == 20
    assert live["reliability"][-1]["share"] <= 1
    assert "value" in live["accuracy"] or live["accuracy"]["missingLabels"] > 0

    back = http.put(f"{path}/models/live", json={"modelId": first["id"]})
    assert back.status_code == 200
    assert http.post(f"{path}/invoke", json={"data": "meow"}).json()["modelId"] == first["id"]
