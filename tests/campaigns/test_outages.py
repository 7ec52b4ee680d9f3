"""PostgreSQL stands still, is killed and comes back under load: every call is answered, and nothing is lost or doubled."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from postgres_server import PostgresServer
from running_server import RunningServer, wait_for

CALLERS = 3
SMALL_BUDGET = {"budgetPerDay": 1, "shares": {"Random": 1}}
HUGE_BUDGET = {"budgetPerDay": 10_000_000, "queueLimit": 1_000_000}


@dataclass
class Callers:
    """Threads that call one function without a pause, each text once, and keep what they are told."""

    server: RunningServer
    token: str
    path: str
    told: dict[str, str] = field(default_factory=dict)  # text by sample id
    refused: list[Any] = field(default_factory=list)
    _ending: bool = False
    _threads: list[threading.Thread] = field(default_factory=list)
    _begun: int = 0

    def start(self) -> None:
        self._ending, self._begun = False, self._begun + 1
        self._threads = [threading.Thread(target=self._call, args=(n,)) for n in range(CALLERS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ending = True
        for thread in self._threads:
            thread.join()

    def _call(self, number: int) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=self.server.url, headers=headers, timeout=30, trust_env=False) as http:
            n = 0
            while not self._ending:
                n, text = n + 1, f"call {self._begun} {number} {n}"
                try:
                    answer = http.post(f"{self.path}/invoke", json={"data": text})
                except httpx.TransportError:  # the server was killed
                    return
                if answer.status_code == 200:
                    self.told[answer.json()["sampleId"]] = text
                else:
                    self.refused.append(answer.text)
                time.sleep(0.01)


@pytest.fixture
def server(own_postgres: PostgresServer, loopback_address: str, tmp_path: Path) -> Iterator[RunningServer]:
    server = RunningServer(loopback_address, tmp_path, {"NORIA_DATABASE": own_postgres.url})
    yield server.start()
    server.stop()


@pytest.fixture
def callers(server: RunningServer) -> Iterator[Callers]:
    """Of a function of which every call is captured."""
    with server.http() as http:
        made = http.post(
            "/v1/functions", json={"name": "Outages", "input": "Text", "output": "Classification"}
        )
        path = f"/v1/functions/{made.json()['id']}"
        for name in ("red", "blue"):
            http.post(f"{path}/labels", json={"name": name})
        http.put(f"{path}/capture", json=SMALL_BUDGET).raise_for_status()
    server.stop()
    server.start()  # with a small budget's idea of the traffic from the first call on
    with server.http() as http:
        callers = Callers(server, server.token(), path)
        http.post(f"{path}/invoke?capture=false", json={"data": "the first"}).raise_for_status()
        http.put(f"{path}/capture", json=HUGE_BUDGET).raise_for_status()
    yield callers
    callers.stop()


def health(server: RunningServer) -> dict[str, Any]:
    return dict(httpx.get(f"{server.url}/health", timeout=10, trust_env=False).json())


def all_is_in(server: RunningServer) -> bool:
    now = health(server)
    return now["database"] == "up" and not now["journal"]["captures"]


def check_books(database: PostgresServer, callers: Callers) -> None:
    """Each call that was answered has its capture, once, with its text; sums count what was captured."""
    with psycopg.connect(database.url) as connection:
        rows = connection.execute(
            "SELECT c.id, c.sample_id, s.data, e.vector IS NOT NULL FROM captures c JOIN samples s ON s.id = c.sample_id"
            " LEFT JOIN embeddings e ON e.sample_seq = s.seq"
        ).fetchall()
        n, shed, captured = (
            connection.execute("SELECT sum(n), sum(shed), sum(captured) FROM traffic").fetchone() or ()
        )
        total = connection.execute("SELECT sum(captured), sum(invokes) FROM totals").fetchone()
    stored = {sample_id: text for _, sample_id, text, _ in rows}
    assert callers.told.items() <= stored.items()
    assert len(stored) == len(rows) == captured
    assert all(embedded for *_, embedded in rows)
    assert (n, shed) == (len(rows), 0)
    assert total == (captured, n)


@pytest.mark.timeout(280)
def test_no_call_notices_that_the_database_was_away(
    server: RunningServer, callers: Callers, own_postgres: PostgresServer
) -> None:
    callers.start()
    time.sleep(1)
    own_postgres.freeze()
    wait_for(lambda: health(server)["database"] == "away", 20)
    check_what_goes_on(server, callers)
    own_postgres.thaw()
    wait_for(lambda: all_is_in(server), 60)
    own_postgres.kill()
    wait_for(lambda: health(server)["journal"]["captures"] > 20, 20)
    own_postgres.start()
    wait_for(lambda: health(server)["database"] == "up", 30)
    time.sleep(1)
    callers.stop()
    wait_for(lambda: all_is_in(server), 60)
    assert callers.refused == []
    server.stop()
    check_books(own_postgres, callers)
    assert server.log().count("the database is away") <= 5  # and not a line for each that asked


def check_what_goes_on(server: RunningServer, callers: Callers) -> None:
    """While the database is away."""
    with server.http() as http:  # which gets a new token
        ready = http.get("/ready")
        assert (ready.status_code, ready.json()["ready"], len(ready.json()["notes"])) == (200, True, 1)
        assert http.post("/v1/functions/outages/invoke?capture=false", json={"data": "x"}).status_code == 200
        wait_for(lambda: health(server)["journal"]["captures"] > 20, 20)
        assert "\nnoria_database_up 0.0\n" in http.get("/metrics").text
        wait_for(lambda: "\nnoria_journal_captures 0.0\n" not in http.get("/metrics").text, 20)
        page = http.get("/server", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert "away since" in page.text
        assert "in the journal" in page.text
        refused = http.post(f"{callers.path}/samples", json={"data": "new"})
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")


@pytest.mark.timeout(280)
def test_a_server_killed_without_its_database_brings_all_in_at_its_next_start(
    server: RunningServer, callers: Callers, own_postgres: PostgresServer
) -> None:
    callers.start()
    time.sleep(0.5)
    own_postgres.kill()
    wait_for(lambda: health(server)["journal"]["captures"] > 50, 30)
    server.kill()
    callers.stop()
    (first,) = (server.data / "journal").glob("*.batches")
    assert first.stat().st_size > 0
    assert server.process is not None
    environment = {**os.environ, "NORIA_ENCODER": "hashing", **server.environment}
    ended = subprocess.run(
        server.process.args, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "can't be used" in ended.stderr
    assert "Captures wait in" in ended.stderr
    own_postgres.start()
    server.start()
    wait_for(lambda: not list((server.data / "journal").iterdir()), 60)
    assert callers.refused == []
    server.stop()
    with psycopg.connect(own_postgres.url) as connection:
        ids = [row[0] for row in connection.execute("SELECT sample_id FROM captures")]
    assert callers.told.keys() <= set(ids)
    assert len(set(ids)) == len(ids)
