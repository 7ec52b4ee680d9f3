"""Sweeping to leave out: a mouse, a finger or keys pass over members of a group, and over cells of the grid."""

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

PARROTS = [
    f"polly the parrot wants a cracker {end}"
    for end in ("now", "today", "again", "please", "or two", "always")
]


@pytest.fixture
def queue(pets):
    """A function of cats and dogs to which somebody sends parrots."""
    return pets.taught().captured(PARROTS)


def middle(place: Locator) -> tuple[float, float]:
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def sweep(page: Page, start: Locator, end: Locator) -> None:
    page.mouse.move(*middle(start))
    page.mouse.down()
    page.mouse.move(*middle(end))  # in one go: those between are passed all the same
    page.mouse.up()


class Finger:
    def __init__(self, page: Page) -> None:
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def at(self, what: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        self.cdp.send("Input.dispatchTouchEvent", {"type": what, "touchPoints": touches})


def test_members_are_swept_out_and_in_by_mouse_finger_and_keys(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    group = page.locator(".group")
    group.get_by_text("See all and choose").click()
    cells, boxes, said = group.locator(".member"), group.get_by_role("checkbox"), group.locator(".left-out")

    sweep(page, cells.nth(1), cells.nth(4))
    expect(said).to_have_text("4 items left out. 4 left out, 2 items get the label.")
    expect(group.get_by_role("button", name="Label 2 items")).to_be_visible()
    sweep(page, cells.nth(3), cells.nth(2))  # begun on one that is out: in again
    expect(said).to_contain_text("2 left out, 4 items get the label.")
    cells.nth(1).click()  # one alone
    expect(said).to_have_text("1 left out, 5 items get the label.")

    boxes.nth(4).focus()
    page.keyboard.press("Space")
    expect(boxes.nth(4)).to_be_checked()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowUp")  # goes on with what Space began
    page.keyboard.press("Shift+ArrowUp")
    assert [box.is_checked() for box in boxes.all()] == [True, False, False, False, True, True]
    expect(boxes.nth(1)).to_be_focused()

    finger = Finger(page)
    here, there = middle(cells.nth(1)), middle(cells.nth(3))
    finger.at("touchStart", here)
    page.wait_for_timeout(450)  # held still
    for step in range(1, 5):
        finger.at("touchMove", (here[0], here[1] + (there[1] - here[1]) * step / 4))
    finger.at("touchEnd")
    expect(group.get_by_role("button", name="Label 6 items")).to_be_visible()

    finger.at("touchStart", there)
    for step in range(1, 9):
        finger.at("touchMove", (there[0], there[1] - 12 * step))  # at once: this scrolls
    finger.at("touchEnd")
    page.wait_for_timeout(200)
    assert all(box.is_checked() for box in boxes.all())
    assert page.evaluate("scrollY + document.querySelector('.members').scrollTop") > 0
