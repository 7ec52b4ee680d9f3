"""Groups that look new stand on Capture: named in one go, with some left out, or dismissed."""

import pytest
from playwright.sync_api import Page, expect
from running_server import wait_for

PARROTS = [
    f"polly the parrot wants a cracker {end}"
    for end in ("now", "today", "again", "please", "and squawks", "always")
]


@pytest.fixture
def queue(pets):
    """A function of cats and dogs to which somebody sends parrots."""
    return pets.taught().captured(PARROTS)


def test_a_group_is_named_without_the_one_left_out(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    group = page.locator(".group")
    expect(group.get_by_role("heading")).to_have_text("6 items look alike and like nothing you have")
    group.get_by_text("See all and choose").press("Enter")
    left_out = group.get_by_role("checkbox").nth(2)
    text = left_out.locator("xpath=..").inner_text().strip()
    left_out.press("Space")
    expect(group.get_by_role("button", name="Label 5 items")).to_be_enabled()
    field = group.get_by_label("What are they?")
    field.fill("parrot")
    field.press("Enter")
    expect(group.locator(".none-yet")).to_contain_text("“parrot” is none of your labels yet")
    field.press("Enter")
    expect(page.locator("#latest")).to_have_text("parrot — a group of 5 items.")  # it is saved
    expect(page.locator("#sitting")).to_contain_text("5 labels in this sitting · all saved")
    assert {one for one in PARROTS if queue.label_of(one) == "parrot"} == {*PARROTS} - {text}
    expect(page.locator("#text")).to_have_text(text)  # still waits
    expect(page.locator(".group")).to_have_count(0)


def test_undo_brings_a_named_group_back_as_one_on_the_line_and_off_it(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    group, names = page.locator(".group"), "**/capture/groups/name"
    page.route(names, lambda route: route.abort())
    group.get_by_label("What are they?").fill("parrot")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("1 answer waits in this browser")
    expect(group).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator("#latest")).to_have_text("Taken back: 6 items wait again")
    page.unroute(names)
    expect(page.locator("#known-labels option")).not_to_have_count(0)  # names are offered as before
    group.get_by_text("See all and choose").click()
    group.get_by_role("checkbox").first.uncheck()
    group.get_by_label("What are they?").press("Enter")
    expect(page.locator("#sitting")).to_contain_text("all saved")
    assert sum(queue.label_of(one) == "parrot" for one in PARROTS) == 5
    page.keyboard.press("2")  # what was left out is on the card
    expect(page.get_by_role("heading", name="All labelled")).to_be_visible()
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(page.locator("#latest")).to_have_text("Taken back: 5 items wait again")
    expect(group.get_by_role("button", name="Label 5 items")).to_be_visible()
    wait_for(lambda: not any(queue.label_of(one) for one in PARROTS), what="the undo")
    expect(page.locator("#text")).to_be_visible()
    group.get_by_role("button", name="Label 5 items").click()
    expect(page.locator("#sitting")).to_contain_text("all saved")
    page.reload()
    expect(page.locator("#sitting")).to_have_text("")
    page.keyboard.press("u")  # also after a reload
    expect(page.locator("#latest")).to_contain_text("Taken back (parrot): 5 items wait again")
    wait_for(lambda: not any(queue.label_of(one) for one in PARROTS), what="the later undo")


def test_long_texts_of_a_group_stay_in_its_frame(page: Page, pets) -> None:
    pets.taught().captured([f"{one} {'and a cracker for polly ' * 12}" for one in PARROTS])
    page.goto(f"{pets.url}/capture")
    expect(page.locator(".group .examples li")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_group_can_have_a_label_that_is_there(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    page.get_by_label("What are they?").fill("dog")
    page.get_by_role("button", name="Label 6 items").click()
    wait_for(lambda: all(queue.label_of(one) == "dog" for one in PARROTS), what="the labels")


def test_a_dismissed_group_stays_away(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    group = page.locator(".group")
    group.get_by_text("See all and choose").click()
    for box in group.get_by_role("checkbox").all()[:4]:
        box.uncheck()  # all of it is dismissed, whatever is marked
    group.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".note.done")).to_contain_text("Dismissed")
    page.reload()
    expect(page.locator("#groups")).to_have_attribute("aria-busy", "false")
    expect(group).to_have_count(0)
    assert queue.http.get(f"{queue.api}/capture").json()["open"] == len(PARROTS)


def test_nothing_marked_names_nothing(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    group = page.locator(".group")
    group.get_by_text("See all and choose").click()
    for box in group.get_by_role("checkbox").all():
        box.uncheck()
    expect(group.get_by_role("button", name="Label 0 items")).to_be_disabled()
