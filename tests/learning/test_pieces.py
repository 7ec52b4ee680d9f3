"""Long texts of any script fall into sentences and runs of words that a reader could have cut."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noria.learning.pieces import MOST_PIECES, Span, pieces, without, words

ODD = "aZ .!?。؟\n\r\u0301\u200d\U0001f469\U0001f3fd\U0001f1e6\U0001f1fb漢字ไทที่한ᄒ\u1161عر\t\u3000"


def said(text: str, spans: tuple[Span, ...]) -> list[str]:
    return [text[a:b] for a, b in spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("He said “go.” They went.", ["He said “go.”", "They went."]),
        ("Version 2.5 costs 3.50 a day. So.", ["Version 2.5 costs 3.50 a day.", "So."]),
        ("a line\nanother\n\n  a third", ["a line", "another", "a third"]),
        ("猫在睡觉。狗在叫！鸟呢？", ["猫在睡觉。", "狗在叫！", "鸟呢？"]),
        ("القطة تنام. هل ينبح الكلب؟ نعم", ["القطة تنام.", "هل ينبح الكلب؟", "نعم"]),
        ("बिल्ली सोती है। कुत्ता भौंकता है।", ["बिल्ली सोती है।", "कुत्ता भौंकता है।"]),
        ("   ", []),
        ("", []),
    ],
)
def test_sentences_end_as_their_script_has_it(text: str, expected: list[str]) -> None:
    assert said(text, pieces(text)) == expected


def test_a_long_sentence_is_cut_between_words() -> None:
    text = "word " * 100
    parts = said(text, pieces(text))
    assert len(parts) > 1
    assert all(set(part.split()) == {"word"} for part in parts)


def test_many_sentences_are_put_together() -> None:
    text = "Yes. " * 300
    found = pieces(text)
    assert len(found) == MOST_PIECES
    assert said(text, found)[0].startswith("Yes. Yes.")


def test_a_text_without_blanks_is_cut_between_characters() -> None:
    text = "กี่ที่นี่" * 60  # vowels and tones above and below their letters
    found = pieces(text)
    assert len(found) > 1
    assert all(unicodedata.category(text[a]) not in ("Mn", "Mc", "Me") for a, _ in found)


@pytest.mark.parametrize(
    "whole", ["\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f44d\U0001f3fd", "e\u0301"]
)
def test_no_character_of_several_is_cut(whole: str) -> None:
    text = whole * 400
    cuts = {end for _, end in pieces(text)}
    assert len(cuts) > 1
    assert all(cut % len(whole) == 0 for cut in cuts)


def test_flags_stay_whole() -> None:
    text = "x" * 159 + "\U0001f1e9\U0001f1ea" * 100
    assert all("\U0001f1e9\U0001f1ea" not in text[b - 1 : b + 1] for _, b in pieces(text))


def test_words_of_a_piece_come_in_runs() -> None:
    text = "Before. the cat sat on the mat and purred. After."
    piece = Span(8, 42)
    assert said(text, words(text, piece, 99)) == [
        "the", "cat", "sat", "on", "the", "mat", "and", "purred.",
    ]  # fmt: skip
    few = words(text, piece, 3)
    assert len(few) == 3
    assert " ".join(said(text, few)) == text[8:42]


def test_a_piece_without_blanks_comes_in_runs_of_characters() -> None:
    text = "我家的猫整天都在沙发上睡觉并且发出呼噜呼噜的声音直到有人给它喂食为止它才会醒来喵喵叫"
    runs = words(text, Span(0, len(text)), 8)
    assert 4 <= len(runs) <= 8
    assert "".join(said(text, runs)) == text


def test_a_span_is_left_out() -> None:
    assert without("one two three", Span(4, 8)) == "one three"


@given(st.text(alphabet=ODD, max_size=600), st.integers(1, 20))
def test_pieces_lie_in_order_and_miss_nothing_but_blanks(text: str, most: int) -> None:
    found = pieces(text, most)
    assert len(found) <= most
    ends = [0, *(at for span in found for at in span), len(text)]
    assert ends == sorted(ends)
    assert all(a < b for a, b in found)
    assert not "".join(text[b:a] for b, a in zip(ends[::2], ends[1::2], strict=True)).strip()


@given(st.text(alphabet=ODD, max_size=200), st.integers(1, 12))
def test_runs_lie_in_order_and_miss_nothing_but_blanks(text: str, most: int) -> None:
    found = words(text, Span(0, len(text)), most)
    assert len(found) <= most
    ends = [0, *(at for span in found for at in span), len(text)]
    assert ends == sorted(ends)
    assert not "".join(text[b:a] for b, a in zip(ends[::2], ends[1::2], strict=True)).strip()
