"""Fills an empty database and a place of files from a backup."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import NotEmpty
from noria.storage import counters, migrate
from noria.storage.backups import archive, columns
from noria.storage.backups.archive import Manifest, Reader, TableEntry
from noria.storage.blobs import Blobs, File
from noria.storage.database import Database

_CHUNK = 100  # rows at a time: a head has megabytes
_SIZE = 16_000_000  # bytes of files at a time


def restore(path: Path, url: str, blobs: Blobs) -> Manifest:
    """Make of the backup what it was made of, with another database or another place of files if need be.

    The database is filled in one transaction, after the files: whoever comes before its end finds it empty. A backup of
    an older Noria is brought up to date.
    Raises BadInput, BackupDamaged, BackupTooNew, NotEmpty, DatabaseUnusable, FilesAway, OSError.
    """
    with archive.opened(path, migrate.revisions()) as backup:
        Database.open(url, _must_be_empty).close()  # before anything is written
        for files in _batches(backup.files()):
            blobs.put(files)
        Database.open(url, lambda connection: _fill(connection, backup)).close()
        return backup.manifest


def _must_be_empty(connection: Connection) -> None:
    """Raises NotEmpty."""
    if sa.inspect(connection).get_table_names():
        raise NotEmpty


def _fill(connection: Connection, backup: Reader) -> None:
    migrate.hold(connection)
    _must_be_empty(connection)
    migrate.upgrade(connection, backup.manifest.revision)
    for entry in backup.manifest.tables:
        _fill_table(connection, backup, entry)
    migrate.to_head(connection)


def _fill_table(connection: Connection, backup: Reader, entry: TableEntry) -> None:
    table = columns.plain(entry.name, entry.columns)
    connection.execute(table.delete())  # what triggers on other tables have put into it
    # Asked for something to give back, the library puts many rows into a statement. That is quicker on PostgreSQL,
    # where the triggers that count rows run once a statement.
    insert = table.insert().returning(sa.literal(1))
    rows = backup.rows(entry)
    while some := list(islice(rows, _CHUNK)):
        connection.execute(insert, some)
    for column, last in entry.given.items():
        counters.go_on_from(connection, entry.name, column, last)


def _batches(files: Iterable[File]) -> Iterator[list[File]]:
    """Some at a time, no more than fit into memory."""
    batch: list[File] = []
    size = 0
    for file in files:
        batch.append(file)
        size += len(file[2])
        if size > _SIZE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
