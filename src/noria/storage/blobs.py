"""Files of samples: the bytes of images, in a folder beside the database."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from noria.errors import FileLost

File = tuple[str, str, bytes]
"""Function id, sample id, content."""


class FolderBlobs:
    """One file a sample, under its own id, so that dropping one can never take another's.

    Files are written before the rows that name them and dropped after these: a process that dies in between
    leaves a file that nobody names, never a row without its file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, files: Iterable[File]) -> None:
        """Durable when it returns. Raises OSError."""
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
        """Let samples of another function have the files of this one's; durable when it returns.

        pairs: id of the sample that has the file, and of the other. It takes no room: the content is there once, until
        the last that has it is dropped. Raises FileLost, OSError.
        """
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
        """Raises FileLost."""
        try:
            return self._path(function_id, sample_id).read_bytes()
        except FileNotFoundError:
            raise FileLost(id=sample_id) from None

    def drop(self, function_id: str, sample_ids: Iterable[str]) -> None:
        """What isn't there is passed over."""
        for sample_id in sample_ids:
            with suppress(OSError):
                self._path(function_id, sample_id).unlink()

    def transfer(self, function_id: str, transfer_id: str) -> Path:
        """Where the file of an import or export is, or is to be; its folder is there. It goes with the function."""
        folder = self._folder / function_id / "transfers"
        folder.mkdir(0o700, parents=True, exist_ok=True)
        return folder / transfer_id

    def transfers(self) -> Iterator[tuple[str, str, Path]]:
        """Function id, transfer id and path of every file of imports and exports, half-written ones too."""
        for path in self._folder.glob("*/transfers/*"):
            yield path.parent.parent.name, path.name.removesuffix(".part"), path

    def drop_function(self, function_id: str) -> None:
        shutil.rmtree(self._folder / function_id, ignore_errors=True)

    def _path(self, function_id: str, sample_id: str) -> Path:
        return self._folder / function_id / sample_id[-2:] / sample_id


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
