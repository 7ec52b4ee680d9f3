"""Texts in HTML: whole sentences with the tags and values inside them, found, and put back in another language.

A sentence is what stands between two tags that break a line, as in Genshi's translator [Genshi]. Values are `{names}`
in it and inline tags are numbered, so that another language may order them as it needs.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Lookup = Callable[[str], str]

_FIRST = 0xE000  # the first private character: each stands for one value
_INLINE = {
    "a", "abbr", "b", "bdi", "code", "em", "i", "kbd", "mark", "q", "small", "span", "strong", "sub", "sup", "time",
}  # fmt: skip
_VERBATIM = ("script", "style", "pre")
_AS_IS = ("code", "kbd")  # inside a sentence, never one by itself
_WORDS = r'(\s(?:title|placeholder|aria-label|alt|data-says)=")([^"]*)'
_ATTRIBUTE, _IN_WORDS = re.compile(_WORDS), re.compile(_WORDS + r"\Z")
_TAG = re.compile(
    r'<!--.*?-->|<!doctype[^>]*>|<(?P<close>/?)(?P<name>[a-zA-Z][\w-]*)(?:"[^"]*"|[^">])*>|<[^>]*\Z',
    re.DOTALL,
)
_IN_PLACE = re.compile(r"\{(\w+)\}|<(/?)(\d+)(/?)>")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_VALUE = re.compile(r"[\ue000-\uf8ff]")


def value(n: int) -> str:
    """The character that stands for the value with this number in a flat piece of HTML."""
    return chr(_FIRST + n)


def values(flat: str) -> list[str | int]:
    """A flat piece cut at its values: strings, and numbers of values."""
    found: list[str | int] = []
    at = 0
    for match in _VALUE.finditer(flat):
        found += [flat[at : match.start()], ord(match[0]) - _FIRST]
        at = match.end()
    return [*found, flat[at:]]


@dataclass
class Where:
    """How a piece of HTML begins and ends, since templates cut it anywhere."""

    in_tag: bool = False
    verbatim: str = ""  # the element that is none of ours to read


def shown(flat: str, where: Where) -> bool:
    """Whether what follows this piece is read by somebody: in no tag, or in one of its words that are shown."""
    start = flat.rfind("<")
    in_tag = start > flat.rfind(">") or (where.in_tag and ">" not in flat)
    return not in_tag or bool(_IN_WORDS.search(flat, max(start, 0)))


def translate(flat: str, names: Sequence[str], where: Where, lookup: Lookup) -> str:
    """The piece with each sentence looked up.

    flat: HTML, with `value(n)` in the place of the n-th value. names: what the values are called in a sentence.
    where: as the piece begins; changed to how it ends.
    """
    out: list[str] = []
    parts: list[_Part] = []
    at = 0
    if where.in_tag:
        end = flat.find(">") + 1 or len(flat)
        out.append(_attributes(flat[:end], names, lookup))
        where.in_tag, at = ">" not in flat, end
    for tag in _TAG.finditer(flat, at):
        text, at = flat[at : tag.start()], tag.end()
        name = (tag["name"] or "").lower()
        if where.verbatim:
            parts.append(_Part(text, "break"))
            if tag["close"] and name == where.verbatim:
                where.verbatim = ""
            parts.append(_Part(tag[0], "break"))
            continue
        parts.append(_Part(text, "text"))
        where.in_tag = tag["name"] is None and not tag[0].startswith("<!")
        kind = "break" if name not in _INLINE else "close" if tag["close"] else "open"
        parts.append(_Part(_attributes(tag[0], names, lookup), kind, name))
        if name in _VERBATIM and not tag["close"]:
            where.verbatim = name
    parts.append(_Part(flat[at:], "break" if where.verbatim else "text"))
    return "".join(out) + "".join(_sentences(_balanced(parts), names, lookup))


def _attributes(tag: str, names: Sequence[str], lookup: Lookup) -> str:
    """Words of a tag that are read out or shown."""
    return _ATTRIBUTE.sub(lambda found: found[1] + _sentence([_Part(found[2], "text")], names, lookup), tag)


@dataclass
class _Part:
    html: str
    kind: str  # text, open, close, or break: what ends a sentence
    name: str = ""


def _balanced(parts: Sequence[_Part]) -> list[_Part]:
    """A tag whose other half is in another sentence ends the sentence."""
    open_: list[int] = []
    out = list(parts)
    for i, part in enumerate(parts):
        match part.kind:
            case "open":
                open_.append(i)
            case "close":
                if open_ and parts[open_[-1]].name == part.name:
                    open_.pop()
                else:
                    out[i] = _Part(part.html, "break")
            case "break":
                for left in open_:
                    out[left] = _Part(parts[left].html, "break")
                open_ = []
    for left in open_:
        out[left] = _Part(parts[left].html, "break")
    return out


def _sentences(parts: Sequence[_Part], names: Sequence[str], lookup: Lookup) -> list[str]:
    out, waiting = [], list[_Part]()
    for part in parts:
        if part.kind == "break":
            out += [_sentence(waiting, names, lookup), part.html]
            waiting = []
        else:
            waiting.append(part)
    return [*out, _sentence(waiting, names, lookup)]


def _sentence(parts: Sequence[_Part], names: Sequence[str], lookup: Lookup) -> str:
    """The sentence looked up; where it has no words, and around it, what stands there stays."""
    parts = [part for part in parts if part.html]
    first, last = _inner(parts)
    inner = parts[first:last]
    before, after = ("".join(part.html for part in side) for side in (parts[:first], parts[last:]))
    if not _speaks(inner):
        return before + "".join(part.html for part in inner) + after
    text, places = _message(inner, names)
    body = text.strip()
    head, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return before + head + _filled(lookup(body), places) + tail + after


def _inner(parts: Sequence[_Part]) -> tuple[int, int]:
    """Without blanks and the tags that wrap all of it."""
    first, last = 0, len(parts)
    while first < last:
        if parts[first].kind == "text" and not parts[first].html.strip():
            first += 1
        elif parts[last - 1].kind == "text" and not parts[last - 1].html.strip():
            last -= 1
        elif parts[first].kind == "open" and _closed_by(parts, first) == last - 1:
            first, last = first + 1, last - 1
        else:
            break
    return first, last


def _closed_by(parts: Sequence[_Part], at: int) -> int:
    depth = 0
    for i in range(at, len(parts)):
        depth += {"open": 1, "close": -1}.get(parts[i].kind, 0)
        if depth == 0:
            return i
    return -1


def _speaks(parts: Sequence[_Part]) -> bool:
    """Whether there are words outside of code and keys, and anything to translate beside values."""
    silent = 0
    for part in parts:
        if part.name in _AS_IS:
            silent += 1 if part.kind == "open" else -1
        elif part.kind == "text" and not silent and _LETTERS.search(re.sub(r"&\w+;", "", part.html)):
            return True
    return False


def _message(parts: Sequence[_Part], names: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The sentence as a translator reads it, and what stands in its places."""
    places: dict[str, str] = {}
    open_: list[int] = []
    text, tags = "", 0
    for part in parts:
        if part.kind == "text":
            text += _VALUE.sub(lambda found: "{" + _named(found[0], names, places) + "}", part.html)
        elif part.kind == "open":
            tags += 1
            open_.append(tags)
            places[f"<{tags}>"] = part.html
            text += f"<{tags}>"
        else:
            n = open_.pop()
            places[f"</{n}>"] = part.html
            text += f"</{n}>"
    blanks = re.compile(r"\s+")
    return blanks.sub(" ", text), places


def _named(character: str, names: Sequence[str], places: dict[str, str]) -> str:
    name = names[ord(character) - _FIRST]
    tried, n = name, 1
    while places.get("{" + tried + "}", character) != character:
        n += 1
        tried = f"{name}{n}"
    places["{" + tried + "}"] = character
    return tried


def _filled(text: str, places: dict[str, str]) -> str:
    return _IN_PLACE.sub(lambda found: places.get(found[0], found[0]), text)
