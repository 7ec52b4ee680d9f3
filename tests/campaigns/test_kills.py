"""kill -9 under load of whatever runs: what was acknowledged is there, once, and nothing is half-made or stuck."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import httpx
import psutil
import psycopg
import pytest
from campaigns.books import check_books, check_live_answers
from campaigns.campaign import PATIENCE_S, Campaign
from object_store import ObjectStore
from postgres_server import PostgresServer
from running_server import RunningServer, wait_for

DATABASE = "noria"
# Ten of PostgreSQL, ten of the object store, five of servers and five of workers.
ON_SERVERS = [
    ("postgres", "backend", "store", "store", "process", "worker"),
    ("backend", "postgres", "store", "store", "server", "worker"),
    ("postgres", "postgres", "store", "store", "process", "worker"),
    ("backend", "backend", "store", "store", "server", "worker"),
    ("postgres", "backend", "store", "store", "process", "worker"),
]
ON_A_FOLDER = [("server", "worker")] * 5
WITHIN_S = 3.0  # of each other: the kills of one round
DOWN_S = 1.5  # at most


@dataclass
class Killer:
    """Kills, and brings back what does not come back by itself."""

    campaign: Campaign
    postgres: PostgresServer | None = None
    store: ObjectStore | None = None
    kills: Counter[str] = field(default_factory=Counter)
    starting: Lock = field(default_factory=Lock)  # of PostgreSQL: it is killed again once it runs
    storing: Lock = field(default_factory=Lock)  # the same of the store
    trained_s: list[float] = field(default_factory=list)  # from a round's end until all was trained

    @property
    def server(self) -> RunningServer:
        return self.campaign.server

    def round(self, *kinds: str) -> None:
        """Each of these once, at random moments near each other, so that one meets what another left half up."""

        def kill(kind: str) -> None:
            self.campaign.pause(WITHIN_S)
            getattr(self, f"_kill_{kind}")()
            self.kills[kind] += 1

        with ThreadPoolExecutor(len(kinds)) as pool:
            list(pool.map(kill, kinds))
        wait_for(self._answers, PATIENCE_S, "an answer after the kills")
        self.trained_s.append(self.campaign.wait_until_trained())

    def _answers(self) -> bool:
        try:
            with self.server.http() as http:
                return http.get("/ready").status_code == 200
        except (OSError, AssertionError, psutil.Error, httpx.HTTPError):
            return False

    def _kill_server(self) -> None:
        """The first of its processes; the others, which a service manager would end with it, end by themselves."""
        others = _children(self.server)
        self.server.kill()
        wait_for(
            lambda: not any(map(_is_there, others)), PATIENCE_S, "the end of processes without their server"
        )
        self._start_server()

    def _start_server(self) -> None:
        """Again and again, as a service manager does: the database may be away."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.server.start()
                return
            except AssertionError:
                if time.monotonic() > end:
                    raise

    def _kill_process(self) -> None:
        self._kill_child("noria.server.supervised")

    def _kill_worker(self) -> None:
        self._kill_child("noria.work.worker")

    def _kill_child(self, module: str) -> None:
        def killed() -> bool:
            for child in _children(self.server):
                if module in _words(child):
                    child.kill()
                    return True
            return False

        wait_for(killed, PATIENCE_S, f"a process of {module}")

    def _kill_backend(self) -> None:
        assert self.postgres is not None
        with self.starting:
            wait_for(lambda: self.postgres.kill_backend(DATABASE), PATIENCE_S, "a backend")

    def _kill_postgres(self) -> None:
        assert self.postgres is not None
        with self.starting:
            self.postgres.kill()
            self.campaign.pause(DOWN_S)
            self.postgres.start()

    def _kill_store(self) -> None:
        assert self.store is not None
        with self.storing:
            self.store.kill()
            self.campaign.pause(DOWN_S)
            self.store.start()


def _children(server: RunningServer) -> list[psutil.Process]:
    assert server.process is not None
    try:
        return psutil.Process(server.process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _is_there(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def run(killer: Killer, rounds: Sequence[Sequence[str]]) -> str:
    campaign = killer.campaign
    campaign.start_clients()
    for kinds in rounds:
        killer.round(*kinds)
    campaign.stop_clients()
    campaign.wait_until_trained()
    check_live_answers(campaign)
    campaign.server.stop()
    held = check_books(campaign)
    kills = ", ".join(f"{n} {kind}" for kind, n in sorted(killer.kills.items()))
    return (
        f"{killer.kills.total()} kills ({kills}); {held}; longest until what was wanted after a round was trained "
        f"{max(killer.trained_s):.1f} s"
    )


@pytest.fixture
def on_a_folder(loopback_address: str, tmp_path: Path) -> Iterator[Killer]:
    """SQLite and a folder; one process that answers, and its worker."""
    campaign = Campaign.begin(RunningServer(loopback_address, tmp_path / "data"), tmp_path)
    yield Killer(campaign)
    campaign.close()


@pytest.fixture
def on_servers(
    own_postgres: PostgresServer, own_object_store: ObjectStore, loopback_address: str, tmp_path: Path
) -> Iterator[Killer]:
    """PostgreSQL and an object store; two processes that answer, and a worker."""
    with psycopg.connect(own_postgres.url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {DATABASE}")
    environment = {
        "NORIA_DATABASE": own_postgres.url.replace("/postgres?", f"/{DATABASE}?"),
        "NORIA_BLOBS": own_object_store.url(),
        "NORIA_WORKERS": "2",
    }
    campaign = Campaign.begin(RunningServer(loopback_address, tmp_path / "data", environment), tmp_path)
    yield Killer(campaign, own_postgres, own_object_store)
    campaign.close()


@pytest.mark.timeout(1800)
def test_ten_kills_of_server_and_worker_on_a_folder(
    on_a_folder: Killer, write_down: Callable[[str], None]
) -> None:
    write_down(run(on_a_folder, ON_A_FOLDER))


@pytest.mark.timeout(1800)
def test_thirty_kills_of_whatever_runs_on_servers(
    on_servers: Killer, write_down: Callable[[str], None]
) -> None:
    write_down(run(on_servers, ON_SERVERS))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_fifty_kills_on_a_folder(on_a_folder: Killer, write_down: Callable[[str], None]) -> None:
    write_down(run(on_a_folder, ON_A_FOLDER * 5))


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_hundred_and_fifty_kills_on_servers(on_servers: Killer, write_down: Callable[[str], None]) -> None:
    write_down(run(on_servers, ON_SERVERS * 5))
