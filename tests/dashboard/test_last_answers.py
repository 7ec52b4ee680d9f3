"""Your last answers: a list that outlives the page, to take back and to change, and only one's own."""

import pytest
from dashboard.test_accessibility import findings
from dashboard.test_capture import saved, shown
from playwright.sync_api import Page, expect
from running_server import wait_for

TEXTS = [f"meow number {n}" for n in range(6)]


@pytest.fixture
def queue(pets):
    return pets.trained().captured(TEXTS)


def test_answers_are_listed_taken_back_and_changed_after_a_reload(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    given = []
    for key in ("1", "2", "1", "s"):
        given.append(shown(page))
        page.keyboard.press(key)
    saved(page)
    page.reload()
    page.keyboard.press("=")
    rows = page.locator("#last-answers li")
    expect(rows.locator("strong")).to_have_text(["Skipped", "cat", "dog", "cat"])
    expect(rows.first).to_contain_text(given[3])
    expect(rows.first.get_by_role("button", name="Take back")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1).get_by_role("button", name="Take back")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("u")
    expect(page.locator("#last-said")).to_have_text("1 item waits again, for you to answer next.")
    expect(rows).to_have_count(3)

    rows.nth(1).get_by_role("button", name="Change").click()
    rows.nth(1).get_by_role("combobox").select_option("cat")
    rows.nth(1).get_by_role("button", name="Save").click()
    expect(page.locator("#last-said")).to_have_text("1 item has cat now.")
    assert queue.label_of(given[1]) == "cat"
    page.keyboard.press("Escape")
    assert shown(page) == given[3]  # the skipped one

    page.reload()
    page.keyboard.press("u")  # there is nothing of this page: the newest of the list
    expect(page.locator("#text")).to_have_text(given[2])
    wait_for(lambda: queue.label_of(given[2]) is None, what="the undo")
    page.keyboard.press("2")
    saved(page)
    assert queue.label_of(given[2]) == "dog"
    page.goto(f"/audit?function={queue.id}&what=changes")
    expect(page.get_by_role("row", name="Capture answer")).to_contain_text("skipped")
    expect(page.get_by_role("row", name="Take back answer")).to_contain_text("skipped")


def test_what_somebody_else_changed_since_is_said_and_stays(page: Page, queue, http) -> None:
    page.goto(f"{queue.url}/capture")
    first = shown(page)
    page.keyboard.press("1")
    second = shown(page)
    page.keyboard.press("1")
    saved(page)
    for text in (first, second):
        (sample,) = queue.samples(searchText=text)
        http.put(f"{queue.api}/samples/{sample['id']}/annotation", json={"labelName": "dog"})
    page.keyboard.press("u")
    expect(page.get_by_role("alert")).to_contain_text("has labelled it dog since.")
    page.reload()
    page.keyboard.press("u")
    expect(page.locator("#latest")).to_contain_text(f"“{first}” stays: ")
    assert [queue.label_of(text) for text in (first, second)] == ["dog", "dog"]
    page.keyboard.press("=")
    expect(page.locator("#last-answers .since")).to_contain_text("has labelled it dog since.")
    expect(page.locator("#last-answers li button")).to_have_count(0)


def test_the_list_has_no_findings_and_teaches_while_empty(sized_page, queue) -> None:
    page = sized_page(360)
    page.goto(f"{queue.url}/capture")
    page.keyboard.press("=")
    expect(page.locator("#last-none")).to_be_visible()
    assert findings(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.keyboard.press("s")
    saved(page)
    page.keyboard.press("=")
    page.get_by_role("button", name="Change").last.click()
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
