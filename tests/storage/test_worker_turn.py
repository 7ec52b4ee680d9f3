"""Of all processes on one database, one has the worker's turn."""

import subprocess
import sys

import psycopg
import pytest
from running_server import wait_for

from noria.storage import open_storage


@pytest.fixture
def opened(storage_url):
    """Makes a storage as another process would have it."""
    made = []

    def open_():
        made.append(open_storage(storage_url))
        return made[-1]

    yield open_
    for storage in made:
        storage.close()


def test_only_one_has_the_turn(opened):
    first, second = opened().worker_turn, opened().worker_turn
    assert not first.is_held()
    assert first.take()
    assert not second.take()
    assert first.is_held()
    assert not second.is_held()


def test_the_next_one_takes_over_when_the_first_is_gone(storage_url, opened):
    code = "import sys, noria.storage as s; t = s.open_storage(sys.argv[1]).worker_turn; print(t.take()); sys.stdin.read()"
    first = subprocess.Popen(
        [sys.executable, "-c", code, storage_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert first.stdout.readline() == "True\n"
    second = opened().worker_turn
    assert not second.take()
    first.kill()
    first.wait()
    wait_for(second.take, what="the turn")  # PostgreSQL notices a moment later that its client is gone


def test_a_database_that_was_away_has_given_the_turn_back(postgres_url):
    storage = open_storage(postgres_url)
    assert storage.worker_turn.take()
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid != pg_backend_pid()"
        )
    assert not storage.worker_turn.is_held()
    storage.close()
