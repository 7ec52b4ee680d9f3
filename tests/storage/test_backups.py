"""A backup of either database fills either, row for row and file for file, and is refused where it is not whole."""

import hashlib
import io
import json
import struct
import threading
import zipfile
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from noria.errors import BackupDamaged, BackupTooNew, BadInput, DatabaseUnusable, FileLost, NotEmpty
from noria.records.client import Client, Scope
from noria.records.content import Content
from noria.storage import CaptureBatch, backups, migrate, open_storage
from noria.storage.backups import archive, columns, making
from noria.storage.blobs import FolderBlobs, open_blobs
from noria.storage.tables import labels, metadata, sample_counts, samples
from noria.storage.workers import SeenWorker

from .conftest import START, _desk, digest
from .test_functions import fill

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def rows(storage):
    """Of every table, in no order; and which values are NULL, as a JSON null reads the same."""
    with storage.database.read() as connection:
        return {
            table.name: Counter(repr(tuple(row)) for row in connection.execute(everything(table)))
            for table in metadata.sorted_tables
        }


def everything(table):
    plain = columns.plain(table.name, columns.kinds(table))
    return sa.select(plain, *(column.is_(sa.null()) for column in plain.c))


def place(folder, name="noria.db"):
    folder.mkdir(exist_ok=True)
    return f"sqlite:///{folder / name}", FolderBlobs(folder / "blobs")


