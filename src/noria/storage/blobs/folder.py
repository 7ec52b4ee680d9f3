"""Files in a folder: beside the database, or on a file system that servers share.

The object stores' library has a folder among its stores; that one syncs neither files nor names and has no links.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast
from uuid import uuid4

from noria.errors import FileLost, Overloaded
from noria.storage import unusable
from noria.storage.blobs.contract import Draft, File

_PIECE = 1_000_000  # bytes
_UNFINISHED = ".part"


class FolderBlobs:
    """`<function>/<end of the sample's id>/<sample>`, and `<function>/transfers/<transfer>`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.refusal: Overloaded | None = None

    away = False

    def look(self) -> None:
        """A megabyte is written, so that a place that has room for little is not taken to be well."""
        with suppress(OSError, Overloaded), self._taking():
            self._folder.mkdir(0o700, parents=True, exist_ok=True)
            probe = self._folder / f".{uuid4().hex}"
            _write(probe, bytes(_PIECE))
            probe.unlink()
            self.refusal = None

    def put(self, files: Iterable[File]) -> None:
        with self._taking():
            self._put(files)

    def _put(self, files: Iterable[File]) -> None:
        folders = set()
        for function_id, sample_id, content in files:
            path = self._path(function_id, sample_id)
            if not path.parent.is_dir():
                path.parent.mkdir(0o700, parents=True, exist_ok=True)
                folders |= {path.parent.parent, self._folder, self._folder.parent}
            _write(path, content)
            folders.add(path.parent)
        for folder in folders:
            _sync(folder)

    def link(self, function_id: str, into: str, pairs: Iterable[tuple[str, str]]) -> None:
        """It takes no room: the content is there once, until the last that has it is dropped."""
        folders = set()
        for sample_id, other_id in pairs:
            path, other = self._path(function_id, sample_id), self._path(into, other_id)
            other.parent.mkdir(0o700, parents=True, exist_ok=True)
            folders |= {other.parent, other.parent.parent, self._folder}
            try:
                os.link(path, other)
            except FileNotFoundError:
                raise FileLost(id=sample_id) from None
            except OSError:  # a file system without links
                _write(other, path.read_bytes())
        for folder in folders:
            _sync(folder)

    def get(self, function_id: str, sample_id: str) -> bytes:
        try:
            return self._path(function_id, sample_id).read_bytes()
        except FileNotFoundError:
            raise FileLost(id=sample_id) from None

    def get_each(self, function_id: str, sample_ids: Iterable[str]) -> Iterator[bytes]:
        return (self.get(function_id, sample_id) for sample_id in sample_ids)

    def drop(self, function_id: str, sample_ids: Iterable[str]) -> None:
        for sample_id in sample_ids:
            with suppress(OSError):
                self._path(function_id, sample_id).unlink()

    def draft_transfer(self, function_id: str, transfer_id: str) -> Draft:
        path = self._transfer(function_id, transfer_id)
        with self._taking():
            path.parent.mkdir(0o700, parents=True, exist_ok=True)
            return _FileDraft(path)

    @contextmanager
    def open_transfer(self, function_id: str, transfer_id: str) -> Iterator[BinaryIO]:
        try:
            stream = self._transfer(function_id, transfer_id).open("rb")
        except FileNotFoundError:
            raise FileLost(id=transfer_id) from None
        with stream:
            yield stream

    def stream_transfer(self, function_id: str, transfer_id: str) -> tuple[int, Iterator[bytes]]:
        path = self._transfer(function_id, transfer_id)
        try:
            return path.stat().st_size, _pieces(path)
        except FileNotFoundError:
            raise FileLost(id=transfer_id) from None

    def drop_transfer(self, function_id: str, transfer_id: str) -> None:
        path = self._transfer(function_id, transfer_id)
        for each in (path, _unfinished(path)):
            each.unlink(missing_ok=True)

    def transfers(self) -> Iterator[tuple[str, str, datetime]]:
        for path in self._folder.glob("*/transfers/*"):
            with suppress(FileNotFoundError):
                written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                yield path.parent.parent.name, path.name.removesuffix(_UNFINISHED), written

    def drop_function(self, function_id: str) -> None:
        shutil.rmtree(self._folder / function_id, ignore_errors=True)

    def close(self) -> None:
        """Nothing is held open."""

    @contextmanager
    def _taking(self) -> Iterator[None]:
        """Raises StorageFull, StorageReadOnly where that is why something can't be written."""
        try:
            yield
        except OSError as problem:
            if (refusal := unusable.refusal(problem)) is None:
                raise
            self.refusal = refusal
            raise refusal from problem

    def check(self) -> None:
        """Nothing: the folder is made when the first file comes, and a full disk is told then."""

    def _transfer(self, function_id: str, transfer_id: str) -> Path:
        return self._folder / function_id / "transfers" / transfer_id

    def _path(self, function_id: str, sample_id: str) -> Path:
        return self._folder / function_id / sample_id[-2:] / sample_id


class _FileDraft:
    """Beside its place, under another name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = False
        self.stream = cast(BinaryIO, _unfinished(path).open("w+b"))

    def keep(self) -> None:
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()
        _unfinished(self._path).replace(self._path)
        self._kept = True
        _sync(self._path.parent)

    def drop(self) -> None:
        self.stream.close()
        (self._path if self._kept else _unfinished(self._path)).unlink(missing_ok=True)


def _unfinished(path: Path) -> Path:
    return path.with_name(f"{path.name}{_UNFINISHED}")


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{uuid4().hex}")
    try:
        with open(os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


def _sync(folder: Path) -> None:
    """Make new names in this folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
