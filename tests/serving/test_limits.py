"""What is taken from callers, and how much of it."""

from collections.abc import Callable

import pytest

from noria.errors import BadInput, TooLarge
from noria.serving import limits

SURROGATE = "\ud800"


@pytest.mark.parametrize("given", ["a", " padded ", "x" * limits.MAX_TEXT, "line\nline", "\u200b."])
def test_a_text_is_taken_as_it_is(given: str) -> None:
    assert limits.checked_text(given) == given


@pytest.mark.parametrize("given", [None, 1, True, ["a"], {"a": 1}, "", " \n", "\0", f"a{SURROGATE}"])
def test_what_is_no_text_is_refused(given: object) -> None:
    with pytest.raises(BadInput):
        limits.checked_text(given)


def test_names_lose_the_blanks_around_them() -> None:
    assert limits.checked_name("  tabby cat ", "label") == "tabby cat"


@pytest.mark.parametrize("given", [None, 1, "", "  ", "a\tb", "a\x7fb", "\0", SURROGATE])
def test_what_is_no_name_is_refused(given: object) -> None:
    with pytest.raises(BadInput):
        limits.checked_name(given, "label")


@pytest.mark.parametrize(
    "check", [limits.checked_description, limits.checked_metadata, limits.checked_external_id]
)
def test_what_is_not_given_is_none(check: Callable[[object], object]) -> None:
    assert check(None) is None


def test_an_empty_external_id_is_none() -> None:
    assert limits.checked_external_id("") is None


@pytest.mark.parametrize("given", [[], "a", {"a": 1}, {1: "a"}, {"a": None}, {"\0": "a"}, {"a": SURROGATE}])
def test_what_is_no_metadata_is_refused(given: object) -> None:
    with pytest.raises(BadInput):
        limits.checked_metadata(given)


@pytest.mark.parametrize(
    ("check", "most"),
    [
        (limits.checked_text, "x" * limits.MAX_TEXT),
        (lambda name: limits.checked_name(name, "label"), "x" * limits.MAX_NAME),
        (limits.checked_description, "x" * limits.MAX_DESCRIPTION),
        (limits.checked_external_id, "x" * limits.MAX_EXTERNAL_ID),
    ],
    ids=["text", "name", "description", "external id"],
)
def test_one_character_more_is_too_large(check: Callable[[str], object], most: str) -> None:
    assert check(most) == most
    with pytest.raises(TooLarge, match=f"at most {len(most):,}"):
        check(most + "x")


@pytest.mark.parametrize("given", ["heldout", "sampleset_heldout", "My-Set_1", "x" * 100])
def test_ids_of_sample_sets(given: str) -> None:
    assert limits.checked_sample_set(given) == given


@pytest.mark.parametrize("given", [None, 1, "", "a b", "a/b", "x" * 101, "ü"])
def test_what_is_no_id_of_a_sample_set_is_refused(given: object) -> None:
    with pytest.raises(BadInput):
        limits.checked_sample_set(given)
