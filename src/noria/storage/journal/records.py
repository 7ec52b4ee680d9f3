"""Files of records: each with its length and checksum, synced before anybody is told that it is there."""

import logging
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

log = logging.getLogger("noria.journal")

_MAGIC = b"noria journal 1\n"
_HEAD = struct.Struct("<III")  # length and checksum of what follows, and how many captures are in it


class RecordFile:
    """One that is written to. A record that could not be written whole leaves nothing behind, or ends the file."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self.path = path
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
        self._file = os.open(path, flags, 0o600)  # it holds what people sent
        self.size = 0
        self.broken = False
        self._write(_MAGIC)
        _sync_folder(path.parent)

    def add(self, record: bytes, captures: int) -> None:
        """On disk when it returns. Raises OSError."""
        self._write(_HEAD.pack(len(record), zlib.crc32(record), captures) + record)

    def close(self) -> None:
        os.close(self._file)

    def _write(self, data: bytes) -> None:
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, data[written:])
            os.fsync(self._file)
        except OSError:
            self.broken = True
            with suppress(OSError):
                os.ftruncate(self._file, self.size)
                os.lseek(self._file, self.size, os.SEEK_SET)
                self.broken = False
            raise
        self.size += len(data)


def read(path: Path) -> Iterator[tuple[bytes, int]]:
    """Records with their numbers of captures, in order; ends before one that is torn or damaged, and says so."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            if size > len(_MAGIC):
                log.error("%s is no journal of this version of Noria; it is left alone", path)
                raise Unreadable
            return
        while head := file.read(_HEAD.size):
            record = b""
            if len(head) == _HEAD.size:
                length, checksum, captures = _HEAD.unpack(head)
                record = file.read(min(length, size))
                if len(record) == length and zlib.crc32(record) == checksum:
                    yield record, captures
                    continue
            if not file.read(1):
                log.warning("the last record of %s is torn and is left out: nobody was told of it", path)
                return
            log.error(
                "%s is damaged %d bytes before its end; what follows is left there", path, size - file.tell()
            )
            raise Unreadable


def counted(path: Path) -> int:
    """Captures in a file, as its records say of themselves."""
    found, size = 0, path.stat().st_size
    with path.open("rb") as file:
        file.seek(len(_MAGIC))
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, _, captures = _HEAD.unpack(head)
            if file.tell() + length > size:
                break
            found += captures
            file.seek(length, os.SEEK_CUR)
    return found


class Unreadable(Exception):
    """A file whose rest can't be brought in, and must not be deleted."""


def _sync_folder(folder: Path) -> None:
    """A new name is on disk, too."""
    with suppress(OSError):  # not every system opens folders
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
