"""Settings: everything that is set for a function, and what is hidden before anything of a text is kept."""

import pytest
from playwright.sync_api import Page, expect

from noria.errors import BadInput
from noria.server.dashboard.settings import within

from .test_accessibility import findings


def test_settings_are_changed_and_told(page: Page, pets) -> None:
    pets.trained()
    page.goto(f"{pets.url}/capture")
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("textbox", name="Name", exact=True).first.fill("animals")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator(".note")).to_contain_text("Renamed")
    page.get_by_label("Days that a capture waits").fill("7.5")
    page.get_by_label("Hours for which").fill("0.5")
    page.get_by_label("Days after which captured samples").fill("90")
    expect(page.locator("#would-delete")).to_have_text("Would delete 0 samples today.")
    page.get_by_role("button", name="Save how long").click()
    expect(page.locator(".note")).to_contain_text("Saved")
    page.get_by_label("Every so-manieth").fill("6")
    page.get_by_role("button", name="Save labelling").click()
    expect(page.get_by_label("Every so-manieth")).to_have_value("6")
    kept = pets.http.get(f"{pets.api}/capture").json()
    assert (kept["expireAfterDays"], kept["feedbackWindowS"], kept["blindEvery"]) == (7.5, 1800, 6)
    assert kept["deleteAfterDays"] == 90
    page.get_by_label("It waits for a person").check()
    page.get_by_role("button", name="Save going live").click()
    expect(page.locator(".note")).to_contain_text("wait on Versions")
    expect(page.get_by_label("It waits for a person")).to_be_checked()
    page.get_by_label("It goes live by itself").check()
    page.get_by_role("button", name="Save going live").click()
    expect(page.locator(".note")).to_contain_text("by themselves")


def test_what_is_hidden_is_tried_first_and_holds_from_the_next_call_on(page: Page, pets, sized_page) -> None:
    pets.teach("old joe@example.com", "cat")
    page.goto(f"{pets.url}/settings#redaction")
    page.get_by_label("Email addresses").check()
    page.get_by_label("Word in brackets").first.fill("customer")
    page.get_by_label("Pattern", exact=True).first.fill("(")
    page.get_by_label("A text to try").fill("joe@example.com is <b>C-1234</b>")
    expect(page.locator("#tried-said")).to_contain_text("can't be read")
    page.get_by_label("Pattern", exact=True).first.fill("C-[0-9]{4}")
    expect(page.locator("#tried")).to_have_text("[email] is <b>[customer]</b>")
    expect(page.locator("#tried-said")).to_have_text("2 places hidden.")
    page.get_by_role("button", name="Save what is hidden").click()
    expect(page.locator(".note")).to_contain_text("[email], [customer]")
    expect(page.locator("#redaction")).to_contain_text("1 sample of the newest 1 holds such things already")
    pets.captured(["ask joe@example.com about C-1234"])
    captured = pets.samples(origin="InvokeCapture")
    assert [sample["data"] for sample in captured] == ["ask [email] about [customer]"]
    for width in (360, 1280):
        page = sized_page(width)
        page.goto(f"{pets.url}/settings")
        page.get_by_label("A text to try").fill("joe@example.com")
        page.get_by_label("Samples a day, about").fill("50")
        expect(page.get_by_role("region", name="Preview")).to_contain_text("The last 24 hours")
        expect(page.locator("#tried")).to_have_text("[email]")
        page.get_by_text("Rules of your own").click()
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("text", ["", "many", "0", "4000", "nan", "-1", "inf"])
def test_what_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        within(text, 0.01, 3650, "The number of days")
