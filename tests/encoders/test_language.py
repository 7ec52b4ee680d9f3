import json
from pathlib import Path

import pytest

from noria.encoders.encoder import languages
from noria.encoders.hashing import HashingEncoder
from noria.encoders.language import main_language

EVERYDAY: dict[str, list[str]] = json.loads((Path(__file__).parent / "everyday.json").read_text())


@pytest.mark.parametrize(
    ("texts", "language"), [("German", "de"), ("French", "fr"), ("Japanese", "ja"), ("English", "en")]
)
def test_short_everyday_texts_are_told(texts: str, language: str) -> None:
    assert main_language(EVERYDAY[texts]) == language


def test_numbers_codes_and_addresses_are_in_no_language() -> None:
    assert main_language(EVERYDAY["codes"]) is None


def test_half_of_the_texts_are_not_most() -> None:
    assert main_language(EVERYDAY["German"] + EVERYDAY["English"]) is None
    assert main_language(EVERYDAY["German"] + EVERYDAY["English"][:5]) == "de"


def test_nothing_is_in_no_language() -> None:
    assert main_language([]) is None
    assert main_language(["", " "]) is None


def test_an_encoder_that_says_nothing_of_languages_reads_any() -> None:
    assert languages(HashingEncoder()) is None
