"""`noria demo`: each demo plays over HTTP, from its first examples to a version that learned from its traffic."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from running_server import RunningServer, wait_for

from noria.demo import trashnet
from noria.demo.registry import DemoName, load


@pytest.fixture
def playing(loopback_address: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    command = ("demo", "--demo", request.param, "--annotators")
    running = RunningServer(loopback_address, tmp_path / "data", command=command).start()
    yield running
    running.stop()


def played(http: httpx.Client, name: str) -> dict[str, Any]:
    found = [f for f in http.get("/v1/functions").json() if f["name"] == name]
    assert len(found) == 1
    return dict(found[0])


@pytest.mark.parametrize(
    ("playing", "name"), [(name, name) for name in get_args(DemoName)], indirect=["playing"]
)
def test_traffic_is_captured_labelled_and_learned_from(playing: RunningServer, name: DemoName) -> None:
    demo = load(name)
    with playing.http() as http:
        function = played(http, demo.function_name)
        assert function["input"] == demo.modality
        path = f"/v1/functions/{function['id']}"
        models = wait_for(lambda: http.get(f"{path}/models").json(), what="the first version")
        assert models[-1]["scores"]["held_out_n"] == len(demo.held_out)
        wait_for(lambda: http.get(f"{path}/capture").json()["labelledToday"], what="a label")
        wait_for(
            lambda: len(http.get(f"{path}/models").json()) > 1, what="a version that learned from traffic"
        )
    assert "Open this link" in playing.log()


def test_a_demo_that_was_stopped_while_it_was_taught_is_taught_the_rest(
    loopback_address: str, tmp_path: Path
) -> None:
    demo = trashnet.load()
    before = RunningServer(loopback_address, tmp_path / "data").start()
    with before.http() as http:
        made = http.post("/v1/functions", json={"name": demo.function_name, "input": "Image"}).json()
        for label in demo.labels:
            http.post(f"/v1/functions/{made['id']}/labels", json={"name": label.name})
        first = {"data": demo.seeds[0].data, "annotation": {"labelName": demo.seeds[0].label}}
        assert http.post(f"/v1/functions/{made['id']}/samples", json=first).status_code == 200
    before.stop()
    running = RunningServer(loopback_address, tmp_path / "data", command=("demo", "--demo", "images")).start()
    try:
        with running.http() as http:
            assert played(http, demo.function_name)["id"] == made["id"]
            wait_for(lambda: http.get(f"/v1/functions/{made['id']}/models").json(), what="the first version")
    finally:
        running.stop()
