"""The file of a backup: a ZIP with the rows of each table, the files of samples, and a manifest.

`tables/<name>.jsonl` has a row a line, a JSON list of the values in the manifest's order of columns; `files/<function>/<sample>`
is the content of one. The manifest is written last, so a backup that has none was not finished.
"""

import hashlib
import io
import json
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from noria.errors import BackupDamaged, BackupTooNew, BadInput
from noria.storage.backups import columns
from noria.storage.blobs import File

FORMAT = 1
_MANIFEST = "manifest.json"
_FILE = re.compile(r"files/([\w-]+)/([\w-]+)", re.ASCII)  # nothing that leads out of a folder
_PIECE = 1_000_000  # bytes
_DAMAGED = (  # what the ZIP library raises somewhere for bytes that it did not write
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, KeyError, ValueError, TypeError, RuntimeError,
)  # fmt: skip


class TableEntry(msgspec.Struct, frozen=True):
    """What a backup holds of one table."""

    name: str
    columns: dict[str, str]  # kind by name
    rows: int
    sha256: str  # of the lines
    given: dict[
        str, int
    ]  # by the column that counts up, if there is one, the largest number that it ever gave


class FilesEntry(msgspec.Struct, frozen=True):
    """What a backup holds of files."""

    n: int
    size: int  # bytes
    sha256: str  # of the names and contents, in order
    lost: int = 0  # that rows name and the store has not


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds, and of what."""

    format: int
    noria: str  # version
    revision: str  # of the tables
    made_at: datetime
    tables: list[TableEntry]  # in an order in which they can be filled
    files: FilesEntry

    def rows(self, table: str) -> int:
        return sum(entry.rows for entry in self.tables if entry.name == table)


class _Made(msgspec.Struct):
    """The part of a manifest that stays as it is in all formats."""

    format: int
    noria: str
    revision: str


class Writer:
    """A backup that is being made."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip = archive
        self._files = hashlib.sha256()
        self._n = self._size = self._lost = 0

    def table(
        self, name: str, kinds: dict[str, str], rows: Iterable[Iterable[Any]], given: dict[str, int]
    ) -> TableEntry:
        digest, n = hashlib.sha256(), 0
        with self._zip.open(f"tables/{name}.jsonl", "w", force_zip64=True) as stream:
            for row in rows:
                line = json.dumps(list(row), separators=(",", ":"), default=columns.to_json).encode() + b"\n"
                digest.update(line)
                stream.write(line)
                n += 1
        return TableEntry(name, kinds, n, digest.hexdigest(), given)

    def file(self, function_id: str, sample_id: str, content: bytes) -> None:
        name = f"files/{function_id}/{sample_id}"
        self._zip.writestr(name, content, zipfile.ZIP_STORED)  # images are compressed as they are
        _add(self._files, name, content)
        self._n += 1
        self._size += len(content)

    def lost(self) -> None:
        """A file that a row names is not there."""
        self._lost += 1

    def finish(self, revision: str, noria: str, made_at: datetime, tables: list[TableEntry]) -> Manifest:
        files = FilesEntry(self._n, self._size, self._files.hexdigest(), self._lost)
        manifest = Manifest(FORMAT, noria, revision, made_at, tables, files)
        self._zip.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        return manifest


class Reader:
    """A whole backup: its checksums have been compared."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._zip = archive
        self.manifest = manifest

    def rows(self, table: TableEntry) -> Iterator[dict[str, Any]]:
        names, values = list(table.columns), columns.from_json(table.columns)
        with self._zip.open(f"tables/{table.name}.jsonl") as stream:
            for line in io.BufferedReader(stream, _PIECE):  # type: ignore[type-var]
                yield {
                    name: value(given)
                    for name, value, given in zip(names, values, json.loads(line), strict=True)
                }

    def files(self) -> Iterator[File]:
        for name in self._zip.namelist():
            if found := _FILE.fullmatch(name):
                yield found[1], found[2], self._zip.read(name)

    def verify(self) -> None:
        """Raises BackupDamaged where anything is not what was written."""
        expected = {_MANIFEST, *(f"tables/{table.name}.jsonl" for table in self.manifest.tables)}
        found = [name for name in self._zip.namelist() if not _FILE.fullmatch(name)]
        if sorted(found) != sorted(expected):
            raise BackupDamaged
        for table in self.manifest.tables:
            if self._digest(f"tables/{table.name}.jsonl") != (table.sha256, table.rows):
                raise BackupDamaged
        digest, n, size = hashlib.sha256(), 0, 0
        for function_id, sample_id, content in self.files():
            _add(digest, f"files/{function_id}/{sample_id}", content)
            n += 1
            size += len(content)
        files = self.manifest.files
        if (n, size, digest.hexdigest()) != (files.n, files.size, files.sha256):
            raise BackupDamaged

    def _digest(self, name: str) -> tuple[str, int]:
        digest, lines = hashlib.sha256(), 0
        with self._zip.open(name) as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
                lines += piece.count(b"\n")
        return digest.hexdigest(), lines


@contextmanager
def new(path: Path) -> Iterator[Writer]:
    """A file that its owner alone can read; it has its name when it is whole and on disk, and else is gone.

    Raises BadInput where there is something already, or nothing can be written.
    """
    if path.exists():
        raise BadInput(f"There is {path} already. Choose another name for the backup.")
    unfinished = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")
    try:
        with open(os.open(unfinished, os.O_CREAT | os.O_RDWR | os.O_EXCL, 0o600), "w+b") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                yield Writer(archive)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except OSError as problem:
        raise BadInput(f"The backup {path} can't be written ({problem.strerror or problem}).") from None
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


@contextmanager
def opened(path: Path, known: Iterable[str]) -> Iterator[Reader]:
    """A backup to read, once all of it has been compared with its checksums.

    known: the revisions that this Noria can bring up to date. Raises BadInput, BackupDamaged, BackupTooNew.
    """
    try:
        stream = path.open("rb")
    except OSError as problem:
        raise BadInput(f"The backup {path} can't be read ({problem.strerror}).") from None
    with stream:
        try:
            archive = zipfile.ZipFile(stream)
            reader = Reader(archive, _manifest(archive, known))
            reader.verify()
        except _DAMAGED:
            raise BackupDamaged from None
        yield reader


def _manifest(archive: zipfile.ZipFile, known: Iterable[str]) -> Manifest:
    """Raises BackupTooNew."""
    text = archive.read(_MANIFEST)
    made = msgspec.json.decode(text, type=_Made)
    if made.format != FORMAT or made.revision not in set(known):
        raise BackupTooNew(made_by=made.noria)
    return msgspec.json.decode(text, type=Manifest)


def _add(digest: Any, name: str, content: bytes) -> None:
    digest.update(f"{name} {len(content)}\n".encode())
    digest.update(content)
