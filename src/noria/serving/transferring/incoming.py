"""A file that is being received."""

from pathlib import Path
from typing import BinaryIO

from blake3 import blake3

_CHUNK = 1_000_000  # bytes


class Incoming:
    """Written to disk as it comes; `digest` and `size` are of what came so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unfinished = path.with_name(f"{path.name}.part")
        self._stream = self._unfinished.open("xb")
        self._digest = blake3()
        self.size = 0

    @property
    def digest(self) -> bytes:
        return self._digest.digest()

    def write(self, chunk: bytes) -> None:
        self._stream.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def copy(self, stream: BinaryIO) -> None:
        """All of another stream."""
        stream.seek(0)
        while chunk := stream.read(_CHUNK):
            self.write(chunk)

    def keep(self) -> None:
        """It came in full."""
        self._stream.close()
        self._unfinished.replace(self.path)

    def drop(self) -> None:
        self._stream.close()
        self._unfinished.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
