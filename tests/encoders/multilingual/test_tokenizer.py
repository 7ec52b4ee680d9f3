from collections.abc import Callable

import pytest

from noria.encoders import Encoder
from noria.encoders.multilingual.e5 import MultilingualE5Small
from noria.encoders.multilingual.tokenizer import E5Tokenizer

BEFORE, AFTER = [0, 41, 1294, 12], [2]  # <s> ▁que ry :   </s>


@pytest.fixture(scope="module")
def tokenizer(load: Callable[[str], Encoder]) -> E5Tokenizer:
    encoder = load(MultilingualE5Small.name)
    assert isinstance(encoder, MultilingualE5Small)
    assert isinstance(encoder._network._tokenizer, E5Tokenizer)
    return encoder._network._tokenizer


def _ids(tokenizer: E5Tokenizer, text: str) -> list[int]:
    ids = tokenizer.encode(text).ids
    assert ids[:4] == BEFORE
    assert ids[-1:] == AFTER
    return ids[4:-1]


def test_blanks_of_any_kind_and_number_are_one(tokenizer: E5Tokenizer) -> None:
    plain = _ids(tokenizer, "lost card")
    assert plain == [72856, 20596]
    assert _ids(tokenizer, " \tlost\u3000\n card\u00a0 ") == plain


def test_characters_that_mean_the_same_are_the_same(tokenizer: E5Tokenizer) -> None:
    assert _ids(tokenizer, "ｶｰﾄﾞ ﬁn") == _ids(tokenizer, "カード fin")
    assert _ids(tokenizer, "cafe\u0301") == _ids(tokenizer, "caf\u00e9")


def test_a_joiner_is_a_blank_as_in_the_models_training(tokenizer: E5Tokenizer) -> None:
    assert _ids(tokenizer, "අප්\u200dරිකාව") == _ids(tokenizer, "අප් රිකාව")


def test_a_text_cant_bring_marks_of_its_own(tokenizer: E5Tokenizer) -> None:
    assert not set(_ids(tokenizer, "<s> </s> <pad> <mask>")) & {0, 1, 2, 250001}


def test_offsets_are_of_the_text_as_it_was_sent(tokenizer: E5Tokenizer) -> None:
    text = "Wo ist die ﬁne Karte?"
    found = tokenizer.encode(text)
    assert len(found.offsets) == len(found.ids)
    spans = [text[begin:end] for begin, end in found.offsets[4:-1]]
    assert "".join(spans) == text
    assert found.offsets[-1] == (0, 0)
