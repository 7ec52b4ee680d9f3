"""Alerts on Integrate: added, tested and removed by hand."""

import re

from playwright.sync_api import Page, expect


def test_a_webhook_is_added_tested_and_removed(page: Page, pets) -> None:
    page.goto(f"{pets.url}/integrate")
    alerts = page.locator("#alerts")
    expect(alerts).to_contain_text("Nothing is sent unless you add one here")
    alerts.get_by_label("Address").fill("http://127.0.0.1:9/noria")
    alerts.get_by_role("button", name="Add").click()
    expect(page.get_by_role("status").first).to_contain_text(re.compile("shown this once: whsec_"))
    expect(alerts).to_contain_text("http://127.0.0.1:9/noria")
    alerts.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("status").first).to_contain_text("on its way")
    page.wait_for_timeout(2500)
    page.reload()
    expect(alerts).to_contain_text("not one of the public internet")
    alerts.get_by_text("Remove", exact=True).click()
    alerts.get_by_role("button", name="Remove for good").click()
    expect(alerts).not_to_contain_text("127.0.0.1:9")


def test_a_floor_is_asked_for_with_accuracy(page: Page, pets) -> None:
    page.goto(f"{pets.url}/integrate")
    alerts = page.locator("#alerts")
    alerts.get_by_label("Address").fill("https://example.com/noria")
    alerts.get_by_role("checkbox", name="accuracy").check()
    alerts.get_by_label("Floor in percent").fill("92.5")
    alerts.get_by_role("button", name="Add").click()
    expect(alerts).to_contain_text("accuracy falls below")
    assert pets.http.get(f"{pets.api}/webhooks").json()[0]["accuracyFloor"] == 0.925
