"""What is left of a long text when it is folded, in the browser that does it."""

import pytest
from playwright.sync_api import Page

FOLD = """async ([text, pieces]) => {
  const { foldable, inUnits } = await import("/static/now/folding.js");
  return foldable(text, inUnits(text, pieces))?.map(([from, to]) => text.slice(from, to)) ?? null;
}"""
DULL = "Nothing of note was said here today. "
TELLING = "The goal of the match."


@pytest.fixture(scope="module")
def fold(browser, server):
    """The parts that are left of a text, whose telling pieces are given in Python's characters."""
    context = browser.new_context(base_url=server.url)
    page: Page = context.new_page()
    page.goto("/sign-in")
    yield lambda text, *pieces: page.evaluate(
        FOLD, [text, [[text.index(p), text.index(p) + len(p)] for p in pieces]]
    )
    context.close()


def test_the_beginning_and_what_tells_are_left(fold) -> None:
    left = fold(DULL * 15 + TELLING + " " + DULL * 15, TELLING)
    assert left[1:] == [TELLING]
    assert (DULL * 15).startswith(left[0])
    assert 100 < len(left[0]) <= 140
    assert left[0] == left[0].strip()


def test_a_piece_in_the_beginning_is_not_shown_twice(fold) -> None:
    (only,) = fold(TELLING + " " + DULL * 20, TELLING)
    assert only.count(TELLING) == 1


def test_a_piece_across_the_end_of_the_beginning_stays_whole(fold) -> None:
    text = DULL * 3 + "The very long tale of how the goal of the match was scored. " + DULL * 20
    (only,) = fold(text, "The very long tale of how the goal of the match was scored.")
    assert only.endswith("was scored.")


def test_pieces_side_by_side_are_one_part(fold) -> None:
    left = fold(DULL * 15 + TELLING + " Another goal. " + DULL * 10, TELLING, "Another goal.")
    assert left[1:] == [f"{TELLING} Another goal."]


def test_places_are_counted_in_characters(fold) -> None:
    assert fold("🦜" + DULL * 10 + "👩‍👧" + DULL * 10 + TELLING, TELLING)[1:] == [TELLING]


def test_no_character_is_cut_where_there_are_no_blanks(fold) -> None:
    left = fold("👩‍👩‍👧" * 300 + TELLING, TELLING)
    assert left[0] == "👩‍👩‍👧" * (len(left[0]) // len("👩‍👩‍👧"))
    assert left[1:] == [TELLING]


@pytest.mark.parametrize(
    ("text", "pieces"), [(DULL + TELLING, [TELLING]), (DULL * 30, []), (DULL * 20 + TELLING, [DULL * 19])]
)
def test_a_text_stays_whole_where_little_is_won(fold, text: str, pieces: list[str]) -> None:
    assert fold(text, *pieces) is None
