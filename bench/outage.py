"""What callers notice while PostgreSQL is away: answers, their times, and what of the captures is there in the end.

    python bench/outage.py kill|freeze [SECONDS]

A server with every call captured, four callers without a pause; PostgreSQL is killed, or stands still as behind a network
that is cut, for some seconds, and comes back.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from conftest import _initdb, _unprivileged
from own_postgres import own_postgres
from running_server import RunningServer, wait_for

CALLERS = 4
ADDRESS = "127.77.77.1"


def main(how: str, seconds: float = 10.0) -> None:
    initdb = _initdb()
    assert initdb is not None
    with own_postgres(initdb.parent, _unprivileged()) as database, tempfile.TemporaryDirectory() as folder:
        server = RunningServer(ADDRESS, Path(folder), {"NORIA_DATABASE": database.url}).start()
        try:
            path = taught(server)
            callers = [Caller(server, path, number) for number in range(CALLERS)]
            time.sleep(5)
            phases = [("before", time.time())]
            database.kill() if how == "kill" else database.freeze()
            phases.append(("away", time.time()))
            time.sleep(seconds)
            form = {"grant_type": "client_credentials", "client_id": server.client_id}
            form["client_secret"] = server.client_secret
            with httpx.Client(base_url=server.url, timeout=10, trust_env=False) as http:
                asked("/ready", lambda: http.get("/ready"))
                asked("/health", lambda: http.get("/health"))
                asked("/connect/token", lambda: http.post("/connect/token", data=form))
            database.start() if how == "kill" else database.thaw()
            phases.append(("back", time.time()))
            time.sleep(5)
            for caller in callers:
                caller.stop()
            told(phases, [each for caller in callers for each in caller.calls])
            books(server, path, database.url, {id for caller in callers for id in caller.ids})
        finally:
            server.stop()
            print(*[line for line in server.log().splitlines() if "noria" in line][-12:], sep="\n")


def taught(server: RunningServer) -> str:
    with server.http() as http:
        made = http.post("/v1/functions", json={"name": "calls", "input": "Text", "output": "Classification"})
        path = f"/v1/functions/{made.json()['id']}"
        for name in ("red", "blue"):
            http.post(f"{path}/labels", json={"name": name})
        http.put(f"{path}/capture", json={"budgetPerDay": 1, "shares": {"Random": 1}}).raise_for_status()
    server.stop()
    server.start()  # with a small budget's idea of the traffic from the first call on, so that all is drawn
    with server.http() as http:
        http.post(f"{path}/invoke", json={"data": "the first"}).raise_for_status()
        http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000, "queueLimit": 1_000_000})
    return path


def asked(what: str, ask: Callable[[], httpx.Response]) -> None:
    began = time.monotonic()
    try:
        answer = ask()
        said = f"{answer.status_code} {answer.text[:300] if answer.status_code != 200 or 'token' not in what else ''}"
    except httpx.TransportError as problem:
        said = repr(problem)
    print(f"{what}: {said} in {time.monotonic() - began:.2f} s")


class Caller:
    """One connection that calls without a pause."""

    def __init__(self, server: RunningServer, path: str, number: int) -> None:
        self.calls: list[tuple[float, float, int]] = []  # begun at, seconds, status
        self.ids: list[str] = []
        self._server, self._path, self._number = server, path, number
        self._ending = False
        self._token = server.token()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._ending = True
        self._thread.join()

    def _run(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        with httpx.Client(base_url=self._server.url, headers=headers, timeout=20, trust_env=False) as http:
            n = 0
            while not self._ending:
                n, at, began = n + 1, time.time(), time.monotonic()
                try:
                    answer = http.post(f"{self._path}/invoke", json={"data": f"call {self._number} {n}"})
                except httpx.TransportError:
                    self.calls.append((at, time.monotonic() - began, 0))
                    continue
                self.calls.append((at, time.monotonic() - began, answer.status_code))
                if answer.status_code == 200:
                    self.ids.append(answer.json()["sampleId"])


def told(phases: list[tuple[str, float]], calls: list[tuple[float, float, int]]) -> None:
    ends = [at for _, at in phases[1:]] + [float("inf")]
    begins = [0.0, *ends]
    for name, since, until in zip(("before", "away", "back"), begins, ends, strict=False):
        some = [call for call in calls if since <= call[0] < until]
        if not some:
            print(f"{name}: no call")
            continue
        took = np.array([seconds for _, seconds, _ in some]) * 1000
        statuses: dict[int, int] = {}
        for _, _, status in some:
            statuses[status] = statuses.get(status, 0) + 1
        p50, p95, p99 = np.percentile(took, [50, 95, 99])
        print(
            f"{name}: {len(some)} calls {statuses}; p50 {p50:.1f} p95 {p95:.1f} p99 {p99:.1f} longest {took.max():.0f} ms;"
            f" {int((took > 1000).sum())} over 1 s"
        )


def books(server: RunningServer, path: str, url: str, ids: set[str]) -> None:
    with server.http() as http:
        before: dict[str, Any] = {}

        def settled() -> bool:
            nonlocal before
            now = http.get(f"{path}/capture").json()
            same = now["captured"] == before.get("captured")
            before = now
            time.sleep(2)
            return same

        wait_for(settled, 120)
    with psycopg.connect(url) as connection:
        rows = {row[0] for row in connection.execute("SELECT sample_id FROM captures")}
        n = connection.execute("SELECT count(*), count(DISTINCT id) FROM captures").fetchone()
        traffic = connection.execute("SELECT sum(n), sum(shed), sum(captured) FROM traffic").fetchone()
    print(
        f"answered {len(ids) + 1}; with a capture {len(ids & rows)}; rows, distinct {n}; traffic n, shed, captured {traffic}"
    )


if __name__ == "__main__":
    main(sys.argv[1], *map(float, sys.argv[2:]))
