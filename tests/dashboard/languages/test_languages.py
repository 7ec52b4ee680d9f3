"""The catalogs hold every text as it is now, and pages come in the reader's language."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from noria.server.dashboard.languages import Later, name_of, preferred, t

ROOT = Path(__file__).parents[3]
CATALOGS = ROOT / "src/noria/server/dashboard/languages/catalogs"
PLACES = re.compile(r"\{\w+\}|</?\d+>")


@pytest.fixture(params=sorted(file.stem for file in CATALOGS.glob("*.po")))
def code(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_template_holds_the_texts_of_today(gather, gathered: Catalog) -> None:
    """Mended by ./scripts/texts."""
    assert (CATALOGS / "noria.pot").read_bytes() == gather.written(gathered)
    assert (CATALOGS / "scripts.json").read_text("utf-8") == gather.for_scripts(gathered)


def test_a_language_says_what_it_calls_itself(code: str) -> None:
    assert name_of(code) != code


def test_a_language_is_nearly_complete_and_compiled(gather, gathered: Catalog, code: str) -> None:
    known = gather.read(CATALOGS / f"{code}.po")
    said = {m.id: m.string for m in known if m.id}
    missing = [m.id for m in gathered if m.id and not _whole(said.get(m.id))]
    assert len(missing) <= len(gathered) // 20, missing  # a new page may come before its translators
    assert (CATALOGS / f"{code}.mo").read_bytes() == gather.compiled(known)


def _whole(said: object) -> bool:
    return bool(said) and (isinstance(said, str) or all(said))  # type: ignore[arg-type]


def test_a_translation_has_the_values_and_tags_of_its_text(gather, code: str) -> None:
    wrong = [
        (m.id, form)
        for m in gather.read(CATALOGS / f"{code}.po")
        if m.id and m.string
        for form in ([m.string] if isinstance(m.string, str) else m.string)
        if set(PLACES.findall(form)) != set(PLACES.findall(m.id if isinstance(m.id, str) else m.id[0]))
        or re.search(r"<(?!/?\d+>)|\"(?=[^>]*<)", form)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-CH,de;q=0.9,en;q=0.8", "de"),
        ("fr-FR,fr;q=0.9", "en"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("de;q=0.3, pt-BR;q=0.7", "pt-BR"),
        ("pt", "en"),
        ("", "en"),
        (";q=x,,;;de", "en"),
    ],
)
def test_a_browser_gets_what_it_likes_best(accepted: str, language: str) -> None:
    assert preferred(accepted, {"en", "de", "pt-BR"}) == language


@pytest.mark.usefixtures("in_capitals")
def test_texts_are_said_in_the_language_that_is_spoken() -> None:
    assert (
        t("“{name}” is deleted, with all it had learned.", name="cat")
        == "“cat” IS DELETED, WITH ALL IT HAD LEARNED."
    )
    assert Later("fewest samples").__html__() == "FEWEST SAMPLES"
    assert Later("fewest samples") == "fewest samples"
