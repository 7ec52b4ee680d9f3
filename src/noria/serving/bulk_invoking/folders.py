"""Where the files of a run are: in a folder, or beneath an address in an object store."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol, Self, cast
from urllib.parse import unquote, urlsplit

from filelock import FileLock, Timeout

from noria.errors import BadInput
from noria.storage.blobs import Bucket

LOCK = "lock"
_STORES = ("s3", "gs", "az")
_AT_ONCE = 8  # requests of one run to a store


class Folder(Protocol):
    """Plain values, which go to any process; the same for a folder and a store. All raise FilesUnusable of a store."""

    def beneath(self, name: str) -> Self: ...

    def address(self, name: str) -> str:
        """Of a file, as people write it."""
        ...

    def is_there(self) -> bool:
        """Whether files can be written to it."""
        ...

    def names(self) -> set[str]:
        """Of its files; none where there is no such folder."""
        ...

    def facts(self, name: str) -> Mapping[str, object] | None:
        """What tells one content of a file from another, `bytes` among it; None where there is no such file."""
        ...

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """To be read here and there. Raises BadInput where there is no such file."""
        ...

    def read(self, name: str) -> bytes:
        """Raises FileNotFoundError."""
        ...

    def read_each(self, names: Iterable[str]) -> Iterator[bytes]:
        """In this order. Raises FileNotFoundError."""
        ...

    def write(self, files: Mapping[str, bytes]) -> None:
        """Each is there in full or not at all, and stays."""
        ...

    def draft(self, name: str, aside: str) -> AbstractContextManager[BinaryIO]:
        """A file that is seen under its name once all of it is written. aside: the name of a folder beneath, for the unfinished."""
        ...

    def held(self) -> AbstractContextManager[object]:
        """By one run at a time, where that can be told. Raises BadInput while another run has it."""
        ...

    def drop(self, names: Iterable[str]) -> None: ...

    def remove(self) -> None:
        """It, with all that is in it."""
        ...


def folder_of(address: str) -> tuple[Folder, str]:
    """Where a file is, and its name there. address: a path, `file:///…`, `s3://bucket/…`, `gs://…` or `az://…`.

    Raises BadInput, FilesUnusable.

    >>> folder_of("s3://bucket/some/in.csv")
    (StoreFolder(url='s3://bucket/some'), 'in.csv')
    >>> folder_of("some/in.csv")[1]
    'in.csv'
    """
    if "://" in address:
        parts = urlsplit(address)
        if parts.scheme != "file":
            url, _, name = address.rpartition("/")
            if parts.scheme not in _STORES or not parts.netloc or not parts.path.strip("/") or not name:
                raise BadInput(f"{address} is no path, and no address such as s3://bucket/file.parquet.")
            return StoreFolder(url), name
        address = unquote(parts.path)
    path = Path(address).absolute()
    return LocalFolder(path.parent), path.name


@dataclass(frozen=True, slots=True)
class LocalFolder:
    path: Path

    def beneath(self, name: str) -> Self:
        return type(self)(self.path / name)

    def address(self, name: str) -> str:
        return str(self.path / name)

    def is_there(self) -> bool:
        return self.path.is_dir()

    def names(self) -> set[str]:
        if not self.path.exists():
            return set()
        return {file.name for file in self.path.iterdir()} if self.path.is_dir() else {self.path.name}

    def facts(self, name: str) -> Mapping[str, object] | None:
        file = self.path / name
        if "\0" in name or not file.is_file():
            return None
        about = file.stat()
        return {"name": name, "bytes": about.st_size, "changed_ns": about.st_mtime_ns}

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        if self.facts(name) is None:
            raise BadInput(f"There is no file {self.address(name)}.")
        with (self.path / name).open("rb") as stream:
            yield stream

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def read_each(self, names: Iterable[str]) -> Iterator[bytes]:
        return map(self.read, names)

    def write(self, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            unfinished = self.path / f"{name}.{os.getpid()}"
            with unfinished.open("wb") as out:
                out.write(content)
                _sync(out)
            unfinished.replace(self.path / name)

    @contextmanager
    def draft(self, name: str, aside: str) -> Iterator[BinaryIO]:
        unfinished = self.path / aside / name
        with unfinished.open("wb") as out:
            yield out
            _sync(out)
        unfinished.replace(self.path / name)

    @contextmanager
    def held(self) -> Iterator[None]:
        self.path.mkdir(exist_ok=True)
        lock = FileLock(self.path / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise BadInput(f"Another run is at work in {self.path}. Wait for it, or end it.") from None
        try:
            yield
        finally:
            lock.release()

    def drop(self, names: Iterable[str]) -> None:
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class StoreFolder:
    """A prefix. Two runs with the same output do the same work twice, and neither takes from the other before its own end: a lock
    in a store would outlive a run that was killed.
    """

    url: str

    def beneath(self, name: str) -> Self:
        return type(self)(f"{self.url}/{name}")

    def address(self, name: str) -> str:
        return f"{self.url}/{name}"

    def is_there(self) -> bool:
        """Always: its bucket is told of when it is first asked."""
        return True

    def names(self) -> set[str]:
        return _bucket(self.url).names()

    def facts(self, name: str) -> Mapping[str, object] | None:
        version = _bucket(self.url).version(name)
        if version is None:
            return None
        changed = {"tag": version.tag} if version.tag else {"changed": version.changed_s}
        return {"name": name, "bytes": version.bytes, **changed}

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A copy on this machine: a table is read twice, and Parquet here and there."""
        bucket = _bucket(self.url)
        version = bucket.version(name)
        if version is None:
            raise BadInput(f"There is no file {self.address(name)}.")
        with tempfile.TemporaryFile() as stream:
            bucket.download(name, version, cast(BinaryIO, stream))
            stream.seek(0)
            yield cast(BinaryIO, stream)

    def read(self, name: str) -> bytes:
        content = _bucket(self.url).read(name)
        if content is None:
            raise FileNotFoundError(self.address(name))
        return content

    def read_each(self, names: Iterable[str]) -> Iterator[bytes]:
        wanted = list(names)
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="files") as pool:
            for start in range(0, len(wanted), _AT_ONCE):  # no more than these are in memory
                yield from pool.map(self.read, wanted[start : start + _AT_ONCE])

    def write(self, files: Mapping[str, bytes]) -> None:
        bucket = _bucket(self.url)
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="files") as pool:
            for _ in pool.map(bucket.write, files.keys(), files.values()):
                pass

    @contextmanager
    def draft(self, name: str, aside: str) -> Iterator[BinaryIO]:
        """A temporary file of this machine, uploaded in the end."""
        with tempfile.TemporaryFile() as stream:
            yield cast(BinaryIO, stream)
            stream.flush()
            _bucket(self.url).upload(name, cast(BinaryIO, stream))

    def held(self) -> AbstractContextManager[object]:
        return nullcontext()

    def drop(self, names: Iterable[str]) -> None:
        _bucket(self.url).drop(names)

    def remove(self) -> None:
        self.drop(self.names())


@lru_cache(maxsize=16)
def _bucket(url: str) -> Bucket:
    """One for each folder in a process, with its connections."""
    return Bucket(url)


def _sync(out: BinaryIO) -> None:
    out.flush()
    os.fsync(out.fileno())
