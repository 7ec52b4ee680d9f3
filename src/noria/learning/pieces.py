"""A long text in pieces: sentences and runs of words, of any script, never cut within what a reader sees as one character."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

MOST_PIECES = 16
_LONGEST = 160  # characters of a piece, more where the text is longer than so many of them
_LONGEST_WORD = 30  # characters; a run that is longer is of a script without blanks
_NEAR = 40  # characters in which a blank is looked for

_SENTENCE = re.compile(r"[.!?…؟۔։]+[\"'”’»)\]]*(?=\s)|[。！？｡．।॥]+[”’」』）]*|\n+")
_JOINERS = "\u200c\u200d"


class Span(NamedTuple):
    """Characters [start, end) of a text."""

    start: int
    end: int


def pieces(text: str, most: int = MOST_PIECES) -> tuple[Span, ...]:
    """Sentences of a text, long ones in parts and short ones together, at most so many, without blanks at their ends.

    >>> [text[a:b] for text in ["One. Two? Three"] for a, b in pieces(text)]
    ['One.', 'Two?', 'Three']
    """
    longest = max(_LONGEST, len(text) // most)
    sentences = _sentences(text)
    return tuple(_joined([part for each in sentences for part in _parts(text, each, longest)], most))


def words(text: str, piece: Span, most: int) -> tuple[Span, ...]:
    """A piece as runs of words, at most so many; without blanks to go by, of characters."""
    found = re.finditer(r"\S+", text[piece.start : piece.end])
    runs = [Span(piece.start + each.start(), piece.start + each.end()) for each in found]
    longest = max(2, -(-(piece.end - piece.start) // most))
    parts = [
        part
        for run in runs
        for part in ([run] if run.end - run.start <= _LONGEST_WORD else _parts(text, run, longest))
    ]
    return tuple(_joined(parts, most))


def without(text: str, span: Span) -> str:
    """The text with these characters left out."""
    return text[: span.start] + text[span.end :]


def _sentences(text: str) -> Iterator[Span]:
    start = 0
    for match in _SENTENCE.finditer(text):
        yield from _trimmed(text, start, match.end())
        start = match.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    """Without blanks at its ends; nothing where nothing else is in it."""
    said = text[start:end]
    if said.strip():
        yield Span(start + len(said) - len(said.lstrip()), start + len(said.rstrip()))


def _parts(text: str, span: Span, longest: int) -> Iterator[Span]:
    """About equally long parts of a span, cut at blanks where some are near."""
    length = span.end - span.start
    n, start = -(-length // longest), span.start
    for i in range(1, n):
        cut = min(_cut(text, start, span.start + round(i * length / n)), span.end)
        yield from _trimmed(text, start, cut)
        start = cut
    yield from _trimmed(text, start, span.end)


def _cut(text: str, after: int, near: int) -> int:
    """Behind `after`: the last blank before `near`, if one is not far, else between two characters."""
    least = max(after + 1, near - _NEAR)
    blank = max(text.rfind(each, least, near) for each in " \n\t\u3000")
    cut = blank if blank >= 0 else max(near, after + 1)
    while not _parted(text, cut):
        cut += 1
    return cut


def _parted(text: str, at: int) -> bool:
    """Whether a reader sees a character end here."""
    if not 0 < at < len(text):
        return True
    before, after = text[at - 1], text[at]
    if unicodedata.category(after) in ("Mn", "Mc", "Me") or before in _JOINERS or after in _JOINERS:
        return False
    return not _go_together(before, after)


def _go_together(before: str, after: str) -> bool:
    """Flags of two letters, skin tones, Hangul in single letters, half surrogate pairs, ends of lines."""
    flags = "\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff"
    tones = "\U0001f3fb" <= after <= "\U0001f3ff"
    letters = "\u1160" <= after <= "\u11ff"
    halves = "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff"
    return flags or tones or letters or halves or (before, after) == ("\r", "\n")


def _joined(parts: list[Span], most: int) -> list[Span]:
    """Neighbours put together, those that stay shortest first, until there are no more than `most`."""
    while len(parts) > most:
        lengths = [after.end - before.start for before, after in pairwise(parts)]
        i = lengths.index(min(lengths))
        parts = [*parts[:i], Span(parts[i].start, parts[i + 1].end), *parts[i + 2 :]]
    return parts
