"""Labels to check, by one key each."""

import pytest
from playwright.sync_api import Page, expect
from running_server import wait_for

SLIP = "kitten meow purr meow"


@pytest.fixture
def slipped(pets):  # type: ignore[no-untyped-def]
    """A function with a cat that is called a dog."""
    for n in "abcdefgh":
        pets.teach(f"meow purr kitten {n}", "cat")
        pets.teach(f"woof bark fetch {n}", "dog")
    pets.teach(SLIP, "dog")
    pets.taught()
    wait_for(
        lambda: any(e["sample"]["data"] == SLIP for e in pets.http.get(f"{pets.api}/label-errors").json()),
        what="a suspicion",
    )
    return pets


def test_a_label_is_changed_by_a_key(page: Page, slipped) -> None:  # type: ignore[no-untyped-def]
    page.goto(f"{slipped.url}/samples")
    page.get_by_role("link", name="to check").click()
    page.locator(".check", has_text=SLIP).focus()
    page.keyboard.press("t")
    expect(page.locator(".check", has_text=SLIP)).to_have_count(0)
    assert slipped.label_of(SLIP) == "cat"


def test_a_label_is_kept_by_a_key(page: Page, slipped) -> None:  # type: ignore[no-untyped-def]
    page.goto(f"{slipped.url}/samples/check")
    page.locator(".check", has_text=SLIP).focus()
    page.keyboard.press("k")
    expect(page.locator(".check", has_text=SLIP)).to_have_count(0)
    assert slipped.label_of(SLIP) == "dog"
    page.reload()
    expect(page.locator(".check", has_text=SLIP)).to_have_count(0)
