"""Several server processes behind one port: callers see one server, whichever of them ends, is replaced or is killed."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from running_server import RunningServer, wait_for

from noria.serving.readiness import LEAVING
from noria.storage import open_storage

PATIENCE_S = 60
COMMAND = ("serve", "--workers", "2")
ON_SQLITE = pytest.mark.parametrize(
    "environment", ["sqlite"], indirect=True
)  # where both are alike, one is enough
ON_POSTGRES = pytest.mark.parametrize("environment", ["postgres"], indirect=True)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    if request.param == "sqlite":
        return {}
    return {"NORIA_DATABASE": request.getfixturevalue("module_postgres_url")}


@pytest.fixture(scope="module")
def running(
    environment: dict[str, str],
    new_loopback_address: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningServer]:
    running = RunningServer(
        new_loopback_address(), tmp_path_factory.mktemp("data"), environment, command=COMMAND
    ).start()
    wait_for(lambda: len(listening(running)) == 2, what="both processes")
    yield running
    running.stop()


def children(running: RunningServer, module: str) -> dict[int, psutil.Process]:
    assert running.process is not None
    found = {}
    for child in psutil.Process(running.process.pid).children():
        try:
            if module in child.cmdline():
                found[child.pid] = child
        except psutil.Error:  # ended between the two looks
            continue
    return found


def listening(running: RunningServer) -> set[int]:
    """The server processes that take connections."""

    def listens(process: psutil.Process) -> bool:
        try:
            return any(c.status == psutil.CONN_LISTEN for c in process.net_connections("tcp"))
        except psutil.Error:
            return False

    found = children(running, "noria.server.supervised")
    return {pid for pid, process in found.items() if listens(process)}


@dataclass
class Callers:
    """Threads that call all the time: one on a kept connection, one on a new connection for each call."""

    running: RunningServer
    function_id: str
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Callers":
        headers = {"Authorization": f"Bearer {self.running.token()}"}
        self._threads = [
            threading.Thread(target=self._call, args=(headers, kept), daemon=True) for kept in (True, False)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _call(self, headers: dict[str, str], kept: bool) -> None:
        headers = headers if kept else {**headers, "Connection": "close"}
        url = f"{self.running.url}/v1/functions/{self.function_id}/invoke"
        with httpx.Client(headers=headers, trust_env=False, timeout=30) as http:
            while not self.stop.wait(0.02):
                try:
                    answer = http.post(url, json={"data": "meow"})
                except httpx.HTTPError as problem:
                    self.failures.append(f"{'kept' if kept else 'new'}: {problem!r}")
                    continue
                if answer.status_code == 200:
                    self.answered += 1
                else:
                    self.failures.append(answer.text)


@pytest.fixture(scope="module")
def function_id(running: RunningServer) -> str:
    with running.http() as http:
        made = http.post("/v1/functions", json={"name": "pets", "input": "Text", "output": "Classification"})
        for label, text in (("cat", "meow purr"), ("dog", "bark woof")):
            http.post(f"/v1/functions/{made.json()['id']}/labels", json={"name": label})
            for number in range(3):
                body = {"data": f"{text} {number}", "annotation": {"labelName": label}}
                http.post(f"/v1/functions/{made.json()['id']}/samples", json=body).raise_for_status()
    return str(made.json()["id"])


def test_they_start_as_one(running: RunningServer) -> None:
    assert running.log().count("Sign in (this link works once)") == 1
    assert len(wait_for(lambda: children(running, "noria.work.worker"), what="the worker")) == 1
    ready = httpx.get(f"{running.url}/ready", trust_env=False)
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": [], "notes": []})


def test_what_one_worker_trains_all_answer(running: RunningServer, function_id: str) -> None:
    with running.http() as http:

        def all_answer() -> bool:
            path, new = f"/v1/functions/{function_id}/invoke", {"Connection": "close"}
            answers = [http.post(path, json={"data": "meow"}, headers=new).json() for _ in range(12)]
            return all("modelId" in answer for answer in answers)

        wait_for(all_answer, what="a version at both")
        wait_for(lambda: http.get("/health").json()["workerRunning"], what="the worker's sign of life")


def answered(running: RunningServer, function_id: str) -> float:
    """Calls of a function that were answered so far, as monitoring is told by whichever process it meets."""
    new = {"Authorization": f"Bearer {running.token()}", "Connection": "close"}
    text = httpx.get(f"{running.url}/metrics", headers=new, trust_env=False, timeout=30).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "noria_invoke_seconds_count" and sample.labels == {"function": function_id}
    )


@ON_SQLITE
def test_one_that_is_killed_is_started_again_and_its_calls_stay_counted(
    running: RunningServer, function_id: str
) -> None:
    before = listening(running)
    so_far = answered(running, function_id)
    assert so_far >= 12
    assert {answered(running, function_id) for _ in range(12)} == {so_far}
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: len(listening(running) - {killed}) == 2, what="another process")
    assert before - {killed} < listening(running)
    assert answered(running, function_id) == so_far


@ON_SQLITE
def test_all_are_replaced_without_a_call_that_fails(running: RunningServer, function_id: str) -> None:
    before, workers = listening(running), children(running, "noria.work.worker").keys()
    assert running.process is not None
    with Callers(running, function_id) as callers:
        running.process.send_signal(signal.SIGHUP)
        wait_for(
            lambda: len(listening(running)) == 2 and not listening(running) & before, what="the new processes"
        )
        wait_for(
            lambda: not children(running, "noria.server.supervised").keys() & before, what="the old ones' end"
        )
        so_far = callers.answered
        wait_for(lambda: callers.answered > so_far + 10, what="calls to the new ones")
    assert callers.failures == []
    wait_for(lambda: children(running, "noria.work.worker").keys().isdisjoint(workers), what="the new worker")


@ON_POSTGRES
def test_a_stop_answers_what_is_in_flight_and_writes_what_was_counted(
    running: RunningServer, function_id: str, environment: dict[str, str]
) -> None:
    storage = open_storage(environment["NORIA_DATABASE"])
    counted = lambda: storage.captures.totals(function_id).invokes  # noqa: E731
    before = wait_for(counted, what="the first sums")
    assert running.process is not None
    processes = psutil.Process(running.process.pid).children(recursive=True)
    token = running.token()
    status: list[int] = []
    begun, stopping = threading.Event(), threading.Event()

    def slowly() -> Iterator[bytes]:
        yield b'{"data": '
        begun.set()
        stopping.wait(10)
        yield b'"meow"}'

    def ask() -> None:
        url = f"{running.url}/v1/functions/{function_id}/invoke"
        headers = {"Authorization": f"Bearer {token}"}
        status.append(
            httpx.post(url, content=slowly(), headers=headers, timeout=30, trust_env=False).status_code
        )

    caller = threading.Thread(target=ask, daemon=True)
    caller.start()
    assert begun.wait(10)
    wait_for(lambda: any(_is_connected(process) for process in processes), what="the call")
    kept = httpx.Client(base_url=running.url, trust_env=False)
    assert kept.get("/ready").status_code == 200
    running.process.send_signal(signal.SIGTERM)
    last = wait_for(lambda: (said := kept.get("/ready")).headers.get("connection") == "close" and said)
    assert (last.status_code, last.json()["reasons"]) == (503, [LEAVING])
    wait_for(lambda: _refuses(running.address), what="the end of new connections")
    stopping.set()
    caller.join(PATIENCE_S)
    assert status == [200]
    assert running.process.wait(PATIENCE_S) == 0
    assert not [process for process in processes if process.is_running()]
    assert counted() > before
    assert "Traceback" not in running.log()
    storage.close()


def _is_connected(process: psutil.Process) -> bool:
    try:
        return any(
            c.status == psutil.CONN_ESTABLISHED and c.laddr.port == 5000
            for c in process.net_connections("tcp")
        )
    except psutil.Error:
        return False


def _refuses(address: str) -> bool:
    try:
        socket.create_connection((address, 5000), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


@ON_SQLITE
def test_all_end_with_their_parent(running: RunningServer) -> None:
    assert running.process is not None
    processes = psutil.Process(running.process.pid).children(recursive=True)
    assert "is taken by another program" in start_another(running)
    running.kill()
    wait_for(lambda: not any(_alive(process) for process in processes), what="their end")
    assert _refuses(running.address)


def start_another(running: RunningServer) -> str:
    """What a second server on the same port says as it ends."""
    command = [sys.executable, "-m", "noria.cli", *COMMAND, "--host", running.address]
    done = subprocess.run(command, cwd=running.data, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    return done.stderr


def _alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
