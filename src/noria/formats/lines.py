"""Lines of a text file, whatever its encoding and however long they are."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from noria.errors import BadInput

MAX_LINE = 30_000_000  # characters: the largest image as base64
BROKEN = "\udcff"  # stands for bytes that are no character
NOT_TEXT = "is not in {encoding}. Save the file as UTF-8, or say its encoding."
_HEAD = 4096
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class TooLong(Exception):
    """A line that was passed over."""


def _mark(problem: UnicodeError) -> tuple[str, int]:
    assert isinstance(problem, UnicodeDecodeError)
    return BROKEN, problem.end


codecs.register_error("noria.mark", _mark)


def encoding_of(stream: BinaryIO, said: str | None = None) -> str:
    """By the mark at its beginning, else what was said, else UTF-8. Raises BadInput for what is no text."""
    stream.seek(0)
    head = stream.read(_HEAD)
    stream.seek(0)
    if not head.strip():
        raise BadInput("The file is empty. Choose one with a row for each sample.")
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    encoding = _known(said) if said else "utf-8"
    if not encoding.startswith(("utf-16", "utf-32")) and head.count(b"\0") > len(head) // 20:
        raise BadInput("This is not a text file, or one in UTF-16 without a mark. Save it as UTF-8.")
    return encoding


class Lines(Iterator[str]):
    """Lines with their ends, counted as an editor counts them.

    Bytes that are no character of the encoding become BROKEN. Raises TooLong, and goes on behind that line.
    """

    def __init__(self, stream: BinaryIO, encoding: str, newline: str = "", room: int = MAX_LINE) -> None:
        """newline: as of `open`: "\\n" for no other line ends than this. room: characters between two `begin`."""
        stream.seek(0)
        self._text = io.TextIOWrapper(stream, encoding, errors="noria.mark", newline=newline)
        self._room = room
        self._used = 0
        self.number = 0  # of the last line

    def begin(self) -> None:
        """A new row: it has all the room."""
        self._used = 0

    def __next__(self) -> str:
        left = self._room - self._used
        line = self._text.readline(left + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self._used += len(line)
        if self._used > self._room:
            while line and not line.endswith(("\n", "\r")):
                line = self._text.readline(_HEAD * 16)
            self._used = 0
            raise TooLong
        return line

    def close(self) -> None:
        """Let go of the stream, which stays open."""
        if not self._text.closed:
            self._text.detach()


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        b"".decode(name)
    except LookupError:
        raise BadInput(f"There is no text encoding “{encoding[:40]}”. Try utf-8 or windows-1252.") from None
    return name
