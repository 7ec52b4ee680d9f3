"""One connection that hears what changes, and finds out that the database is away and back."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from postgres_server import PostgresServer
from running_server import wait_for

from noria.storage import DatabaseAway, Storage, open_storage

SOON_S = 20


@pytest.fixture
def watched(postgres_url: str, tmp_path: Any) -> Iterator[tuple[Storage, list[str]]]:
    """A storage, and what was heard of its changes."""
    storage, heard = open_storage(postgres_url, tmp_path), []
    storage.database.watch(heard.append)
    wait_for(lambda: storage.database.hears, SOON_S)
    yield storage, heard
    storage.close()


def test_each_change_of_a_function_is_heard_wherever_it_is_made(
    watched: tuple[Storage, list[str]], postgres_url: str, tmp_path: Any, make_desk: Callable[[Storage], Any]
) -> None:
    other, heard = open_storage(postgres_url, tmp_path), watched[1]
    desk = make_desk(other)
    heard.clear()
    for act in (
        lambda: other.functions.update(desk.function_id, name="new", at=desk.now),
        lambda: desk.add("text", "a"),
        lambda: desk.publish(),
        lambda: other.functions.delete(desk.function_id),
    ):
        heard.clear()
        act()
        wait_for(lambda: desk.function_id in heard, SOON_S)
    other.close()


def test_after_its_connection_was_lost_all_is_looked_at_anew(
    watched: tuple[Storage, list[str]], postgres_server: str
) -> None:
    storage, heard = watched
    heard.clear()
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        ask = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        admin.execute(ask, [storage.database.engine.url.database])
    wait_for(lambda: "" in heard, SOON_S)
    wait_for(lambda: storage.database.away_since is None, SOON_S)
    assert storage.functions.changed() == {}


def test_who_waits_for_a_database_that_stands_still_is_let_go(
    own_postgres: PostgresServer, tmp_path: Any
) -> None:
    storage = open_storage(own_postgres.url, tmp_path)
    storage.database.watch(lambda _: None)
    wait_for(lambda: storage.database.hears, SOON_S)
    storage.functions.changed()
    own_postgres.freeze()
    failed: list[Exception] = []

    def ask() -> None:
        try:
            storage.functions.changed()
        except Exception as error:
            failed.append(error)

    waiting = threading.Thread(target=ask)
    waiting.start()
    waiting.join(SOON_S)
    assert len(failed) == 1
    assert storage.database.away_since is not None
    with pytest.raises(DatabaseAway):
        storage.functions.changed()
    own_postgres.thaw()
    wait_for(lambda: storage.database.away_since is None, SOON_S)
    assert storage.functions.changed() == {}
    storage.close()
