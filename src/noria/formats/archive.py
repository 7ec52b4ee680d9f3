"""ZIP archives that may come from anybody: nothing is unpacked to disk by name, and none takes more than it is allowed."""

import stat
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, BinaryIO

from noria.errors import BadInput

MAX_ENTRIES = 200_000
MAX_RATIO = 100  # unpacked bytes for each byte of the archive, …
FREE_BYTES = 1_000_000_000  # … when it unpacks to more than this
_MAX_DIRECTORY = 100_000_000  # bytes of the list of files, which is read as one
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"
_LEFT_OUT = ("__MACOSX", "Thumbs.db", "desktop.ini")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst")

# What zipfile and its decompressors raise on damaged or hostile archives; some of it is not theirs to raise.
_TROUBLES = (
    zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError, struct.error, OverflowError,
)  # fmt: skip


class Archive:
    """The files of a ZIP archive, one open at a time."""

    def __init__(self, stream: BinaryIO) -> None:
        """Raises BadInput."""
        size = stream.seek(0, 2)
        _check_directory(stream, size)
        try:
            self._zip = zipfile.ZipFile(stream)
        except _TROUBLES:
            raise BadInput("This is no ZIP archive, or a damaged one. Pack the folders again.") from None
        every = self._zip.infolist()
        if len(every) > MAX_ENTRIES:
            raise BadInput(f"The archive has more than {MAX_ENTRIES:,} files. Import it in parts.")
        if sum(entry.compress_size for entry in every) > size:
            raise BadInput("Files of the archive share their bytes, as only harmful archives do.")
        unpacked = sum(entry.file_size for entry in every)
        if unpacked > max(FREE_BYTES, MAX_RATIO * size):
            raise BadInput(
                f"The archive unpacks to {unpacked / 1e9:,.0f} GB, more than {MAX_RATIO} times its size. "
                "Import what is in it in parts."
            )
        self.entries = [e for e in every if not e.is_dir() and not _left_out(PurePosixPath(e.filename))]

    def __len__(self) -> int:
        return len(self.entries)

    @contextmanager
    def open(self, entry: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
        """Raises BadInput for one that is encrypted or damaged, also while it is read."""
        try:
            with self._zip.open(entry) as stream:
                yield stream
        except BadInput:
            raise
        except _TROUBLES as problem:
            raise BadInput(f"can't be unpacked: {problem}.") from None
        except Exception as problem:  # what a decompressor raises of its own
            raise BadInput(f"can't be unpacked: {type(problem).__name__}.") from None

    def read(self, entry: zipfile.ZipInfo, limit: int) -> bytes:
        """The whole file. Raises BadInput for one of more than `limit` bytes, encrypted or damaged."""
        if entry.file_size > limit:
            raise BadInput(f"has {entry.file_size:,} bytes; at most {limit:,} are taken.")
        with self.open(entry) as stream:
            return stream.read(limit + 1)[:limit]


def wrong_with(entry: zipfile.ZipInfo) -> str | None:
    """Why a file can't be taken, whatever is in it."""
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename:
        return "has a name that leads out of the archive."
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link and no file."
    if entry.flag_bits & 1:
        return "is encrypted. Pack it without a password."
    if path.suffix.lower() in _ARCHIVES:
        return "is an archive in the archive. Unpack it first."
    return None


def _check_directory(stream: BinaryIO, size: int) -> None:
    """Refuse a list of files that would not fit into memory, before it is read."""
    stream.seek(max(0, size - 70_000))
    tail = stream.read()
    stream.seek(0)
    end, end_64 = tail.rfind(_END), tail.rfind(_END_64)
    length = count = 0
    if end >= 0 and len(tail) >= end + 22:
        count, length = struct.unpack("<HI", tail[end + 10 : end + 16])
    if end_64 >= 0 and len(tail) >= end_64 + 56:
        count_64, length_64 = struct.unpack("<QQ", tail[end_64 + 32 : end_64 + 48])
        count, length = max(count, count_64), max(length & 0x7FFFFFFF, length_64)
    if length > _MAX_DIRECTORY or (count > MAX_ENTRIES and end_64 >= 0):
        raise BadInput(f"The archive has more than {MAX_ENTRIES:,} files. Import it in parts.")


def _left_out(path: PurePosixPath) -> bool:
    """What systems put beside the files that are meant."""
    return any(part in _LEFT_OUT or (part.startswith(".") and part != "..") for part in path.parts)
