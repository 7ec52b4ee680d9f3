"""What any number of workers on one database keep to: each function by one at a time, nothing forgotten, nothing twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from running_server import wait_for
from taught import Taught

from noria.settings import Settings
from noria.storage import Storage, open_storage
from noria.storage.runs import STALE
from noria.storage.tables import runs

WORKER = str(Path(__file__).with_name("waiting_worker.py"))


@dataclass
class Workers:
    """Worker processes whose runs wait until they are let go."""

    settings: Settings
    storage: Storage
    folder: Path
    processes: dict[int, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self) -> int:
        environment = {**os.environ, **self.settings.to_environment()}
        command = [sys.executable, WORKER, str(os.getpid()), str(self.folder)]
        started = subprocess.Popen(command, env=environment)
        self.processes[started.pid] = started
        return started.pid

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()

    def let_go(self) -> None:
        (self.folder / "go").touch()

    def hold(self) -> None:
        (self.folder / "go").unlink(missing_ok=True)

    def has(self, function: Taught) -> int | None:
        """The worker whose run of this function waits."""
        found = [int(path.suffix[1:]) for path in self.folder.glob(f"{function.id}.*")]
        alive = [pid for pid in found if self.processes[pid].poll() is None]
        assert len(alive) < 2, "two runs of one function at once"
        return alive[0] if alive else None

    def runs(self, function: Taught) -> list[sa.Row[tuple[object, ...]]]:
        query = sa.select(runs).where(runs.c.function_id == function.id).order_by(runs.c.seq)
        with self.storage.database.read() as connection:
            return list(connection.execute(query))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def workers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """Two of them."""
    url = request.getfixturevalue("module_postgres_url") if request.param == "postgres" else None
    settings = Settings(data=tmp_path_factory.mktemp("data"), database=url, encoder="hashing")
    storage = open_storage(settings.database_url, settings.blob_folder)
    workers = Workers(settings, storage, tmp_path_factory.mktemp("runs"))
    for _ in range(2):
        workers.start()
    wait_for(lambda: len(storage.workers.present(_now())) == 2, what="the workers' start")
    yield workers
    workers.stop()
    storage.close()


def _now():
    from datetime import UTC, datetime

    return datetime.now(UTC)


@pytest.fixture
def pets(workers: Workers) -> Iterator[Taught]:
    workers.hold()
    yield Taught.new(workers.storage).with_pets()
    workers.let_go()


def test_a_hundred_requests_are_at_most_two_runs(workers: Workers, pets: Taught) -> None:
    wait_for(lambda: workers.has(pets), what="the first run")
    for _ in range(100):
        pets.want()
    workers.let_go()
    wait_for(lambda: pets.trained, what="the second run")
    wait_for(lambda: workers.storage.runs.current(pets.id) is None, what="its end")
    first, second = workers.runs(pets)
    assert first.ended_at <= second.started_at
    covered = [version.trained_seq for version in workers.storage.versions.all(pets.id)]
    assert sorted(set(covered)) == sorted(covered)


def test_different_functions_are_trained_by_different_workers_at_once(workers: Workers, pets: Taught) -> None:
    others = Taught.new(workers.storage).with_pets()
    pids = wait_for(
        lambda: workers.has(pets) and workers.has(others) and {workers.has(pets), workers.has(others)}
    )
    assert len(pids) == 2
    workers.let_go()
    wait_for(lambda: pets.trained and others.trained, what="both runs")


def test_a_stream_of_changes_has_never_two_runs_at_once(workers: Workers, pets: Taught) -> None:
    workers.let_go()
    functions = [pets, Taught.new(workers.storage).with_pets()]
    for number in range(12):
        for function in functions:
            function.teach(f"meow number {number}", "cat")
            wait_for(lambda function=function: workers.storage.runs.current(function.id) or function.trained)
    wait_for(lambda: all(function.trained for function in functions), what="training")
    wait_for(lambda: not workers.storage.runs.under_way(), what="the end of all runs")
    for function in functions:
        for earlier, later in pairwise(workers.runs(function)):
            assert earlier.ended_at <= later.started_at


def test_what_a_killed_worker_had_is_done_by_another_within_seconds(workers: Workers, pets: Taught) -> None:
    killed = wait_for(lambda: workers.has(pets), what="a run")
    os.kill(killed, signal.SIGKILL)
    workers.processes[killed].wait()
    wait_for(lambda: workers.has(pets) not in (None, killed), 10, "the other worker's run")
    workers.let_go()
    wait_for(lambda: pets.trained, what="training")
    left, done = workers.runs(pets)
    assert left.error == STALE
    assert done.error is None


def test_a_worker_that_lost_its_session_ends_before_another_goes_on(workers: Workers, pets: Taught) -> None:
    if workers.settings.database is None:
        pytest.skip("a file has no session")
    workers.start()  # beside the one that is left
    has = wait_for(lambda: workers.has(pets), what="a run")
    with psycopg.connect(workers.settings.database, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database"
            " where locktype = 'advisory' and datname = current_database()"
        )
    assert workers.processes[has].wait(10) == 1
    wait_for(lambda: workers.has(pets) not in (None, has), 20, "another worker's run")
    workers.let_go()
    wait_for(lambda: pets.trained, what="training")
