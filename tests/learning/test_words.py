import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noria.learning.arrays import padded
from noria.learning.words import MOST_WORDS, Words, embedding_in, fit_words, places, places_in

CATS = ["the cat says meow", "a meow and a purr", "Purr, purr: the cat", "meow meow"]
DOGS = ["the dog says woof", "a woof and a bark", "Bark, bark: the dog", "woof woof"]
BOTH = [places(text) for text in (*CATS, *DOGS)]
TARGETS = np.repeat([0, 1], 4)


@pytest.fixture
def words() -> Words:
    return fit_words(BOTH, TARGETS, 2)


def test_a_word_counts_once_in_upper_and_lower_case_and_whatever_stands_beside_it() -> None:
    assert places("Cat, CAT! (cat)").tolist() == places("cat").tolist()
    assert len(places("cat dog")) == 2
    assert places("cat dog").tolist() == sorted([*places("cat").tolist(), *places("dog").tolist()])


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_features_are_taken_apart_as_they_were_put_together(text: str) -> None:
    embedding = np.array([1.0, -1.0, 0.3], np.float32)
    both = np.concatenate([embedding, places(text)])
    assert embedding_in(both).tolist() == embedding.tolist()
    assert places_in(both).tolist() == places(text).tolist()


def test_half_a_character_and_no_word_at_all_are_texts_too() -> None:
    assert len(places("\ud800 cat")) >= 1
    assert len(places("?!")) == 0
    assert len(places("")) == 0


def test_of_a_book_the_first_words_count() -> None:
    book = " ".join(f"word{i}" for i in range(2 * MOST_WORDS))
    assert 0.99 * MOST_WORDS <= len(places(book)) <= MOST_WORDS


def test_words_speak_for_the_label_they_stand_with(words: Words) -> None:
    said = words.logits([places("meow"), places("a dog that barks: woof"), places("the")])
    assert said[0, 0] > said[0, 1] + 1
    assert said[1, 1] > said[1, 0] + 0.5
    assert abs(said[2, 0] - said[2, 1]) < 0.5


def test_a_word_of_a_single_text_is_not_known(words: Words) -> None:
    assert set(words.known.tolist()) <= set(np.concatenate(BOTH).tolist())
    assert not set(places("says").tolist()) - set(words.known.tolist())
    assert not set(places("number7").tolist()) & set(words.known.tolist())


def test_rows_padded_with_zeros_say_the_same(words: Words) -> None:
    many = [places(text) for text in ("meow", "woof and a bark of the dog", "nothing known here", "")]
    np.testing.assert_allclose(words.logits(padded(many)), words.logits(many), atol=1e-6)


def test_what_is_not_known_leaves_the_bias(words: Words) -> None:
    assert words.of_one(places("xylophone")).tolist() == words.bias.tolist()


def test_the_same_texts_give_the_same_words() -> None:
    one, other = (fit_words(BOTH, TARGETS, 2).arrays() for _ in range(2))
    assert all(one[name].tobytes() == other[name].tobytes() for name in one)


def test_a_label_without_a_text_is_spoken_neither_for_nor_against() -> None:
    words = fit_words(BOTH, np.repeat([0, 2], 4), 4)
    said = words.logits([places("meow"), places("woof")])
    assert (said[:, [1, 3]] == 0).all()
    assert said.argmax(axis=1).tolist() == [0, 2]


@pytest.mark.parametrize(
    ("texts", "targets"),
    [(["one", "two", "three"], [0, 1, 1]), (["a b", "a b"], [1, 1]), (["", "!"], [0, 1])],
    ids=["no word twice", "one label", "no words"],
)
def test_too_little_to_count_says_nothing(texts: list[str], targets: list[int]) -> None:
    words = fit_words([places(text) for text in texts], np.array(targets), 2)
    assert words.logits([places("a b one two")]).tolist() == [[0.0, 0.0]]


def test_labels_that_are_gone_take_their_column_along(words: Words) -> None:
    meow = places("meow")
    assert words.only([1]).of_one(meow).tolist() == words.of_one(meow)[[1]].tolist()


def test_half_the_strength_is_half_the_say(words: Words) -> None:
    np.testing.assert_allclose(words.times(0.5).logits(BOTH), words.logits(BOTH) / 2, rtol=1e-6)
