"""A function's redaction, made ready to be used on texts."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from noria.errors import PatternUnusable
from noria.records.redaction import Redaction
from noria.redaction import own_patterns
from noria.redaction.kinds import KINDS, has_digit, may_hold
from noria.redaction.spans import Find, Place, Span, joined, replaced

_READY = 200  # redactions kept ready


class Redactor:
    """Immutable; safe from any thread."""

    def __init__(self, kinds: Sequence[str], own: Sequence[tuple[str, Find]]) -> None:
        self._kinds = [(name, find) for name, find in KINDS.items() if name in kinds]
        self._own = list(own)
        self._words = [f"[{name}]" for name, _ in (*self._kinds, *self._own)]

    def hide(self, text: str) -> str:
        """The text with a word in brackets for all that is to be hidden; what is hidden stays so when hidden anew."""
        spans = self.spans(text)
        return replaced(text, spans) if spans else text

    def count(self, text: str) -> dict[str, int]:
        """How many places would be hidden, by word."""
        return dict(Counter(span.word for span in self.spans(text)))

    def spans(self, text: str) -> list[Span]:
        """From left to right, apart from each other."""
        found = list(self._found(text))
        if found and "[" in text and (words := self._standing(text)):
            found = [span for span in found if not _within(span, words)]
        return list(joined(found)) if found else []

    def _found(self, text: str) -> Iterator[Span]:
        digits = has_digit(text)
        for name, find in self._kinds:
            if may_hold(name, digits):
                yield from (Span(start, end, name) for start, end in find(text))
        for name, find in self._own:
            yield from (Span(start, end, name) for start, end in find(text))

    def _standing(self, text: str) -> list[Place]:
        """Where a word of ours stands already."""
        return sorted(place for word in self._words for place in _all(text, word))


@lru_cache(_READY)
def redactor(redaction: Redaction) -> Redactor | None:
    """None where nothing is to be hidden. Raises BadInput, PatternUnusable."""
    unknown = next((kind for kind in redaction.kinds if kind not in KINDS), None)
    if unknown is not None:
        raise PatternUnusable(f"There is no kind “{unknown[:40]}”. Kinds are {', '.join(KINDS)}.")
    own = own_patterns.ready(redaction.patterns)
    taken = next((name for name, _ in own if name in KINDS), None)
    if taken is not None:
        raise PatternUnusable(f"“{taken}” is the name of a built-in kind. Give your pattern another.")
    return Redactor(redaction.kinds, own) if redaction.on else None


def _all(text: str, word: str) -> Iterator[Place]:
    at = text.find(word)
    while at >= 0:
        yield at, at + len(word)
        at = text.find(word, at + len(word))


def _within(span: Span, places: Sequence[Place]) -> bool:
    i = bisect_right(places, (span.start, 1 << 60)) - 1
    return i >= 0 and places[i][0] <= span.start and span.end <= places[i][1]
