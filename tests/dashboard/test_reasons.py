"""What the reasons mean, a click away from where they stand."""

import re

from playwright.sync_api import Page, expect

from noria.capture.rules import rules


def test_each_rule_is_explained_with_its_share(page: Page, pets) -> None:  # type: ignore[no-untyped-def]
    page.goto(f"{pets.url}/capture/reasons")
    assert page.locator("section.box").count() == len(rules())
    expect(page.locator("#LowConfidence")).to_contain_text("55 % of the captures")
    expect(page.locator("#Novel")).to_contain_text("no share in this function")


def test_the_reasons_of_an_item_lead_to_the_strongest(page: Page, pets) -> None:  # type: ignore[no-untyped-def]
    pets.trained().captured(["meow one"])
    pets.http.put(f"{pets.api}/capture", json={"blindEvery": 0})
    page.goto(f"{pets.url}/capture")
    more = page.get_by_role("link", name="What the reasons mean")
    expect(more).to_have_attribute("href", re.compile(r"/capture/reasons#(Random|LowConfidence|RareClass)$"))
