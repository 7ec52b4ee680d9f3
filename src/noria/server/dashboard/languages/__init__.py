"""The dashboard in the reader's language.

Texts stand in English where they are shown, in templates, scripts and Python; `./scripts/texts` gathers all of them in
`catalogs/noria.pot`, and a language is one file beside it, such as `catalogs/de.po` with its compiled `de.mo`. What has
no translation is shown in English.
"""

import gettext as gnu
import json
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

from markupsafe import escape

ENGLISH = "en"
_CATALOGS = files(__name__) / "catalogs"
_CURRENT: ContextVar[str] = ContextVar("language", default=ENGLISH)


@cache
def languages() -> frozenset[str]:
    """Those that there are, by their codes."""
    compiled = {file.name.removesuffix(".mo") for file in _CATALOGS.iterdir() if file.name.endswith(".mo")}
    return frozenset({ENGLISH} | compiled)


@cache
def name_of(language: str) -> str:
    """What its speakers call it; a catalog says so in its header `X-Name`."""
    return "English" if language == ENGLISH else catalog(language).info().get("x-name", language)


@cache
def catalog(language: str) -> gnu.NullTranslations:
    """The texts of a language; of English, the texts themselves."""
    if language == ENGLISH:
        return gnu.NullTranslations()
    with (_CATALOGS / f"{language}.mo").open("rb") as compiled:
        return gnu.GNUTranslations(compiled)


def speak(language: str) -> None:
    """From here on texts of this request are in this language."""
    _CURRENT.set(language)


def spoken() -> str:
    return _CURRENT.get()


def preferred(accepted: str, known: Iterable[str]) -> str:
    """The language that a browser would like best, of those that are known.

    accepted: the header Accept-Language.

    >>> preferred("de-AT,de;q=0.9,en;q=0.8", {"en", "de"}), preferred("fr, en;q=0.5", {"en", "de"}), preferred("*", {"en"})
    ('de', 'en', 'en')
    """
    wishes = []
    for wish in accepted[:500].split(","):
        tag, _, weight = wish.partition(";q=")
        try:
            wishes.append((-float(weight or 1), tag.strip().lower()))
        except ValueError:
            continue
    known = {each.lower(): each for each in known}
    for _, tag in sorted(wishes, key=lambda wish: wish[0]):
        for name in (tag, tag.partition("-")[0]):
            if name in known:
                return known[name]
    return ENGLISH


def t(text: str, /, **facts: object) -> str:
    """The text in the reader's language, with facts in the places of their `{names}`.

    >>> t("“{name}” is deleted.", name="cat")
    '“cat” is deleted.'
    """
    found = catalog(spoken()).gettext(text) if text else ""
    return found.format(**facts) if facts else found


class Later(str):
    """A text that is written before anybody reads it, such as one of a table: pages show it in the reader's language.

    >>> from markupsafe import escape
    >>> escape(Later("Fewest <samples>"))
    Markup('Fewest &lt;samples&gt;')
    """

    __slots__ = ()

    def __html__(self) -> str:
        return escape(str(t(self)))  # without a catalog t gives back the very same object


def numbered(one: str, many: str, n: int) -> str:
    """The form of a noun that goes with a number.

    >>> numbered("label", "labels", 1), numbered("label", "labels", 3)
    ('label', 'labels')
    """
    return catalog(spoken()).ngettext(one, many, n)


@cache
def texts_of_scripts(language: str) -> Mapping[str, str | list[str]]:
    """What pages' scripts look their texts up in: translations by text, of a noun all its forms; empty for English."""
    if language == ENGLISH:
        return {}
    known = json.loads((_CATALOGS / "scripts.json").read_text("utf-8"))
    found = catalog(language)
    texts = {text: found.gettext(text) for text in known["texts"]}
    nouns = {one: _forms(found, one, many) for one, many in known["nouns"]}
    return {text: said for text, said in (texts | nouns).items() if said != text}


def _forms(found: gnu.NullTranslations, one: str, many: str) -> list[str]:
    """Each form of a noun once, in the order of the numbers that take it."""
    return list(dict.fromkeys(found.ngettext(one, many, n) for n in (1, 2, 5, 11, 21, 100)))
