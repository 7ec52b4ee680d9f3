"""A database that can't be opened is told in one sentence that says what to do."""

import contextlib
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from noria.errors import DatabaseUnusable, StorageFull, StorageReadOnly
from noria.storage import Storage, open_storage, unusable


def refusal(url: str) -> str:
    with pytest.raises(DatabaseUnusable) as told:
        open_storage(url)
    assert "\n" not in str(told.value)
    return str(told.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "noria.db").write_bytes(b"These are not the tables you are looking for." * 200)
    assert "damaged, or none of Noria's" in refusal(f"sqlite:///{tmp_path}/noria.db")


def test_a_damaged_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "noria.db"
    open_storage(f"sqlite:///{file}").close()
    file.write_bytes(file.read_bytes()[:8192])
    assert "The file is damaged. Put a backup in its place." in refusal(f"sqlite:///{file}")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert f"{tmp_path}/none/noria.db" in refusal(f"sqlite:///{tmp_path}/none/noria.db")


FULL = """
import resource, signal, sys
from noria.errors import DatabaseUnusable
from noria.storage import open_storage
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    open_storage(sys.argv[1])
except DatabaseUnusable as told:
    print(told)
"""


@pytest.mark.parametrize("room", [0, 20_000])
def test_a_full_disk_is_told(tmp_path: Path, room: int) -> None:
    command = [sys.executable, "-c", FULL, f"sqlite:///{tmp_path}/noria.db", str(room)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Make room and start again." in said


@pytest.mark.parametrize("url", ["noria", "mysql://noria:sesame@localhost/noria", "sqlite+nothing:///x", ""])
def test_an_address_of_nothing_that_noria_knows_is_told(url: str) -> None:
    said = refusal(url)
    assert "postgresql://user:secret@host/name" in said
    assert "sesame" not in said


def test_a_postgresql_that_is_not_there_is_told_without_its_password() -> None:
    said = refusal("postgresql://noria:sesame@127.0.0.1:1/noria")
    assert "postgresql://noria:***@127.0.0.1:1/noria can't be used" in said
    assert "Is it running" in said
    assert "sesame" not in said


def test_without_its_package_postgresql_is_answered_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "pip install 'noria[postgres]'" in refusal("postgresql://localhost/noria")


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("attempt to write a readonly database", "Change its owner or its rights"),
        ("database is locked", "Another program holds it"),
        ("database or disk is full", "The disk is full"),
        ("FATAL: no such role\nDETAIL: more", "is NORIA_DATABASE right"),
    ],
)
def test_each_cause_has_its_advice(said: str, advice: str) -> None:
    told = str(unusable.in_words(Exception(said)))
    assert advice in told
    assert "\n" not in told


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_postgresql_database_of_another_encoding_is_told(postgres_url: str, encoding: str) -> None:
    name = f"noria_{encoding.lower()}_{uuid4().hex[:8]}"
    made = f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(made)
        place, _, query = postgres_url.partition("?")
        said = refusal(f"{place.rpartition('/')[0]}/{name}" + (f"?{query}" if query else ""))
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert f"has the encoding {encoding}" in said
    assert "createdb --encoding UTF8" in said


def fail_to_write(storage: Storage) -> None:
    with contextlib.suppress(DBAPIError):
        storage.secrets.get_or_create(uuid4().hex, lambda: bytes(100_000))


def limit(storage: Storage, pragma: str) -> None:
    with storage.database.engine.connect() as connection:  # the pool gives the same one to whoever is next
        connection.exec_driver_sql(f"PRAGMA {pragma}")


def test_a_file_that_can_grow_no_more_is_full_until_a_row_is_taken(tmp_path: Path) -> None:
    storage = open_storage(f"sqlite:///{tmp_path}/noria.db")
    limit(storage, "max_page_count = 1")
    fail_to_write(storage)
    assert isinstance(storage.refusal, StorageFull)
    limit(storage, "max_page_count = 1000000")
    storage.look()
    assert storage.refusal is None
    storage.close()


def test_a_file_that_takes_no_changes_is_read_only_until_a_row_is_taken(tmp_path: Path) -> None:
    storage = open_storage(f"sqlite:///{tmp_path}/noria.db")
    limit(storage, "query_only = ON")
    fail_to_write(storage)
    assert isinstance(storage.refusal, StorageReadOnly)
    storage.look()
    assert storage.refusal is not None
    limit(storage, "query_only = OFF")
    storage.look()
    assert storage.refusal is None
    storage.close()


def test_a_postgres_that_turns_read_only_is_told_also_by_connections_that_were_there(
    postgres_url: str,
) -> None:
    storage = open_storage(postgres_url)
    storage.functions.changed()  # a connection that was read from
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        name = admin.info.dbname
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    storage.database.engine.dispose()
    storage.functions.changed()
    fail_to_write(storage)
    assert isinstance(storage.refusal, StorageReadOnly)
    storage.close()


def test_a_device_without_room_is_full() -> None:
    with pytest.raises(OSError) as told, open("/dev/full", "wb", buffering=0) as device:  # noqa: PT011
        device.write(b"x")
    assert isinstance(unusable.refusal(told.value), StorageFull)
