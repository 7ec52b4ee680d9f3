"""Hostile images over HTTP: each gets its status and its words, the next good one is answered, memory is bounded."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from hostile_images import CASES, Case, good
from pictures import picture
from running_server import RunningServer, wait_for

MOST_MEGABYTES = 1_400  # the server's own process, with its text encoder


@pytest.fixture(scope="module")
def server(
    new_loopback_address: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server of these tests' own, so that its peak is theirs."""
    running = RunningServer(new_loopback_address(), tmp_path_factory.mktemp("data")).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def http(server: RunningServer) -> Iterator[httpx.Client]:
    with server.http() as client:
        yield client


@pytest.fixture(scope="module")
def path(http: httpx.Client) -> str:
    made = http.post("/v1/functions", json={"name": "tints", "input": "Image", "output": "Classification"})
    path = f"/v1/functions/{made.json()['id']}"
    for name in ("red", "blue"):
        http.post(f"{path}/labels", json={"name": name})
    for seed in range(3):
        for tint in ("red", "blue"):
            http.post(f"{path}/samples", files={"f": picture(tint, seed)}, data={"labelName": tint})
    wait_for(lambda: http.post(f"{path}/invoke", files={"f": good()}).status_code == 200, what="a version")
    return path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_gets_its_answer_and_the_next_good_one_too(http: httpx.Client, path: str, case: Case) -> None:
    for place in ("invoke", "samples"):
        answer = http.post(f"{path}/{place}", files={"f": case.file})
        if case.code is None:
            assert answer.status_code in (200, 409), answer.text  # some cases are one and the same file
        else:
            assert (answer.status_code, answer.json()["code"]) == (400, case.code)
            assert answer.json()["message"]
    assert http.post(f"{path}/invoke", files={"f": good()}).status_code == 200


@pytest.mark.parametrize("case", [case for case in CASES if case.code], ids=lambda case: case.name)
def test_a_data_uri_is_no_way_round(http: httpx.Client, path: str, case: Case) -> None:
    data = f"data:image/png;base64,{base64.b64encode(case.file).decode()}"
    answer = http.post(f"{path}/invoke", json={"data": data})
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_afterwards_memory_and_log_are_as_they_should_be(
    server: RunningServer, http: httpx.Client, path: str
) -> None:
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    peak = next(int(line.split()[1]) // 1000 for line in status.splitlines() if line.startswith("VmHWM"))
    assert peak < MOST_MEGABYTES
    assert "Traceback" not in server.log()
