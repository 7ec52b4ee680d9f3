"""What a place for files can do: a folder and an object store alike."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import BinaryIO, Protocol

from noria.errors import Overloaded

File = tuple[str, str, bytes]
"""Function id, sample id, content."""


class Draft(Protocol):
    """A file of an import or export that is being written; nobody finds it before it is kept."""

    @property
    def stream(self) -> BinaryIO:
        """To write, and to read again."""
        ...

    def keep(self) -> None:
        """Durable, and there for every process, when it returns. Raises FilesAway, OSError."""
        ...

    def drop(self) -> None:
        """It is not wanted, whether it was kept or not."""
        ...


class Blobs(Protocol):
    """One file a sample, under its own id, so that dropping one can never take another's.

    Files are written before the rows that name them and dropped after these: a process that dies in between
    leaves a file that nobody names, never a row without its file. Safe from any thread.
    """

    @property
    def away(self) -> bool:
        """Whether it is known not to answer."""
        ...

    @property
    def refusal(self) -> Overloaded | None:
        """Why it takes no more files, as a full disk; None for one that does, or is `away`."""
        ...

    def look(self) -> None:
        """See whether what was refused is taken again."""
        ...

    def check(self) -> None:
        """Try everything that is needed of the place, once. Raises FilesUnusable."""
        ...

    def put(self, files: Iterable[File]) -> None:
        """Durable when it returns. Raises FilesAway, StorageFull, StorageReadOnly, OSError."""
        ...

    def link(self, function_id: str, into: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Let samples of another function have the files of this one's; durable when it returns.

        pairs: id of the sample that has the file, and of the other. Each drops its own. Raises FileLost, FilesAway, OSError.
        """
        ...

    def get(self, function_id: str, sample_id: str) -> bytes:
        """Raises FileLost, FilesAway."""
        ...

    def get_each(self, function_id: str, sample_ids: Iterable[str]) -> Iterator[bytes]:
        """In this order, some read ahead. Raises FileLost, FilesAway."""
        ...

    def drop(self, function_id: str, sample_ids: Iterable[str]) -> None:
        """What isn't there is passed over; what can't be dropped now is tried again as long as the process lives."""
        ...

    def drop_function(self, function_id: str) -> None:
        """All files of a function, those of its imports and exports too."""
        ...

    def draft_transfer(self, function_id: str, transfer_id: str) -> Draft:
        """The file of an import or export, to be written. It goes with the function."""
        ...

    def open_transfer(self, function_id: str, transfer_id: str) -> AbstractContextManager[BinaryIO]:
        """The file, to be read at any place of it. Raises FileLost, FilesAway."""
        ...

    def stream_transfer(self, function_id: str, transfer_id: str) -> tuple[int, Iterator[bytes]]:
        """Size in bytes and content, piece by piece. Raises FileLost, FilesAway."""
        ...

    def drop_transfer(self, function_id: str, transfer_id: str) -> None:
        """What isn't there is passed over."""
        ...

    def transfers(self) -> Iterator[tuple[str, str, datetime]]:
        """Function id, transfer id and time of the last write of every such file, half-written ones too."""
        ...

    def close(self) -> None: ...
