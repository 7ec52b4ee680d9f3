"""The journal of this process, and those that other processes left in the same folder."""

import logging
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from noria.errors import Overloaded
from noria.storage.journal import batches, records
from noria.storage.journal.records import RecordFile
from noria.storage.sums import CaptureBatch

log = logging.getLogger("noria.journal")

_FILE_BYTES = 32_000_000  # of one file; those that were brought in make room
_ENDING = ".batches"
_DAMAGED = ".damaged"


class JournalFull(Overloaded):
    """The journal holds as much as it may, or the disk is nearly full: the answer goes out uncaptured."""


@dataclass(frozen=True, slots=True)
class JournalLimits:
    """Bytes that all journals in the folder may have together, and that must stay free on its disk."""

    size: int = 1_000_000_000
    free: int = 500_000_000


@dataclass(frozen=True, slots=True)
class Held:
    """What is in the journal of this process, and in those that it brings in for others."""

    captures: int
    bytes: int
    brought: int  # captures, since the process began


class Journal:
    """Batches in the order in which they were added, in files of a name that only this process has.

    A journal begins with the first batch that the database does not take, and has ended when it was brought in. As long
    as its process lives, a lock tells the others to leave it alone. Safe from any thread.
    """

    def __init__(self, folder: Path, limits: JournalLimits | None = None) -> None:
        """folder: made when it is needed, for its owner alone."""
        self._folder = folder
        self._limits = limits or JournalLimits()
        self._lock = threading.Lock()
        self._name: str | None = None
        self._mine: FileLock | None = None
        self._file: RecordFile | None = None
        self._files = 0
        self._captures = self._brought = 0

    def add(self, batch: CaptureBatch) -> None:
        """On disk when it returns. Raises JournalFull, for sums alone only where the disk is; OSError."""
        record = batches.to_bytes(batch)
        with self._lock:
            self._folder.mkdir(0o700, parents=True, exist_ok=True)
            self._must_have_room(len(record), bool(batch.captures))
            self._open().add(record, len(batch.captures))
            self._captures += len(batch.captures)

    @property
    def holds(self) -> bool:
        """Whether something was added that is not brought in yet."""
        return self._name is not None

    def held(self) -> Held:
        return Held(self._captures, self._bytes(), self._brought)

    def left_behind(self) -> list[str]:
        """Names of journals that wait in the folder, but for this process's own."""
        found = {path.name.partition("-")[0] for path in self._folder.glob(f"*{_ENDING}")}
        return sorted(found - {self._name})

    @contextmanager
    def taken(self, name: str) -> Iterator[bool]:
        """Whether this process may bring in that journal now; its own it always may."""
        if name == self._name:
            yield True
            return
        lock = FileLock(self._lock_file(name))
        try:
            lock.acquire(timeout=0)
        except (Timeout, OSError):
            yield False
            return
        try:
            yield True
        finally:
            if not self._of(name):
                self._lock_file(name).unlink(missing_ok=True)
            lock.release()

    def own(self) -> str | None:
        """The name of this process's journal, if it has one."""
        return self._name

    def first(self) -> Path | None:
        """The oldest file of this process's journal, which it may still write to."""
        with self._lock:
            files = self._of(self._name) if self._name else []
        return files[0] if files else None

    def files(self, name: str) -> list[Path]:
        """Those that are written to no more, in order; of its own journal, this process begins a new one."""
        with self._lock:
            if name == self._name and self._file is not None:
                self._end_file()
            return self._of(name)

    def adopted(self, path: Path) -> None:
        """Count what another process left there as held."""
        with self._lock:
            self._captures += records.counted(path)

    def brought(self, captures: int) -> None:
        """So many are in the database now."""
        with self._lock:
            self._captures -= captures
            self._brought += captures

    def drop(self, path: Path) -> None:
        """All of the file is in the database."""
        path.unlink()

    def keep_damaged(self, path: Path, captures: int) -> None:
        """For a person to look at; nothing reads it again. captures: about so many are left in it."""
        with suppress(OSError):
            path.rename(path.with_suffix(_DAMAGED))
        with self._lock:
            self._captures = max(0, self._captures - captures)

    def ended(self) -> bool:
        """Whether the journal of this process is empty: then it ends."""
        with self._lock:
            if self._name is None:
                return True
            if self._file is not None or self._of(self._name):
                return False
            self._end()
            self._captures = 0
            return True

    def close(self) -> None:
        """What is in it waits for the next start, or for another process with this folder."""
        with self._lock:
            if self._file is not None:
                self._end_file()
            if self._name is not None:
                left = self._of(self._name)
                self._end(keep_lock=bool(left))
                if left:
                    log.warning("captures wait in %s for the next start: %d", self._folder, self._captures)

    def _must_have_room(self, more: int, captures: bool) -> None:
        if shutil.disk_usage(self._folder).free - more < self._limits.free:
            raise JournalFull(free_mb=self._limits.free // 1_000_000)
        if captures and self._bytes() + more > self._limits.size:
            raise JournalFull(limit_mb=self._limits.size // 1_000_000)

    def _bytes(self) -> int:
        found = 0
        for path in self._folder.glob(f"*{_ENDING}"):
            with suppress(FileNotFoundError):
                found += path.stat().st_size
        return found

    def _open(self) -> RecordFile:
        if self._file is not None and (self._file.broken or self._file.size >= _FILE_BYTES):
            self._end_file()
        if self._name is None:
            self._name = secrets.token_hex(8)
            self._mine = FileLock(self._lock_file(self._name))
            self._mine.acquire(timeout=0)
        if self._file is None:
            self._files += 1
            self._file = RecordFile(self._folder / f"{self._name}-{self._files:06}{_ENDING}")
        return self._file

    def _end_file(self) -> None:
        assert self._file is not None
        self._file.close()
        self._file = None

    def _end(self, keep_lock: bool = False) -> None:
        assert self._name is not None
        assert self._mine is not None
        if not keep_lock:
            self._lock_file(self._name).unlink(missing_ok=True)
        self._mine.release()
        self._name, self._mine, self._files = None, None, 0

    def _of(self, name: str) -> list[Path]:
        return sorted(self._folder.glob(f"{name}-*{_ENDING}"))

    def _lock_file(self, name: str) -> Path:
        return self._folder / f"{name}.lock"
