"""A file that is being received."""

from typing import BinaryIO

from blake3 import blake3

from noria.storage import Draft

_CHUNK = 1_000_000  # bytes


class Incoming:
    """Written to disk as it comes; `digest` and `size` are of what came so far."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self._digest = blake3()
        self.size = 0

    @property
    def digest(self) -> bytes:
        return self._digest.digest()

    def write(self, chunk: bytes) -> None:
        self.draft.stream.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def copy(self, stream: BinaryIO) -> None:
        """All of another stream."""
        stream.seek(0)
        while chunk := stream.read(_CHUNK):
            self.write(chunk)

    def keep(self) -> None:
        """It came in full. Raises FilesAway, OSError."""
        self.draft.keep()

    def drop(self) -> None:
        self.draft.drop()
