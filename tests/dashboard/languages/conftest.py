"""A language for tests, that says everything in capitals; and the gathering of all texts."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from noria.server.dashboard import languages
from noria.server.dashboard.languages import ENGLISH, catalog, speak

ROOT = Path(__file__).parents[3]
PLACES = re.compile(r"(\{\w+\}|</?\d+>)")


def _load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def gather():
    return _load(ROOT / "scripts/gather_texts.py")


@pytest.fixture(scope="session")
def gathered(gather) -> Catalog:
    return gather.gathered()


@pytest.fixture(scope="module")
def in_capitals(tmp_path_factory: pytest.TempPathFactory, gather, gathered: Catalog) -> Iterator[None]:
    """A language that says everything in capitals."""
    loud = Catalog(locale="fr", fuzzy=False)
    for message in gathered:
        if message.id:
            loud.add(
                message.id,
                _loud(message.id) if isinstance(message.id, str) else tuple(map(_loud, message.id)),
            )
    folder = tmp_path_factory.mktemp("catalogs")
    (folder / "scripts.json").write_text(gather.for_scripts(gathered), "utf-8")
    (folder / "fr.mo").write_bytes(gather.compiled(loud))
    kept, languages._CATALOGS = languages._CATALOGS, folder
    languages.languages.cache_clear()
    speak("fr")
    yield
    speak(ENGLISH)
    languages._CATALOGS = kept
    catalog.cache_clear()
    languages.languages.cache_clear()


def _loud(text: str) -> str:
    return "".join(
        part if PLACES.fullmatch(part) else part.upper() for part in re.split(r"(\{\w+\}|</?\d+>)", text)
    )
