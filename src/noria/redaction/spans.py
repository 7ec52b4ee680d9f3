"""Places in a text, found one by one and joined where they overlap."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Characters from `start` up to `end` and the word, without brackets, that stands for them."""

    start: int
    end: int
    word: str


Place = tuple[int, int]
Find = Callable[[str], Iterable[Place]]
"""Where a text holds something of one kind. Linear in the text's length, whatever the text."""


def joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans apart from each other, from left to right: all that any of them covers is covered.

    Of those that overlap, the longest gives the word.

    >>> list(joined([Span(0, 4, "ip"), Span(2, 9, "phone"), Span(9, 10, "ip")]))
    [Span(start=0, end=9, word='phone'), Span(start=9, end=10, word='ip')]
    """
    group: list[Span] = []
    end = -1
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if group and span.start >= end:
            yield _one(group, end)
            group = []
        group.append(span)
        end = span.end if len(group) == 1 else max(end, span.end)
    if group:
        yield _one(group, end)


def replaced(text: str, spans: Iterable[Span]) -> str:
    """The text with `[word]` in each place.

    >>> replaced("at 10.0.0.1 now", [Span(3, 11, "ip")])
    'at [ip] now'
    """
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], f"[{span.word}]"]
        at = span.end
    return "".join([*parts, text[at:]])


def _one(group: Sequence[Span], end: int) -> Span:
    longest = max(group, key=lambda span: span.end - span.start)
    return Span(group[0].start, end, longest.word)
