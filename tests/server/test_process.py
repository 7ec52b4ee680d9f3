"""A server is stopped cleanly and without a wait for those who still watch a page."""

import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from running_server import RunningServer, wait_for

from noria.serving.sign_ins import SignIns
from noria.storage import open_storage

PATIENCE_S = 60


@pytest.fixture
def running(loopback_address: str, tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(loopback_address, tmp_path).start()
    yield running
    running.stop()


def watch(running: RunningServer, function_id: str) -> tuple[threading.Thread, list[str]]:
    """A page of a signed-in person that follows the events of a function; what came in, line by line."""
    storage = open_storage(f"sqlite:///{running.data}/noria.db")
    link = SignIns(storage, running.url).link()
    storage.close()
    lines: list[str] = []

    def follow() -> None:
        with httpx.Client(base_url=running.url, trust_env=False, timeout=60) as browser:
            browser.get(link)
            with browser.stream("GET", f"/functions/{function_id}/capture/events") as events:
                for line in events.iter_lines():
                    lines.append(line)

    page = threading.Thread(target=follow, daemon=True)
    page.start()
    return page, lines


@pytest.mark.parametrize(
    ("stop", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["SIGTERM", "Ctrl-C"]
)
def test_a_stop_ends_server_worker_and_open_pages(
    running: RunningServer, stop: signal.Signals, status: int
) -> None:
    with running.http() as http:
        body = {"name": "watched", "input": "Text", "output": "Classification"}
        made = http.post("/v1/functions", json=body).json()
    pages = [watch(running, made["id"]) for _ in range(3)]
    process = running.process
    assert process is not None
    (worker,) = wait_for(lambda: psutil.Process(process.pid).children(), what="the worker")
    wait_for(lambda: all("event: panel" in lines for _, lines in pages), what="the open pages")
    process.send_signal(stop)
    assert process.wait(PATIENCE_S) == status
    assert not worker.is_running()
    for page, _ in pages:
        page.join(PATIENCE_S)
        assert not page.is_alive()
    assert "Traceback" not in running.log()
    assert "graceful shutdown exceeded" not in running.log()
    assert not (running.data / "noria.db-wal").exists()  # closed, not only left


def connections(pid: int) -> list[object]:
    return [c for c in psutil.Process(pid).net_connections("tcp") if c.status == psutil.CONN_ESTABLISHED]


def test_what_is_in_flight_when_the_stop_comes_is_answered(running: RunningServer) -> None:
    with running.http() as http:
        body = {"name": "asked", "input": "Text", "output": "Classification"}
        made = http.post("/v1/functions", json=body).json()
        http.post(f"/v1/functions/{made['id']}/labels", json={"name": "cat"})
    answered: list[int] = []

    def slowly() -> Iterator[bytes]:
        yield b'{"data": '
        begun.set()
        stopping.wait(5)
        yield b'"meow"}'

    begun, stopping = threading.Event(), threading.Event()

    def ask() -> None:
        with running.http() as http:
            path = f"/v1/functions/{made['id']}/invoke"
            answered.append(http.post(path, content=slowly()).status_code)

    caller = threading.Thread(target=ask, daemon=True)
    caller.start()
    assert begun.wait(10)
    assert running.process is not None
    wait_for(lambda: connections(running.process.pid), what="the call")
    running.process.send_signal(signal.SIGTERM)
    refused = lambda: not listens(running.address)  # noqa: E731
    wait_for(refused, what="the end of new connections")
    stopping.set()
    caller.join(10)
    assert answered == [200]
    assert running.process.wait(PATIENCE_S) == 0


def listens(address: str) -> bool:
    try:
        socket.create_connection((address, 5000), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True
