"""Writes the catalogs of the dashboard's languages: all texts of templates, Python and scripts, and what they are in each."""

import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileParser, write_po

from noria import __version__
from noria.capture.rules import in_words, rules
from noria.server.dashboard.languages import ENGLISH
from noria.server.dashboard.languages.template import nouns, texts
from noria.server.dashboard.pages import templates
from noria.serving.figures import FIRST_TRAINING, FIRST_TRAINING_OF_TAGS
from noria.serving.labelling import WORDS_OF_TAGS

DASHBOARD = Path(__file__).parent.parent / "src/noria/server/dashboard"
SERVING = DASHBOARD.parent.parent / "serving"  # which says what happened, in words with places for facts
CATALOGS = DASHBOARD / "languages/catalogs"
HEADER = "# Texts of Noria's dashboard. {names} are values, <1>…</1> are links and the like: keep them, in any order.\n#"
_JS_STRING = r'"((?:[^"\\]|\\.)*)"'
_JS_TEXT = re.compile(rf"\bt\(\s*{_JS_STRING}")
_JS_NOUN = re.compile(rf"\b(?:plural|numbered)\([^\"`;]*?,\s*{_JS_STRING}(?:,\s*{_JS_STRING})?")

Text = str | tuple[str, str]  # a noun: one, and many

_OF_THE_MOMENT = ("POT-Creation-Date", "PO-Revision-Date", "Generated-By")


class NamedCatalog(Catalog):
    """One with the header X-Name, what its speakers call the language, and without what differs each time it is written.

    Babel drops headers that it does not know.
    """

    own_name = ""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        kept = [(name, said) for name, said in self._get_mime_headers() if name not in _OF_THE_MOMENT]
        return [*kept, *([("X-Name", self.own_name)] if self.own_name else [])]

    @mime_headers.setter
    def mime_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        headers = list(headers)
        self._set_mime_headers(headers)
        self.own_name = next((said for name, said in headers if name.lower() == "x-name"), "")


def read(file: Path) -> NamedCatalog:
    """The catalog of a language, by its file."""
    catalog = NamedCatalog(locale=file.stem, charset="utf-8", fuzzy=False)
    with file.open("rb") as lines:
        PoFileParser(catalog).parse(lines)
    return catalog


def gathered() -> Catalog:
    """Every text, with the places where it stands."""
    catalog = Catalog(
        project="Noria", version=__version__, header_comment=HEADER, charset="utf-8", fuzzy=False
    )
    for place, text in [*_of_templates(), *_of_python(), *_of_scripts(), *_of_rules()]:
        catalog.add(text, locations=[(place, None)])
    return catalog


def _of_templates() -> Iterator[tuple[str, Text]]:
    english = templates(ENGLISH)
    for file in sorted(DASHBOARD.glob("templates/*.html")):
        source = file.read_text("utf-8")
        for text in [*texts(english, source), *nouns(english.parse(source))]:
            yield f"templates/{file.name}", text


def _of_python() -> Iterator[tuple[str, Text]]:
    for file in [*sorted(DASHBOARD.glob("**/*.py")), *sorted(SERVING.glob("*.py"))]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                words = [
                    a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
                ]
                if name in ("t", "Later", "Since") and words:
                    yield file.name, words[0]
                elif name in ("plural", "numbered") and words and DASHBOARD in file.parents:
                    yield file.name, (words[0], words[1] if len(words) > 1 else f"{words[0]}s")


def _of_scripts() -> Iterator[tuple[str, Text]]:
    for file in sorted(DASHBOARD.glob("static/*.js")):
        source = file.read_text("utf-8")
        if file.name != "texts.js":
            for found in _JS_TEXT.finditer(source):
                yield file.name, json.loads(f'"{found[1]}"')
            for found in _JS_NOUN.finditer(source):
                yield file.name, (found[1], found[2] or f"{found[1]}s")


def _of_rules() -> Iterator[tuple[str, Text]]:
    """What the rules of capture say of themselves: they know nothing of pages."""
    for rule in rules().values():
        for text in (rule.describe, getattr(rule, "about", ""), in_words(rule.reason)):
            if text:
                yield "capture/rules", text
    for text in WORDS_OF_TAGS.values():
        yield "serving/labelling.py", text
    for text in (FIRST_TRAINING, FIRST_TRAINING_OF_TAGS):
        yield "serving/figures.py", text


def for_scripts(catalog: Catalog) -> str:
    """The texts that scripts look up, as JSON."""
    own = [m.id for m in catalog if m.id and any(place.endswith(".js") for place, _ in m.locations)]
    told = {
        "texts": sorted(text for text in own if isinstance(text, str)),
        "nouns": sorted(list(text) for text in own if not isinstance(text, str)),
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def written(catalog: Catalog) -> bytes:
    """As a file for translators, the same however often it is written."""
    out = BytesIO()
    write_po(
        out,
        catalog,
        sort_output=True,
        omit_header=False,
        width=120,
        include_lineno=False,
        ignore_obsolete=True,
    )
    return re.sub(rb'"(POT-Creation-Date|PO-Revision-Date|Generated-By): .*\n', b"", out.getvalue())


def compiled(catalog: Catalog) -> bytes:
    out = BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def main(begin: str | None = None) -> None:
    template = gathered()
    CATALOGS.mkdir(exist_ok=True)
    (CATALOGS / "noria.pot").write_bytes(written(template))
    (CATALOGS / "scripts.json").write_text(for_scripts(template), "utf-8")
    if begin and not (CATALOGS / f"{begin}.po").exists():
        (CATALOGS / f"{begin}.po").write_bytes(
            written(Catalog(locale=begin, header_comment=HEADER, charset="utf-8", fuzzy=False))
        )
    for file in sorted(CATALOGS.glob("*.po")):
        catalog = read(file)
        catalog.update(template, no_fuzzy_matching=True)
        file.write_bytes(written(catalog))
        (CATALOGS / f"{file.stem}.mo").write_bytes(compiled(catalog))
        missing = sum(1 for m in catalog if m.id and not (all(m.string) if m.pluralizable else m.string))
        print(f"{file.stem}: {len(catalog) - missing} of {len(catalog)} texts translated")


if __name__ == "__main__":
    main(*sys.argv[1:])
