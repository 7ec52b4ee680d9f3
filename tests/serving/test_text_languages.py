"""Functions whose texts the encoder does not read."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from taught import Taught

from noria.encoders import EncoderSet
from noria.encoders.hashing import HashingEncoder
from noria.records.function import Modality
from noria.serving import text_languages
from noria.serving.kept import Kept
from noria.serving.text_languages import TextLanguages, Unread
from noria.storage import Storage

EVERYDAY = json.loads((Path(__file__).parents[1] / "encoders/everyday.json").read_text())


class ReadsEnglish(HashingEncoder):
    languages = frozenset({"en"})


@pytest.fixture
def kept() -> Iterator[Kept]:
    kept = Kept()
    yield kept
    kept.close()


@pytest.fixture
def look(storage: Storage, kept: Kept) -> Callable[..., Unread | None]:
    def look(taught: Taught, encoder: type[HashingEncoder] = ReadsEnglish) -> Unread | None:
        encoders = EncoderSet({Modality.TEXT: encoder})
        encoders[Modality.TEXT]
        languages = TextLanguages(storage, encoders, kept)
        return languages.unread(storage.functions.get(taught.id), 30.0)

    return look


def _with(storage: Storage, texts: list[str]) -> Taught:
    taught = Taught.new(storage)
    for i, text in enumerate(texts):
        taught.teach(text, "cat" if i % 2 else None)
    return taught


def test_german_texts_are_told_to_be_german(storage: Storage, look: Callable[..., Unread | None]) -> None:
    german = [f"{text} {i}." for text in EVERYDAY["German"] for i in range(2)]
    assert look(_with(storage, german)) == Unread("de", "hashing", frozenset({"en"}))


def test_english_texts_are_read(storage: Storage, look: Callable[..., Unread | None]) -> None:
    assert look(_with(storage, [f"{text} {i}" for text in EVERYDAY["English"] for i in range(2)])) is None


def test_too_few_texts_tell_nothing_and_more_are_looked_at_again(
    storage: Storage, look: Callable[..., Unread | None]
) -> None:
    taught = _with(storage, EVERYDAY["German"])
    assert look(taught) is None
    for text in EVERYDAY["German"]:
        taught.teach(f"Guten Tag! {text}", None)
    assert look(taught) is not None


def test_an_encoder_of_any_language_is_not_asked_about(
    storage: Storage, look: Callable[..., Unread | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(text_languages, "main_language")
    assert (
        look(_with(storage, [f"{text} {i}" for text in EVERYDAY["German"] for i in range(2)]), HashingEncoder)
        is None
    )
