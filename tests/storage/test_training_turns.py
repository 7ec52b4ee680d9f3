"""Of all processes on one database, one has the turn of a function."""

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


def test_only_one_has_the_turn_of_a_function(opened):
    first, second = opened().training_turns, opened().training_turns
    assert first.take("function_a")
    assert not second.take("function_a")
    assert first.are_kept()


def test_another_function_is_another_turn(opened):
    first, second = opened().training_turns, opened().training_turns
    assert first.take("function_a")
    assert second.take("function_b")
    assert not first.take("function_b")


def test_a_turn_that_is_given_back_is_the_next_ones(opened):
    first, second = opened().training_turns, opened().training_turns
    for _ in range(2):
        assert first.take("function_a")
        first.give_back("function_a")
    assert second.take("function_a")


def test_the_next_one_takes_over_when_the_first_is_gone(storage_url, opened):
    code = (
        "import sys, noria.storage as s; t = s.open_storage(sys.argv[1]).training_turns;"
        "print(t.take('function_a')); sys.stdin.read()"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", code, storage_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert first.stdout.readline() == "True\n"
    second = opened().training_turns
    assert not second.take("function_a")
    first.kill()
    first.wait()
    wait_for(
        lambda: second.take("function_a"), what="the turn"
    )  # PostgreSQL notices a moment later that its client is gone


def test_a_database_that_was_away_has_given_all_turns_back(postgres_url):
    storage = open_storage(postgres_url)
    turns = storage.training_turns
    assert turns.take("function_a")
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid != pg_backend_pid()"
        )
    assert not turns.are_kept()
    assert not turns.take("function_b")
    assert not turns.are_kept()  # for good: it never connects anew and believes what it believed
    storage.close()
