"""Images in a ZIP archive with a folder for each label."""

import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from noria.encoders.images import MAX_IMAGE_BYTES
from noria.errors import BadInput
from noria.serving.limits import MAX_NAME

MAX_ENTRIES = 200_000
_LEFT_OUT = ("__MACOSX", ".", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class Picture:
    """One file of the archive; its label is the folder it lies in, none at the top."""

    name: str  # with its folders
    label: str | None


class Archive:
    """Read one picture at a time, so that a large archive takes no more memory than a small one. Safe from any thread."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises BadInput."""
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
            raise BadInput("This is no ZIP archive, or a damaged one. Pack the folders again.") from None
        if len(self._zip.infolist()) > MAX_ENTRIES:
            raise BadInput(f"The archive has more than {MAX_ENTRIES:,} files. Import it in parts.")
        self._turn = threading.Lock()
        self._entries = {
            entry.filename: entry
            for entry in self._zip.infolist()
            if not entry.is_dir() and not any(_left_out(p) for p in PurePosixPath(entry.filename).parts)
        }

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Picture]:
        """In the order of their names, labels by turns: a cut-off import has some of each."""
        by_label: dict[str | None, list[Picture]] = {}
        for name in sorted(self._entries):
            folder = PurePosixPath(name).parent.name
            by_label.setdefault(folder[:MAX_NAME] or None, []).append(Picture(name, folder or None))
        longest = max(map(len, by_label.values()), default=0)
        for i in range(longest):
            yield from (some[i] for some in by_label.values() if i < len(some))

    def read(self, picture: Picture) -> bytes:
        """The file's content. Raises BadInput for one that is too large, encrypted or damaged."""
        entry = self._entries[picture.name]
        if entry.file_size > MAX_IMAGE_BYTES:
            raise BadInput(f"It has {entry.file_size:,} bytes; at most {MAX_IMAGE_BYTES:,} are taken.")
        try:
            with self._turn, self._zip.open(entry) as stream:
                content = stream.read(MAX_IMAGE_BYTES + 1)
        except (
            zipfile.BadZipFile,
            OSError,
            ValueError,
            RuntimeError,
            NotImplementedError,
            EOFError,
        ) as problem:
            raise BadInput(f"It can't be unpacked: {problem}.") from None
        except Exception as problem:  # what a decompressor raises of its own
            raise BadInput(f"It can't be unpacked: {type(problem).__name__}.") from None
        if len(content) > MAX_IMAGE_BYTES:
            raise BadInput(f"It unpacks to more than {MAX_IMAGE_BYTES:,} bytes.")
        return content


def _left_out(part: str) -> bool:
    """What systems put beside the pictures."""
    return part in _LEFT_OUT or part.startswith(".")
