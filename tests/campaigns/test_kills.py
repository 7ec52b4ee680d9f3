"""Server and worker killed at random moments under load: what was acknowledged is there, and nothing is half-made."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import sqlalchemy as sa
from campaigns.pets import WORDS
from campaigns.recompute import check_answers
from running_server import RunningServer, wait_for

from noria.learning.head import Head
from noria.learning.record import TrainingRecord
from noria.storage import Storage, open_storage
from noria.storage.tables import samples

TESTS = Path(__file__).parents[1]
CLIENTS = 2
PATIENCE_S = 120
SMALL_BUDGET = {"budgetPerDay": 1, "shares": {"Random": 1}}
HUGE_BUDGET = {"budgetPerDay": 10_000_000, "queueLimit": 1_000_000, "keepEveryDecision": True}
ASKED = [f"{word} {i}" for i, words in enumerate(WORDS.values()) for word in words]


@dataclass
class Campaign:
    """One function that captures every call, client processes, and a server that is killed again and again."""

    server: RunningServer
    function_id: str
    label_ids: dict[str, str]
    random: random.Random
    clients: list[subprocess.Popen[bytes]] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)

    @classmethod
    def begin(cls, server: RunningServer) -> "Campaign":
        """Every call is captured: the policy has a small budget's idea of the traffic, and then gets a huge budget."""
        server.start()
        with server.http() as http:
            made = http.post(
                "/v1/functions", json={"name": "kills", "input": "Text", "output": "Classification"}
            )
            path = f"/v1/functions/{made.json()['id']}"
            names = {name: http.post(f"{path}/labels", json={"name": name}).json()["id"] for name in WORDS}
            http.put(f"{path}/capture", json=SMALL_BUDGET).raise_for_status()
        server.stop()
        server.start()  # with the small budget from the first call on
        with server.http() as http:
            http.post(f"{path}/invoke", json={"data": "to begin with"}).raise_for_status()
            http.put(f"{path}/capture", json=HUGE_BUDGET).raise_for_status()
        server.stop()  # saves the policy's state
        server.start()
        return cls(server, made.json()["id"], names, random.Random())

    @property
    def path(self) -> str:
        return f"/v1/functions/{self.function_id}"

    def ledgers(self) -> list[Path]:
        return [self.server.data / f"client_{i}.jsonl" for i in range(CLIENTS)]

    def start_clients(self) -> None:
        token = self.server.token()
        for i, ledger in enumerate(self.ledgers()):
            command = [sys.executable, "-m", "campaigns.acknowledging_client", self.server.address, token]
            command += [self.function_id, str(ledger), str(i)]
            self.clients.append(subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(TESTS)}))

    def stop_clients(self) -> None:
        for client in self.clients:
            client.terminate()
        for client in self.clients:
            client.wait(30)

    def acknowledged(self) -> list[dict[str, Any]]:
        """What the clients hold now; a line that is being written is left out."""
        lines = [
            line for file in self.ledgers() if file.exists() for line in file.read_bytes().split(b"\n")[:-1]
        ]
        return [json.loads(line) for line in lines]

    @contextmanager
    def storage(self) -> Iterator[Storage]:
        """Opened for one look and closed again, so that a killed server's successor finds what was left behind."""
        storage = open_storage(f"sqlite:///{self.server.data / 'noria.db'}")
        yield storage
        storage.close()

    def worker(self) -> psutil.Process | None:
        assert self.server.process is not None
        for child in psutil.Process(self.server.process.pid).children():
            return child
        return None

    def under_load(self, at_most_s: float) -> None:
        time.sleep(self.random.uniform(0.05, at_most_s))

    def kill(self) -> None:
        """First the worker, then the server, whose second worker must end by itself."""
        self.under_load(1.5)
        if worker := self.worker():
            worker.kill()
        self.under_load(1.5)
        orphan = self.worker()
        self.server.kill()
        if orphan is not None:
            wait_for(lambda: _is_gone(orphan), 30, "the end of the worker without a server")

    def restart(self) -> None:
        began = time.monotonic()
        self.server.start()
        self.start_s.append(time.monotonic() - began)


def _is_gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def check_acknowledged(campaign: Campaign) -> int:
    """Everything that clients hold is there; returns how much that is."""
    entries = [entry for entry in campaign.acknowledged() if entry["kind"] != "perhaps shed"]
    with campaign.storage() as storage:
        rows = _samples(storage, campaign.function_id)
        captured = {capture.sample_id for capture in storage.captures.judged(campaign.function_id)}
        embedded = storage.samples.embeddings(campaign.function_id, list(rows)).keys()
    for entry in entries:
        assert entry["kind"] != "refused", entry
        stored = rows.get(entry["sample"])
        assert stored is not None, f"lost: {entry}"
        assert entry["sample"] in embedded, f"without an embedding: {entry}"
        assert entry.get("text", stored.data) == stored.data, f"another text: {entry}"
        if entry["kind"] == "captured":
            assert entry["sample"] in captured, f"without its capture: {entry}"
        else:
            assert stored.annotation_label_id == campaign.label_ids[entry["label"]], (
                f"without its label: {entry}"
            )
    return len(entries)


