"""Fixtures of the tests that go through HTTP."""

from collections.abc import Callable, Iterator

import httpx
import pytest
import requests
from other_clients import EdenAi, Gonyckel
from running_server import RunningServer

from noria.records.client import Client, Scope
from noria.serving.auth import Auth
from noria.storage import open_storage

NewClient = Callable[[Scope], tuple[Client, str]]


@pytest.fixture(scope="session")
def server(
    new_loopback_address: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """One server for all tests of a process, with the tiny encoder; a test that stops one starts its own."""
    running = RunningServer(new_loopback_address(), tmp_path_factory.mktemp("data")).start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def http(server: RunningServer) -> Iterator[httpx.Client]:
    with server.http() as client:
        yield client


@pytest.fixture(scope="session")
def plain(server: RunningServer) -> Iterator[httpx.Client]:
    """A connection to the server without a token."""
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def token(server: RunningServer) -> str:
    """For callers that bring their own headers."""
    return server.token()


@pytest.fixture
def gonyckel(plain: httpx.Client, server: RunningServer) -> Gonyckel:
    return Gonyckel(plain, server)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """What clients in Python talk through."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def eden(session: requests.Session, server: RunningServer) -> EdenAi:
    return EdenAi(session, server)


@pytest.fixture
def function(http: httpx.Client) -> Iterator[dict[str, str]]:
    """A fresh function with two labels."""
    made = http.post(
        "/v1/functions", json={"name": "tests", "input": "Text", "output": "Classification"}
    ).json()
    for name in ("cat", "dog"):
        http.post(f"/v1/functions/{made['id']}/labels", json={"name": name})
    yield made
    http.delete(f"/v1/functions/{made['id']}")  # lists of functions have a first page, on which tests look


@pytest.fixture
def path(function: dict[str, str]) -> str:
    """Where the fresh function is."""
    return f"/v1/functions/{function['id']}"


@pytest.fixture
def new_client(server: RunningServer) -> NewClient:
    """Makes an API client of a scope beside the running server, as `noria key create` does."""

    def make(scope: Scope) -> tuple[Client, str]:
        storage = open_storage(f"sqlite:///{server.data}/noria.db")
        try:
            return Auth(storage).new_client("test", scope)
        finally:
            storage.close()

    return make
