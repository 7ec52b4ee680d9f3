"""Trying a function by hand."""

from playwright.sync_api import Browser, Page, expect
from running_server import RunningServer, wait_for

from .test_accessibility import findings


def test_an_answer_appears_below_the_text(page: Page, pets) -> None:
    pets.trained()
    page.goto(f"{pets.url}/invoke")
    page.get_by_label("Text").fill("meow meow purr")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer .big")).to_have_text("cat")
    expect(page.locator("#answer .bars li")).to_have_count(2)
    page.get_by_text("as a client gets it").click()
    expect(page.locator("#answer pre")).to_contain_text('"labelName": "cat"')


def test_tries_stay_outside_capture_and_figures(page: Page, pets) -> None:
    pets.captured([])
    page.goto(f"{pets.url}/invoke")
    page.get_by_label("Text").fill("meow")
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("#answer .big")).to_be_visible()
    assert pets.samples(origin="InvokeCapture") == []
    assert pets.http.get(f"{pets.api}/live").json()["calls"] == 0


def test_an_empty_text_is_refused_in_words(page: Page, pets) -> None:
    page.goto(f"{pets.url}/invoke")
    page.get_by_label("Text").fill("   ")
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("#answer .refused")).to_be_visible()


def test_it_answers_without_script(browser: Browser, server: RunningServer, signed_in, pets) -> None:
    context = browser.new_context(base_url=server.url, storage_state=signed_in, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{pets.url}/invoke")
    page.get_by_label("Text").fill("meow")
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("#answer .bars li")).to_have_count(2)
    context.close()


def test_versions_answer_side_by_side(page: Page, pets) -> None:
    pets.trained()
    pets.teach("woof bark yap yap", "cat")
    wait_for(lambda: len(pets.models()) > 1 and not pets.busy(), what="a second version")
    page.goto(f"{pets.url}/invoke")
    page.get_by_text("Versions side by side").click()
    page.get_by_label("version 1", exact=True).check()
    page.get_by_label("Text").fill("yap yap")
    page.keyboard.press("Control+Enter")
    columns = page.locator(".sides thead th")
    expect(columns).to_have_count(3)
    expect(columns.nth(2)).to_have_text("Version 1")
    expect(page.locator(".sides tbody tr")).to_have_count(3)  # the answer, and both labels
    assert findings(page) == []
    page.reload()
    expect(page.get_by_label("version 1", exact=True)).to_be_checked()
    page.get_by_label("version 1", exact=True).uncheck()
    page.get_by_label("Text").fill("yap yap")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer .big")).to_be_visible()
    assert pets.samples(origin="InvokeCapture") == []
    assert pets.http.get(f"{pets.api}/live").json()["calls"] == 0
