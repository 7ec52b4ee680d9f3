"""The `noria` command beside a running server."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from running_server import RunningServer

from noria.cli import main

Command = Callable[..., "Done"]


@pytest.fixture(scope="session")
def server(
    new_loopback_address: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    running = RunningServer(new_loopback_address(), tmp_path_factory.mktemp("data")).start()
    yield running
    running.stop()


@pytest.fixture
def http(server: RunningServer) -> Iterator[httpx.Client]:
    with server.http() as client:
        yield client


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit status."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def noria(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The `noria` command, in this process, with the server's address and data folder in its environment."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, **changed: str) -> Done:
        for name in [name for name in os.environ if name.startswith("NORIA_")]:
            monkeypatch.delenv(name)
        here = {"NORIA_HOST": server.address, "NORIA_DATA": str(server.data), "NORIA_ENCODER": "hashing"}
        for name, value in (here | {"COLUMNS": "200"} | changed).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["noria", *words])
        capsys.readouterr()
        status = 0
        try:
            main()
        except SystemExit as left:
            status = int(left.code or 0)
        said = capsys.readouterr()
        return Done(status, said.out, said.err)

    return run


@pytest.fixture
def function(http: httpx.Client) -> str:
    """The id of a fresh function with two labels."""
    id = str(http.post("/v1/functions", json={"name": "tests"}).json()["id"])
    for name in ("cat", "dog"):
        http.post(f"/v1/functions/{id}/labels", json={"name": name})
    return id
