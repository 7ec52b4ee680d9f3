"""Near copies come together, and one key labels them all."""

import pytest
from playwright.sync_api import Page, expect
from running_server import wait_for

WORDS = "the white cat that lives next door has been sitting on my warm sofa all day long and will not leave"
COPIES = [f"{WORDS} {end}" for end in ("please", "please!", "please ?", "Please", "please,", "PLEASE")]
OTHERS = ["woof says the terrier", "who barks at the post at night"]


@pytest.fixture
def queue(pets):
    """A trained function with six near copies and two other texts in its queue."""
    return pets.trained().captured([*COPIES, *OTHERS])


def until_copies(page: Page) -> int:
    """Skip until copies are on show; how many come with the first of them."""
    while page.locator("#alike").is_hidden():
        page.keyboard.press("s")
    return page.locator("#alike li").count()


def copies_labelled(queue, label: str | None) -> int:
    return sum(queue.label_of(text) == label for text in COPIES)


def test_one_key_labels_near_copies_and_one_takes_them_back(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    n = until_copies(page)
    assert n >= 2
    expect(page.locator("#alike-words")).to_contain_text(f"{n} near copies too")
    page.keyboard.press("2")
    wait_for(lambda: copies_labelled(queue, "dog") == n + 1, what="their labels")
    expect(page.locator("#receipts")).to_contain_text(f"with {n} near copies")
    page.keyboard.press("u")
    wait_for(lambda: copies_labelled(queue, "dog") == 0, what="the undo")
    expect(page.locator("#alike li")).to_have_count(n)


def test_near_copies_can_be_asked_one_by_one(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    n = until_copies(page)
    first, second = page.locator("#text").inner_text(), page.locator("#alike li").first.inner_text()
    page.keyboard.press("x")
    expect(page.locator("#alike")).to_be_hidden()
    page.keyboard.press("1")
    expect(page.locator("#text")).to_have_text(second)
    page.keyboard.press("2")
    wait_for(lambda: (queue.label_of(first), queue.label_of(second)) == ("cat", "dog"), what="both labels")
    assert copies_labelled(queue, None) == len(COPIES) - 2
    assert n >= 2


def test_skipping_skips_the_copies(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    until_copies(page)
    alike = page.locator("#alike li").all_inner_texts()
    page.keyboard.press("s")
    expect(page.locator("#sitting")).not_to_contain_text("on the way")
    page.reload()
    left = []
    while page.locator("#job").is_visible():
        left += [page.locator("#text").inner_text(), *page.locator("#alike li").all_inner_texts()]
        page.keyboard.press("s")
    assert alike
    assert set(alike).isdisjoint(left)