def _samples(storage: Storage, function_id: str) -> dict[str, Any]:
    columns = samples.c
    query = sa.select(columns.id, columns.data, columns.annotation_label_id)
    with storage.database.read() as connection:
        rows = connection.execute(query.where(columns.function_id == function_id))
        return {row.id: row for row in rows}


def check_versions(campaign: Campaign, http: httpx.Client) -> None:
    """Each listed version is whole, the live one is among them, and it answers as it stands there."""
    answers = [
        (text, http.post(f"{campaign.path}/invoke?capture=false", json={"data": text})) for text in ASKED
    ]
    with campaign.storage() as storage:
        live = storage.functions.get(
            campaign.function_id
        ).live_version_id  # before the list: versions go on coming
        versions = storage.versions.all(campaign.function_id)
        for version in versions:
            Head.from_bytes(storage.versions.head(version.id))
            TrainingRecord.from_bytes(storage.versions.out_of_fold(version.id))
        assert live is None or live in {version.id for version in versions}
        assert {version.number for version in versions} == set(range(1, len(versions) + 1))
        assert {answer.status_code for _, answer in answers} == {200}
        given = [(text, answer.json()) for text, answer in answers]
        check_answers([(text, answer) for text, answer in given if "modelId" in answer], storage)


def check_training(campaign: Campaign) -> None:
    """What is wanted now is trained on, by a worker that came back."""
    with campaign.storage() as storage:
        wanted = storage.functions.get(campaign.function_id).wanted_seq
        wait_for(
            lambda: storage.functions.get(campaign.function_id).done_seq >= wanted,
            PATIENCE_S,
            "training after a kill",
        )


def check_books(campaign: Campaign) -> None:
    """Every call was captured, and rows, sums and decisions agree; the database is sound."""
    with campaign.storage() as storage:
        captures = storage.captures.judged(campaign.function_id)
        totals = storage.captures.totals(campaign.function_id)
        decisions = list(storage.captures.decisions(campaign.function_id))
        assert all(row.captured and row.weight * row.threshold >= 1 for row in decisions)
        assert {capture.draw for capture in captures} - {row.draw for row in decisions} <= {captures[0].draw}
        assert totals.captured == len(captures) <= totals.invokes
        assert sum(row.captured for row in storage.captures.traffic(campaign.function_id)) == len(captures)
        with storage.database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").first() is None


def check_listing(campaign: Campaign, http: httpx.Client) -> None:
    """A captured sample is listed, page by page."""
    listed: set[str] = set()
    url = f"{campaign.path}/samples?origin=InvokeCapture&batchSize=1000&includeData=false"
    while url:
        page = http.get(url).raise_for_status()
        listed |= {sample["id"] for sample in page.json()}
        url = page.links.get("next", {}).get("url", "")
    captured = {entry["sample"] for entry in campaign.acknowledged() if entry["kind"] == "captured"}
    assert captured <= listed


def run(campaign: Campaign, kills: int) -> None:
    campaign.start_clients()
    held = 0
    for _ in range(kills):
        campaign.kill()
        campaign.restart()
        held = check_acknowledged(campaign)
        with campaign.server.http() as http:
            check_versions(campaign, http)
        check_training(campaign)
    campaign.stop_clients()
    with campaign.server.http() as http:
        check_acknowledged(campaign)
        check_listing(campaign, http)
    campaign.server.stop()
    check_books(campaign)
    starts = ", ".join(f"{seconds:.1f}" for seconds in campaign.start_s)
    slow = sum(entry["kind"] == "perhaps shed" for entry in campaign.acknowledged())
    print(f"{kills} kills of server and worker; {held} acknowledgements held, {slow} too slow to say")
    print(f"seconds to the first answer: {starts}")


@pytest.fixture
def campaign(loopback_address: str, tmp_path: Path) -> Iterator[Campaign]:
    server = RunningServer(loopback_address, tmp_path)
    campaign = Campaign.begin(server)
    yield campaign
    for client in campaign.clients:
        client.kill()
        client.wait()
    server.stop()


@pytest.mark.timeout(900)
def test_what_was_acknowledged_outlives_ten_kills(campaign: Campaign) -> None:
    run(campaign, kills=10)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_what_was_acknowledged_outlives_fifty_kills(campaign: Campaign) -> None:
    run(campaign, kills=50)
