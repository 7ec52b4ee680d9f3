"""Erasing by one's own ids: nothing of it is left in rows, in files, or in what is learned next."""

import sqlite3
from collections.abc import Callable
from typing import Any

import httpx
from running_server import RunningServer, wait_for

Command = Callable[..., Any]
SECRET = "zanzibar"


def test_all_that_was_sent_under_an_id_is_gone(
    noria: Command, server: RunningServer, http: httpx.Client, function: str
) -> None:
    path = f"/v1/functions/{function}"
    for n in range(8):
        label = ("cat", "dog")[n % 2]
        body = {"data": f"{label} text {n}", "annotation": {"labelName": label}}
        http.post(f"{path}/samples", json=body).raise_for_status()
    taught = {
        "data": f"cat of {SECRET}",
        "externalId": f"person {SECRET}",
        "annotation": {"labelName": "cat"},
    }
    http.post(f"{path}/samples", json=taught).raise_for_status()
    http.put(f"{path}/capture", json={"budgetPerDay": 1_000_000}).raise_for_status()
    for n in range(3):
        asked = {"data": f"call {n} of {SECRET}", "metadata": {"ticket": f"{SECRET} {n}"}}
        http.post(f"{path}/invoke", params={"externalId": f"person {SECRET}"}, json=asked).raise_for_status()
    captured = http.get(f"{path}/samples", params={"externalId": f"person {SECRET}"}).json()
    note = {"labelName": "cat", "note": f"a note on {SECRET}"}
    http.put(f"{path}/samples/{captured[0]['id']}/annotation", json=note).raise_for_status()
    wait_for(lambda: http.get(f"{path}/models").json(), what="a version")

    done = noria("erase", f"person {SECRET}", "--yes")
    assert done.returncode == 0, done.stderr
    assert f"“tests”: {len(captured)} samples erased." in done.stdout
    assert "which has not learned from them, is live." in done.stdout
    assert len(captured) >= 2
    assert http.get(f"{path}/models").json()[0]["sampleCount"] == 8
    assert http.get(f"{path}/samples", params={"externalId": f"person {SECRET}"}).json() == []
    assert noria("erase", f"person {SECRET}", "--yes").stdout == "Nothing is kept under these ids.\n"
    assert left(server) == []


def left(server: RunningServer) -> list[str]:
    """Files of the data folder that hold the secret."""
    with sqlite3.connect(server.data / "noria.db", timeout=30) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    files = [file for file in server.data.rglob("*") if file.is_file()]
    return [str(file) for file in files if SECRET.encode() in file.read_bytes()]


def test_only_what_is_named_goes(noria: Command, http: httpx.Client, function: str) -> None:
    path = f"/v1/functions/{function}/samples"
    ids = [http.post(path, json={"data": f"text {n}", "externalId": f"n{n}"}).json()["id"] for n in range(4)]
    elsewhere = noria("erase", "n0", "--function", "function_0000000000000000", "--yes")
    assert elsewhere.stdout == "Nothing is kept under these ids.\n"
    assert noria("erase", "n0", "n1", "--id", ids[2], "--yes").returncode == 0
    assert [sample["externalId"] for sample in http.get(path).json()] == ["n3"]
    assert "Say what goes" in noria("erase", "--yes").stderr
    unsure = noria("erase", "n3")
    assert "Erase 1 sample of “tests”? There is no way back. Say it with --yes" in unsure.stderr
    assert len(http.get(path).json()) == 1
