"""A server killed again and again while a file comes in and goes out: every row once, in the file's order."""

import csv
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from running_server import RunningServer, wait_for

ROWS = 6000
KILLS = 3
PATIENCE_S = 600

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.fixture
def server(new_loopback_address: Any, tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(new_loopback_address(), tmp_path / "data").start()
    yield running
    running.stop()


def texts(i: int) -> dict[str, object]:
    return {"text": f"row {i} of many", "label": f"label {i % 7}", "external_id": f"id {i}"}


def rows(i: int) -> dict[str, object]:
    """Every third without its number."""
    amount = "" if i % 3 == 0 else i
    return {"amount": amount, "job": f"job {i}", "label": f"label {i % 7}", "external_id": f"id {i}"}


def file_of(path: Path, sample: Callable[[int], dict[str, object]]) -> bytes:
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, list(sample(0)))
        table.writeheader()
        table.writerows(map(sample, range(ROWS)))
    return path.read_bytes()


def found(server: RunningServer, where: str) -> dict[str, Any]:
    with server.http() as http:
        answer: dict[str, Any] = http.get(where).json()
        return answer


def reached(server: RunningServer, where: str, position: int) -> bool:
    now = found(server, where)
    return now["state"] == "done" or (now["state"] == "running" and now["position"] >= position)


def ids(http: httpx.Client, function: str) -> list[str]:
    path: str | None = f"/v1/functions/{function}/samples?batchSize=1000&sortOrder=ascending"
    every: list[str] = []
    while path:
        answer = http.get(path)
        every += [sample["externalId"] for sample in answer.json()]
        path = answer.links.get("next", {}).get("url")
    return every


@pytest.mark.parametrize(("kind", "sample"), [("Text", texts), ("Tabular", rows)])
def test_no_row_is_lost_and_none_is_twice(
    server: RunningServer, tmp_path: Path, kind: str, sample: Callable[[int], dict[str, object]]
) -> None:
    content = file_of(tmp_path / "rows.csv", sample)
    with server.http() as http:
        function = http.post("/v1/functions", json={"name": "many", "input": kind}).json()["id"]
        base = f"/v1/functions/{function}"
        here = f"{base}/imports/{http.post(f'{base}/imports', content=content).json()['id']}"
        wait_for(lambda: http.get(here).json()["state"] == "checked", PATIENCE_S, "the check")
        assert http.post(f"{here}/start", json={}).status_code == 200
    for at in sorted(random.Random(5).sample(range(ROWS), KILLS)):
        wait_for(lambda at=at: reached(server, here, at), PATIENCE_S, f"row {at}")
        server.kill()
        server.start()
    wait_for(lambda: found(server, here)["state"] == "done", PATIENCE_S, "the rest")
    assert (found(server, here)["added"], found(server, here)["duplicates"]) == (ROWS, 0)
    with server.http() as http:
        assert ids(http, function) == [f"id {i}" for i in range(ROWS)]
        made = http.post(f"{base}/exports", json={"format": "csv"}).json()
    server.kill()
    server.start()
    there = f"{base}/exports/{made['id']}"
    wait_for(lambda: found(server, there)["state"] == "done", PATIENCE_S, "the export")
    with server.http() as http:
        assert http.get(f"{there}/file").content == content
