"""Makes a backup while servers run."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria import __version__
from noria.errors import FileLost
from noria.storage import counters, migrate
from noria.storage.backups import archive, columns
from noria.storage.backups.archive import Manifest, TableEntry, Writer
from noria.storage.storage import Storage
from noria.storage.tables import metadata, sample_counts, samples

_CHUNK = 100  # rows at a time: a head has megabytes
_FILES = 64  # asked for at once


def make(storage: Storage, path: Path, at: datetime, files: bool = True) -> Manifest:
    """Write everything that was acknowledged before to a new file.

    The rows are those of one moment. A file whose sample is deleted meanwhile may be gone: it is counted as lost.
    files: false leaves the files of samples out.
    Raises BadInput where the file can't be written, FilesAway.
    """
    with archive.new(path) as writer, storage.database.read() as connection:
        revision = migrate.current(connection)
        assert revision is not None  # an open storage has tables
        tables = [_table(writer, connection, table) for table in in_order()]
        if files:
            for function_id, sample_ids in _with_files(connection):
                _files(writer, storage, function_id, sample_ids)
        return writer.finish(revision, __version__, at, tables)


def in_order() -> list[sa.Table]:
    """All tables, each behind those that it refers to, and counts of rows behind the rows."""
    return sorted(metadata.sorted_tables, key=lambda table: table is sample_counts)


def _table(writer: Writer, connection: Connection, table: sa.Table) -> TableEntry:
    kinds = columns.kinds(table)
    rows = _rows(connection, sa.select(columns.plain(table.name, kinds)))
    return writer.table(str(table.name), kinds, rows, counters.given(connection, table))


def _rows(connection: Connection, query: sa.Select[Any]) -> Iterator[Any]:
    with connection.execute(query, execution_options={"yield_per": _CHUNK}) as result:
        yield from result


def _with_files(connection: Connection) -> Iterator[tuple[str, list[str]]]:
    """Function id and sample ids, some at a time."""
    named = sa.select(samples.c.function_id, samples.c.id).where(samples.c.media_type.is_not(None))
    with connection.execute(named, execution_options={"yield_per": _FILES}) as result:
        for some in result.partitions():
            for function_id, rows in groupby(some, key=itemgetter(0)):
                yield function_id, [sample_id for _, sample_id in rows]


def _files(writer: Writer, storage: Storage, function_id: str, sample_ids: list[str]) -> None:
    while sample_ids:
        done = 0
        try:
            for content in storage.blobs.get_each(function_id, sample_ids):
                writer.file(function_id, sample_ids[done], content)
                done += 1
        except FileLost:
            writer.lost()
            done += 1
        sample_ids = sample_ids[done:]
