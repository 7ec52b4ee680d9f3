"""Patterns of the users' own. They are run by RE2, which takes time linear in the text for any pattern."""

import re
from collections.abc import Iterator, Sequence
from functools import partial

import re2

from noria.errors import BadInput, PatternUnusable
from noria.records.redaction import OwnPattern
from noria.redaction.spans import Find, Place

MAX_PATTERNS = 20
MAX_NAME = 40  # characters
MAX_PATTERN = 500  # characters
_MAX_MEMORY = 1 << 20  # bytes of a pattern made ready: what counts to thousands is refused
_MOST = 1000  # places found one by one; finding one can take a look at the whole text
_NAME = re.compile(r"\w(?:[\w -]*\w)?")
_ONE_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")


def ready(patterns: Sequence[OwnPattern]) -> list[tuple[str, Find]]:
    """Names and what each finds. Raises BadInput, PatternUnusable for one that can't be run."""
    if len(patterns) > MAX_PATTERNS:
        raise BadInput(f"A function has at most {MAX_PATTERNS} patterns of your own. Join some with |.")
    names = [pattern.name for pattern in patterns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise PatternUnusable(f"Two patterns are named “{twice}”. Give one of them another name.")
    return [(pattern.name, partial(_places, _compiled(pattern))) for pattern in patterns]


def _compiled(own: OwnPattern) -> "re2._Regexp":
    """Raises PatternUnusable."""
    if len(own.name) > MAX_NAME or not _NAME.fullmatch(own.name):
        raise PatternUnusable(
            f"The name of a pattern is 1 to {MAX_NAME} letters, digits, spaces, - and _: it stands in texts in brackets.",
            name=own.name[:MAX_NAME],
        )
    if not own.pattern or len(own.pattern) > MAX_PATTERN:
        raise PatternUnusable(f"A pattern has 1 to {MAX_PATTERN} characters.", name=own.name)
    if _ONE_BYTE.search(own.pattern):
        raise PatternUnusable("\\C matches half a character. Use . instead.", name=own.name)
    options = re2.Options()
    options.log_errors, options.max_mem = False, _MAX_MEMORY
    try:
        compiled = re2.compile(own.pattern, options)
    except (re2.error, UnicodeEncodeError) as wrong:
        raise PatternUnusable(f"This pattern can't be read: {_said(wrong)}.", name=own.name) from None
    if compiled.search("") is not None:
        raise PatternUnusable(
            "This pattern matches the empty text. Have it match one character at least.", name=own.name
        )
    return compiled


def _places(pattern: "re2._Regexp", text: str) -> Iterator[Place]:
    """After very many, all that is left of the text: each search may read it to the end, and nothing must slip by."""
    for number, match in enumerate(pattern.finditer(text)):
        start, end = match.span()
        if number == _MOST:
            yield start, len(text)
            return
        if end > start:
            yield start, end


def _said(wrong: Exception) -> str:
    first = wrong.args[0] if wrong.args else ""
    return first.decode(errors="replace") if isinstance(first, bytes) else str(first)
