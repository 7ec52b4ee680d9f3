"""What is acknowledged is synced before its answer is written: seen in a trace of the server's system calls."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from campaigns.system_calls import STRACE, SystemCall, commit, first_answer, read
from running_server import RunningServer


@dataclass(frozen=True)
class Traced:
    """A captured call and its annotation, and what the server did meanwhile."""

    calls: list[SystemCall]
    sample_id: str
    label_id: str


@pytest.fixture
def traced(loopback_address: str, tmp_path: Path) -> Traced:
    if sys.platform != "linux":
        pytest.skip("system calls are traced by strace, which is for Linux alone")
    if shutil.which("strace") is None:
        pytest.fail("there is no strace; install it: apt install strace")
    trace = tmp_path / "trace"
    server = RunningServer(loopback_address, tmp_path / "data", under=(*STRACE, "-o", str(trace)))
    try:
        sample_id, label_id = capture_and_annotate(server)
    finally:
        end(server)
    return Traced(read(trace), sample_id, label_id)


def capture_and_annotate(server: RunningServer) -> tuple[str, str]:
    server.start()
    with server.http() as http:
        made = http.post(
            "/v1/functions", json={"name": "traced", "input": "Text", "output": "Classification"}
        )
        path = f"/v1/functions/{made.json()['id']}"
        for name in ("cat", "dog"):
            http.post(f"{path}/labels", json={"name": name}).raise_for_status()
        http.put(f"{path}/capture", json={"budgetPerDay": 1, "shares": {"Random": 1}}).raise_for_status()
        http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000}).raise_for_status()
        sample_id = next(_captured_ids(http, path))
        put = http.put(f"{path}/samples/{sample_id}/annotation", json={"labelName": "dog"}).raise_for_status()
        return sample_id, put.json()["labelId"]


def _captured_ids(http, path: str) -> Iterator[str]:  # type: ignore[no-untyped-def]
    for i in range(200):
        answer = http.post(f"{path}/invoke", json={"data": f"text {i}"}).raise_for_status().json()
        if http.get(f"{path}/samples/{answer['sampleId']}").status_code == 200:
            yield answer["sampleId"]


def end(server: RunningServer) -> None:
    """The server under the tracer, which ends with it."""
    if server.process is not None:
        for child in psutil.Process(server.process.pid).children():
            child.terminate()
        server.process.wait(30)


def test_a_captured_call_and_an_annotation_are_synced_before_they_are_answered(traced: Traced) -> None:
    answer = first_answer(traced.calls, traced.sample_id)
    captured = commit(traced.calls, [traced.sample_id], after=-1, before=answer.begun)
    assert captured, "no write of the sample was synced before its id was sent"

    acknowledged = first_answer(
        traced.calls, f'\\"labelId\\":\\"{traced.label_id}\\",\\"createdAt', after=answer.ended
    )
    written = [traced.sample_id, traced.label_id]
    annotated = commit(traced.calls, written, after=answer.ended, before=acknowledged.begun)
    assert annotated, "no write of the annotation was synced before it was acknowledged"
