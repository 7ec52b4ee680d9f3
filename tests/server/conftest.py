"""Fixtures of the tests that go through HTTP."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from running_server import RunningServer


@pytest.fixture(scope="module")
def server(new_loopback_address: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server a test file, with the tiny encoder."""
    running = RunningServer(new_loopback_address(), tmp_path_factory.mktemp("data")).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def http(server: RunningServer) -> Iterator[httpx.Client]:
    with server.http() as client:
        yield client


@pytest.fixture
def function(http: httpx.Client) -> dict[str, str]:
    """A fresh function with two labels."""
    made = http.post("/v1/functions", json={"name": "tests", "input": "Text", "output": "Classification"}).json()
    for name in ("cat", "dog"):
        http.post(f"/v1/functions/{made['id']}/labels", json={"name": name})
    return made
