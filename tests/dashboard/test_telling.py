"""A long text is folded to what tells in it, with the words marked that the model's answer leans on."""

import pytest
from dashboard.test_accessibility import findings
from playwright.sync_api import Page, expect
from running_server import wait_for

DULL = (
    "Nothing else of any note is told of this long and quiet day in the house. ",
    "It rained until the late afternoon, and then the sun came out. ",
    "The train to the town left on time and was nearly empty. ",
    "We had tea at five o'clock. ",
)
TELLING = "meow purr whiskers, kitten meow milk."
TEXTS = [
    f"🦜 Item {n}: {dull * (400 // len(dull))}{TELLING} {dull * (400 // len(dull))}"
    for n, dull in enumerate(DULL)
]


@pytest.fixture
def queue(pets):
    """Long texts that wait, none of them blind."""
    pets.trained().http.put(f"{pets.api}/capture", json={"blindEvery": 0})
    return pets.captured(TEXTS)


def marks(page: Page) -> list[str]:
    expect(page.locator("#telling")).to_contain_text("Marked: what Noria's answer, \u2068cat\u2069, leans on")
    return page.locator("#text mark").all_inner_texts()


def asked(page: Page) -> list[str]:
    """The samples whose words are asked for, as they are."""
    ids: list[str] = []
    page.on(
        "request",
        lambda request: (
            ids.append(request.url.split("/")[-1].split("?")[0]) if "/telling/" in request.url else None
        ),
    )
    return ids


def test_a_long_text_is_folded_to_its_beginning_and_what_tells_and_a_key_shows_all(page: Page, queue) -> None:
    ids = asked(page)
    page.goto(f"{queue.url}/capture")
    text = page.locator("#text")
    assert marks(page) == ["meow", "meow"]
    folded = text.inner_text()
    assert folded.startswith("🦜 Item")
    assert f" … {TELLING} …" in folded
    page.keyboard.press("-")
    whole = next(each for each in TEXTS if each.startswith(folded[:8]))
    expect(text).to_have_text(whole)
    assert marks(page) == ["meow", "meow"]
    page.get_by_role("button", name="Fold").click()
    assert text.inner_text() == folded
    wait_for(lambda: page.wait_for_timeout(50) or len(ids) >= 2, what="the next item's question")
    page.wait_for_timeout(500)
    page.keyboard.press("1")
    assert text.inner_text() != folded
    assert marks(page) == ["meow", "meow"]
    page.keyboard.press("u")
    assert text.inner_text() == folded
    assert len(set(ids)) == len(ids)  # nothing is asked twice


def test_a_blind_text_is_neither_marked_nor_asked_about(page: Page, queue) -> None:
    queue.http.put(f"{queue.api}/capture", json={"blindEvery": 1})
    ids = asked(page)
    page.goto(f"{queue.url}/capture")
    for _ in range(2):
        expect(page.locator("#why")).to_contain_text("A blind one")
        page.wait_for_timeout(300)
        expect(page.locator("#telling")).to_be_hidden()
        page.keyboard.press("1")
    assert page.locator("mark").count() == 0
    assert ids == []


def test_a_text_is_there_without_marks_when_they_do_not_come(page: Page, queue) -> None:
    page.route("**/telling/**", lambda route: route.abort())
    page.goto(f"{queue.url}/capture")
    expect(page.locator("#telling > span")).to_have_text("")
    assert page.locator("#text").inner_text() in TEXTS
    page.keyboard.press("1")
    expect(page.locator("#sitting")).to_contain_text("all saved")


def test_marks_that_come_late_leave_a_text_alone_that_somebody_has_in_hand(page: Page, queue) -> None:
    held = []
    page.route("**/telling/**", lambda route: held.append(route))
    page.goto(f"{queue.url}/capture")
    text = page.locator("#text")
    text.hover()
    whole = text.inner_text()
    wait_for(lambda: page.wait_for_timeout(50) or held, what="the question")
    before = page.locator("#choices").bounding_box()
    held.pop().continue_()
    assert marks(page) == ["meow", "meow"]
    assert text.inner_text() == whole
    assert page.locator("#choices").bounding_box() == before
    page.keyboard.press("-")
    assert " … " in text.inner_text()


@pytest.mark.parametrize("width", [360, 1280])
def test_marks_have_no_findings(sized_page, queue, width: int) -> None:
    page = sized_page(width)
    page.goto(f"{queue.url}/capture")
    marks(page)
    page.wait_for_timeout(600)  # colours that fade in are judged once they are there
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
