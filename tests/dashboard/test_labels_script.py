"""Finding a label by a few letters, in the browser that does it."""

import pytest
from playwright.sync_api import Page

FIND = """async ([names, typed]) => {
  const { prepared, matching } = await import("/static/now/labels.js");
  return matching(prepared(names.map((name, id) => ({ id: String(id), name }))), typed).map((label) => label.name);
}"""
BANK = [
    "card_arrival",
    "card_acceptance",
    "lost_or_stolen_card",
    "Refund not showing up",
    "top_up_failed",
    "عربي",
]


@pytest.fixture(scope="module")
def find(browser, server):
    context = browser.new_context(base_url=server.url)
    page: Page = context.new_page()
    page.goto("/sign-in")
    yield lambda typed, names=BANK: page.evaluate(FIND, [names, typed])
    context.close()


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("card_a", "card_arrival"),
        ("card acc", "card_acceptance"),
        ("caac", "card_acceptance"),
        ("stolen", "lost_or_stolen_card"),
        ("losc", "lost_or_stolen_card"),
        ("REFUND", "Refund not showing up"),
        ("rnsu", "Refund not showing up"),
        ("tuf", "top_up_failed"),
        ("fail", "top_up_failed"),
        ("عر", "عربي"),
    ],
)
def test_a_few_letters_find_the_label(find, typed: str, first: str) -> None:
    assert find(typed)[0] == first


def test_nothing_typed_is_every_label_in_order(find) -> None:
    assert find("  ") == BANK


def test_letters_of_no_label_find_none(find) -> None:
    assert find("qqq") == []


def test_a_whole_name_comes_before_longer_ones(find) -> None:
    assert find("card", ["card_arrival", "my card", "card"])[0] == "card"


def test_what_begins_so_comes_before_words_that_do_and_these_before_the_rest(find) -> None:
    names = ["pay_me", "declined_card_pay", "discard_paying", "card_payment_fee_charged", "cardigan"]
    assert find("card pay", names) == ["card_payment_fee_charged", "declined_card_pay", "discard_paying"]
    assert find("card", names)[:2] == ["cardigan", "card_payment_fee_charged"]


def test_a_very_long_name_is_searched_at_once(find) -> None:
    names = ["a_" * 90 + "x"] * 200
    assert find("a" * 40 + "q", names) == []
