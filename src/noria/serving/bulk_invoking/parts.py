"""The parts beside an output: what a run that was ended has left, and the next one goes on from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Self

from noria.errors import BadInput
from noria.serving.bulk_invoking.answering import Values
from noria.serving.bulk_invoking.folders import LOCK, Folder

_MANIFEST = "manifest.json"
_ANEW = "Ask for the same again, or begin anew with --anew, which removes them."


class Parts:
    """Of one run: a file for each chunk that is answered."""

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder = folder
        self._name = name
        self._there = folder.names()

    @classmethod
    @contextmanager
    def held(
        cls, beside: Folder, name: str, asked: Mapping[str, object], anew: bool = False
    ) -> Iterator[Self]:
        """name: of the folder beneath `beside`. asked: what all parts depend on, as JSON can hold it. anew: remove those
        that there are.

        Raises BadInput for parts of something else that was asked, and while another run holds them.
        """
        folder = beside.beneath(name)
        _must_be_parts(folder.names(), beside.address(name))
        with folder.held():
            parts = cls(folder, beside.address(name))
            if anew:
                parts._clear()
            parts._be_of(json.loads(json.dumps(asked)))
            yield parts

    def has(self, number: int) -> bool:
        return _file(number) in self._there

    def write(self, parts: Mapping[int, bytes]) -> None:
        """Of chunks, by their numbers: a line a row."""
        files = {_file(number): content for number, content in parts.items()}
        self._folder.write(files)
        self._there |= files.keys()

    def values(self) -> Iterator[Values]:
        """Of all rows, in their order. Raises BadInput for a part that is gone."""
        try:
            for content in self._folder.read_each(self._files()):
                for line in content.splitlines():
                    yield json.loads(line)
        except FileNotFoundError as gone:
            raise BadInput(
                f"A part is gone, perhaps because another run ended ({gone}). Run the same again."
            ) from None

    def remove(self) -> None:
        self._folder.remove()

    def _files(self) -> Iterator[str]:
        number = 0
        while self.has(number):
            yield _file(number)
            number += 1

    def _clear(self) -> None:
        self._folder.drop(self._there - {LOCK})
        self._there = set()

    def _be_of(self, asked: Mapping[str, object]) -> None:
        if _MANIFEST not in self._there:
            self._folder.write({_MANIFEST: json.dumps(asked, ensure_ascii=False, indent=1).encode()})
            return
        try:
            theirs = json.loads(self._folder.read(_MANIFEST))
        except ValueError:
            theirs = {}
        other = [name for name in asked if name not in theirs or theirs[name] != asked[name]]
        if other:
            words = ", ".join(name.replace("_", " ") for name in other)
            raise BadInput(f"The parts in {self._name} are of another run, with another {words}. {_ANEW}")


def part_of(values: Sequence[Values]) -> bytes:
    """What a part holds."""
    return b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in values)


def _file(number: int) -> str:
    return f"{number:08}.jsonl"


def _must_be_parts(names: set[str], where: str) -> None:
    """Raises BadInput for a folder of somebody's own: parts are removed in the end."""
    if names and not names & {_MANIFEST, LOCK}:
        raise BadInput(f"{where} is no folder of parts. Move it away, or name another output.")
