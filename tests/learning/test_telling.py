"""The words that an answer leans on are found by what they say alone and by what is missing without them."""

from collections.abc import Sequence

import numpy as np
import pytest

from noria.learning.telling import LogOdds, Telling, log_odds, log_odds_of_tag, telling

DULL = [f"Nothing of note was said in the year {year} by anybody at all." for year in range(1990, 2000)]


class Model:
    """Answers by the words that it knows, and counts what it was asked."""

    def __init__(self, **weights: float) -> None:
        self.weights = weights
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> LogOdds:
        self.asked += texts
        return np.array([sum(v for w, v in self.weights.items() if w in text) for text in texts], dtype=float)


def said(text: str, model: Model, upto: int | None = None) -> tuple[list[str], list[str]]:
    found = telling(text, model, upto)
    return [text[a:b] for a, b in found.pieces], [text[a:b] for a, b in found.words]


def among_dull(*sentences: str) -> str:
    """The sentences, each after some that tell nothing."""
    parts = [part for i, each in enumerate(sentences) for part in (*DULL[2 * i : 2 * i + 2], each)]
    return " ".join([*parts, *DULL[8:]])


def test_the_sentence_that_speaks_for_the_label_is_found_with_its_words() -> None:
    text = among_dull("The striker scored a late goal in the final.")
    pieces, words = said(text, Model(goal=3.0))
    assert pieces == ["The striker scored a late goal in the final."]
    assert words == ["goal"]


def test_sentences_come_in_the_order_of_the_text() -> None:
    text = among_dull("A small thing about a ball.", "The goal of the match.")
    assert said(text, Model(goal=4.0, ball=2.0))[0] == [
        "A small thing about a ball.",
        "The goal of the match.",
    ]


def test_what_speaks_against_the_label_is_not_marked() -> None:
    text = among_dull("Parliament voted on it.", "The goal of the match.")
    assert said(text, Model(goal=4.0, Parliament=-5.0))[0] == ["The goal of the match."]


def test_nothing_is_marked_where_nothing_stands_out() -> None:
    assert telling(" ".join(DULL), Model(said=5.0)) == Telling()  # in every sentence
    assert telling(" ".join(DULL), Model()) == Telling()
    assert telling("A text of one sentence has a goal.", Model(goal=5.0)) == Telling()
    assert telling("", Model(goal=5.0)) == Telling()


def test_at_most_three_sentences_are_marked() -> None:
    words = ("alpha", "beta", "gamma", "delta")
    text = among_dull(*(f"Here stands {word} alone." for word in words))
    pieces, _ = said(text, Model(**{word: 3.0 + i for i, word in enumerate(words)}))
    assert len(pieces) == 3


def test_what_tells_only_out_of_its_context_is_not_marked() -> None:
    def ask(texts: Sequence[str]) -> LogOdds:
        return np.array([3.0 if "goal" in t and "1990" not in t else 0.0 for t in texts])

    assert telling(among_dull("The goal of the match."), ask) == Telling()


def test_what_the_model_does_not_read_is_neither_marked_nor_moved_up() -> None:
    text = among_dull("The goal of the match.") + " Another goal came late."
    model = Model(goal=3.0)
    assert said(text, model, len(text) - 24)[0] == ["The goal of the match."]
    assert not any("Another" in asked for asked in model.asked)


def test_words_side_by_side_are_one_mark() -> None:
    text = among_dull("They won the penalty shoot-out of the very last evening in Rome.")
    _, words = said(text, Model(penalty=2.0, **{"shoot-out": 2.0}))
    assert words == ["penalty shoot-out"]


def test_a_sentence_none_of_whose_words_tells_is_marked_whole() -> None:
    def ask(texts: Sequence[str]) -> LogOdds:
        return np.array([3.0 if "late" in t or "goal" in t else 0.0 for t in texts])

    found = telling(text := among_dull("A late one it was, that goal."), ask)
    assert [text[a:b] for a, b in found.words] == ["A late one it was, that goal."]


def test_a_script_without_blanks_is_marked_too() -> None:
    dull = "今天没有什么特别的事情发生。" * 6
    text = f"{dull}前锋在决赛中打进了一个漂亮的进球然后大家一起庆祝。{dull}"
    pieces, words = said(text, Model(进球=4.0))
    assert len(pieces) == 1
    assert "进球" in pieces[0]
    assert "进球" in "".join(words)


def test_the_whole_text_is_asked_about_seldom() -> None:
    model = Model(**{f"word{i}": 3.0 + i for i in range(9)})
    text = " ".join(f"Some sentence with word{i} and more in it. {DULL[i]}" for i in range(9))
    telling(text, model)
    assert sum(len(asked) > len(text) / 2 for asked in model.asked) <= 7


@pytest.mark.parametrize("p", [0.1, 0.5, 0.999])
def test_log_odds_are_those_of_the_probability(p: float) -> None:
    rows = np.array([[p, 0.7 * (1 - p), 0.3 * (1 - p)]], dtype=np.float32)
    assert log_odds(rows, 0)[0] == pytest.approx(np.log(p / (1 - p)), rel=1e-3)
    assert log_odds_of_tag(rows, 0)[0] == pytest.approx(np.log(p / (1 - p)), rel=1e-3)


def test_log_odds_tell_sure_from_surer() -> None:
    rows = np.array([[1.0, 1e-9], [1.0, 1e-11]], dtype=np.float32)
    nearly, surer = log_odds(rows, 0)
    assert surer - nearly == pytest.approx(np.log(100), rel=1e-3)
    assert np.isfinite(log_odds_of_tag(np.array([[0.0], [1.0]], dtype=np.float32), 0)).all()
