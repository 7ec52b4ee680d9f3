"""The folder of parts beside an output: what a run that was ended has left, and the next one goes on from."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from noria.errors import BadInput
from noria.serving.bulk_invoking.answering import Values

_MANIFEST, _LOCK = "manifest.json", "lock"
_ANEW = "Ask for the same again, or begin anew with --anew, which removes them."


class Parts:
    """Held by one run at a time."""

    def __init__(self, folder: Path, lock: FileLock) -> None:
        self.folder = folder
        self._lock = lock

    @classmethod
    def open(cls, folder: Path, asked: Mapping[str, object], anew: bool = False) -> Self:
        """asked: what all parts depend on, as JSON can hold it. anew: remove those that there are.

        Raises BadInput for parts of something else that was asked, and while another run holds them.
        """
        _must_be_parts(folder)
        folder.mkdir(exist_ok=True)
        lock = FileLock(folder / _LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise BadInput(f"Another run is at work in {folder}. Wait for it, or end it.") from None
        parts = cls(folder, lock)
        try:
            if anew:
                parts._clear()
            parts._be_of(json.loads(json.dumps(asked)))
        except BaseException:
            parts.close()
            raise
        return parts

    def path(self, number: int) -> Path:
        """Of a chunk's part, finished or not."""
        return self.folder / f"{number:08}.jsonl"

    def has(self, number: int) -> bool:
        return self.path(number).exists()

    def values(self) -> Iterator[Values]:
        """Of all rows, in their order."""
        number = 0
        while self.has(number):
            with self.path(number).open("rb") as lines:
                for line in lines:
                    yield json.loads(line)
            number += 1

    def remove(self) -> None:
        """The folder with all that is in it."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _clear(self) -> None:
        for file in self.folder.iterdir():
            if file.name != _LOCK:
                file.unlink()

    def _be_of(self, asked: Mapping[str, object]) -> None:
        manifest = self.folder / _MANIFEST
        if not manifest.exists():
            write_whole(manifest, json.dumps(asked, ensure_ascii=False, indent=1).encode())
            return
        try:
            theirs = json.loads(manifest.read_bytes())
        except ValueError:
            theirs = {}
        other = [name for name in asked if name not in theirs or theirs[name] != asked[name]]
        if other:
            words = ", ".join(name.replace("_", " ") for name in other)
            raise BadInput(f"The parts in {self.folder} are of another run, with another {words}. {_ANEW}")


def write_part(path: Path, values: Sequence[Values]) -> None:
    """A line a row; the part is there in full or not at all."""
    write_whole(path, b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in values))


def write_whole(path: Path, content: bytes) -> None:
    """Under a name of this process first, so that an end at any moment leaves nothing half-written under `path`."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    with temporary.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)


def _must_be_parts(folder: Path) -> None:
    """Raises BadInput for a folder of somebody's own: parts are removed in the end."""
    if not folder.exists():
        return
    names = {file.name for file in folder.iterdir()} if folder.is_dir() else {""}
    if names and not names & {_MANIFEST, _LOCK}:
        raise BadInput(f"{folder} is no folder of parts. Move it away, or name another output.")