def picture(desk, name):
    return desk.storage.samples.add(
        replace(desk.new(name), content=Content("", digest(name), name.encode(), "image/png")), desk.now
    )


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A desk whose database has a row in every table, and two files."""
    storage = open_storage(place(tmp_path_factory.mktemp("full"))[0])
    desk = _desk(storage)
    fill(desk)
    for name in ("moon", "sun"):
        picture(desk, name)
    desk.add("“ünïcode”, \t\\ \n 字 🦊 \u2028", metadata={"n": 1e-7, "big": 2**60, "": [None, True, "ü"]})
    storage.secrets.get_or_create("signing", lambda: bytes(range(256)))
    storage.clients.add(Client("client_1", "robot", Scope.EDIT, b"\0\xff", START))
    storage.sign_ins.add(b"\1\2", "ann", START)
    storage.audit.add("ann", "CreateLabel", desk.function_id, desk.a, {"name": "a"}, START)
    storage.captures.commit(CaptureBatch(writer="w", number=3))
    storage.workers.seen(SeenWorker("w", "host", 7, START, START))
    yield desk
    storage.close()


@pytest.fixture(scope="module")
def backup(full, tmp_path_factory):
    path = tmp_path_factory.mktemp("backups") / "backup.zip"
    backups.make(full.storage, path, NOW)
    return path


@pytest.fixture
def odd(tmp_path):
    """Where a test writes a backup with something wrong."""
    return tmp_path / "odd.zip"


def test_from_one_database_to_the_other_and_back_everything_is_the_same(
    full, backup, postgres_url, object_store, tmp_path
):
    before = rows(full.storage)
    assert all(before.values()), [name for name, found in before.items() if not found]
    back = f"sqlite:///{tmp_path / 'back.db'}"
    for step, (url, files) in enumerate(
        [(postgres_url, object_store.url()), (back, str(tmp_path / "files"))]
    ):
        backups.restore(backup, url, open_blobs(files))
        restored = open_storage(url, files)
        assert rows(restored) == before
        backup = tmp_path / f"{step}.zip"
        made = backups.make(restored, backup, NOW)
        assert (made.files.n, made.files.size, made.files.lost) == (2, 7, 0)
        _goes_on_where_it_was(restored, full.function_id)
        restored.close()


def _goes_on_where_it_was(storage, function_id):
    """Numbers of rows that are gone are not given again, and counts of samples still follow them."""
    with storage.database.write() as connection:
        last = connection.scalar(sa.select(sa.func.max(labels.c.seq)))
    new = storage.labels.add(function_id, "after", None, None, NOW)
    with storage.database.read() as connection:
        # the last label of all was merged into another and is gone
        assert connection.scalar(sa.select(labels.c.seq).where(labels.c.id == new.id)) == last + 2
        counted = connection.scalar(sa.select(sa.func.sum(sample_counts.c.n)))
        assert counted == connection.scalar(sa.select(sa.func.count()).select_from(samples))


def test_every_table_is_in_it(backup):
    assert {entry["name"] for entry in manifest(backup)["tables"]} == set(metadata.tables)
    assert manifest(backup)["revision"] == migrate.revisions()[-1]


def test_it_is_for_its_owner_only_and_nothing_is_written_over(full, backup):
    before = backup.read_bytes()
    assert backup.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadInput, match="already"):
        backups.make(full.storage, backup, NOW)
    assert backup.read_bytes() == before
    assert list(backup.parent.glob(".*")) == []


def test_a_backup_that_fails_leaves_nothing(full, tmp_path, monkeypatch):
    monkeypatch.setattr(making, "_with_files", lambda connection: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        backups.make(full.storage, tmp_path / "backup.zip", NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_gone_is_counted_and_the_others_are_there(desk, tmp_path):
    lost, kept = picture(desk, "lost"), picture(desk, "kept")
    desk.storage.blobs.drop(desk.function_id, [lost.id])
    made = backups.make(desk.storage, tmp_path / "backup.zip", NOW)
    assert made.files.lost == 1
    url, blobs = place(tmp_path / "new")
    backups.restore(tmp_path / "backup.zip", url, blobs)
    assert blobs.get(desk.function_id, kept.id) == b"kept"
    with pytest.raises(FileLost):
        blobs.get(desk.function_id, lost.id)


def test_a_database_with_tables_is_refused_and_stays_as_it_is(full, backup):
    before = rows(full.storage)
    with pytest.raises(NotEmpty):
        backups.restore(backup, str(full.storage.database.engine.url), full.storage.blobs)
    assert rows(full.storage) == before


def test_a_backup_that_is_damaged_anywhere_is_refused_before_anything_is_made(backup, odd, tmp_path):
    whole = backup.read_bytes()
    url, blobs = place(tmp_path / "new")
    cut = [whole[: len(whole) * part // 7] for part in range(7)]
    with zipfile.ZipFile(backup) as held:
        flipped = [flip(whole, middle(whole, info)) for info in held.infolist() if info.file_size]
        missing = [rewritten(backup, without=[name]) for name in held.namelist()]
    for damaged in (*cut, *flipped, *missing):
        odd.write_bytes(damaged)
        with pytest.raises(BackupDamaged):
            backups.restore(odd, url, blobs)
    assert list((tmp_path / "new").iterdir()) == []


def flip(whole, at):
    return whole[:at] + bytes([whole[at] ^ 8]) + whole[at + 1 :]


def middle(whole, info):
    """Of the bytes of an entry."""
    name, more = struct.unpack_from("<HH", whole, info.header_offset + 26)
    return info.header_offset + 30 + name + more + info.compress_size // 2


def test_no_byte_that_is_changed_gets_rows_wrong(backup, odd):
    """Bytes of the ZIP that mean nothing to us may change; then all is as it was."""
    whole, right = backup.read_bytes(), held_rows(backup)
    for at in range(0, len(whole), len(whole) // 150):
        odd.write_bytes(flip(whole, at))
        with suppress(BackupDamaged):
            assert held_rows(odd) == right


@pytest.mark.parametrize("newer", [{"format": 2, "tables": "otherwise"}, {"revision": "9999"}])
def test_a_backup_of_a_newer_noria_is_told_as_that(backup, odd, tmp_path, newer):
    odd.write_bytes(rewritten(backup, **newer))
    with pytest.raises(BackupTooNew, match="newer Noria"):
        backups.restore(odd, *place(tmp_path / "new"))


def test_a_backup_of_an_older_noria_is_brought_up_to_date(full, backup, odd, storage_url, tmp_path):
    before = rows(full.storage)
    newer = {"workers", "sample_aliases", "encoders", "bulk_runs"}
    tables = [entry for entry in manifest(backup)["tables"] if entry["name"] not in newer]
    (vectors,) = (entry for entry in tables if entry["name"] == "embeddings")
    place = list(vectors["columns"]).index("encoder_id")
    del vectors["columns"]["encoder_id"]
    with zipfile.ZipFile(backup) as made:
        lines = [json.loads(line) for line in made.read("tables/embeddings.jsonl").splitlines()]
    old = b"".join(json.dumps(row[:place] + row[place + 1 :]).encode() + b"\n" for row in lines)
    changed = {"tables/embeddings.jsonl": old, "revision": "0024", "tables": tables}
    odd.write_bytes(rewritten(backup, without={f"tables/{name}.jsonl" for name in newer}, **changed))
    backups.restore(odd, storage_url, FolderBlobs(tmp_path / "files"))
    restored = open_storage(storage_url)
    found = rows(restored)
    vectors, mine = found.pop("embeddings"), before.pop("embeddings")  # under numbers by the function's kind
    assert vectors.total() == mine.total()
    assert found == {**before, "workers": Counter(), "sample_aliases": Counter(), "bulk_runs": Counter()}
    restored.close()


def test_a_restore_that_dies_leaves_an_empty_database_that_can_be_filled(
    full, backup, odd, storage_url, tmp_path
):
    blobs = FolderBlobs(tmp_path / "files")
    damaged = rewritten(backup, **{"tables/heads.jsonl": b'["model_1","function_nobody","",""]\n'})
    odd.write_bytes(damaged)
    with pytest.raises(DatabaseUnusable):  # no such function
        backups.restore(odd, storage_url, blobs)
    backups.restore(backup, storage_url, blobs)
    restored = open_storage(storage_url)
    assert rows(restored) == rows(full.storage)
    restored.close()


def test_it_holds_what_was_acknowledged_before_and_one_state_of_all(storage_url, make_desk, tmp_path):
    storage = open_storage(storage_url, tmp_path / "blobs")
    desk = make_desk(storage)
    acknowledged, stop = [], threading.Event()

    def write():
        while not stop.is_set():
            acknowledged.append(desk.capture(f"call {len(acknowledged)}"))

    writing = threading.Thread(target=write)
    writing.start()
    try:
        while len(acknowledged) < 20:
            stop.wait(0.01)
        before = list(acknowledged)
        backups.make(storage, tmp_path / "backup.zip", NOW)
    finally:
        stop.set()
        writing.join()
        storage.close()
    found = held_rows(tmp_path / "backup.zip")
    captured = [row["sample_id"] for row in found["captures"]]
    assert set(before) <= set(captured)
    assert captured == [row["id"] for row in found["samples"]]
    assert sum(row["n"] for row in found["sample_counts"]) == len(captured)
    assert sum(row["captured"] for row in found["totals"]) == len(captured)


def held_rows(backup):
    """Of every table, by its name."""
    with archive.opened(backup, migrate.revisions()) as reader:
        return {entry.name: list(reader.rows(entry)) for entry in reader.manifest.tables}


def manifest(backup):
    with zipfile.ZipFile(backup) as held:
        return json.loads(held.read("manifest.json"))


def rewritten(backup, without=None, **changed):
    """Bytes of the backup with something changed in its manifest, and lines of tables with their checksums."""
    new = io.BytesIO()
    gone = {without} if isinstance(without, str) else without or set()
    lines = {name: changed.pop(name) for name in list(changed) if "/" in name}
    written = {**manifest(backup), **changed}
    for name, text in lines.items():
        for entry in written["tables"]:
            if name == f"tables/{entry['name']}.jsonl":
                entry |= {"sha256": hashlib.sha256(text).hexdigest(), "rows": text.count(b"\n")}
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(new, "w") as made:
        for name in old.namelist():
            if name not in gone and name != "manifest.json":
                made.writestr(name, lines.get(name, old.read(name)))
        if "manifest.json" not in gone:
            made.writestr("manifest.json", json.dumps(written))
    return new.getvalue()
