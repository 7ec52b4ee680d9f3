"""Rules of the user's own, written and tried out on the Settings page."""

import pytest
from playwright.sync_api import Page, expect

TEXTS = [f"meow number {n}" for n in range(6)]


@pytest.fixture
def rules(page: Page, pets):  # type: ignore[no-untyped-def]
    """The rules of a function with six captures, opened."""
    function = pets.trained().captured(TEXTS)
    page.goto(f"{function.url}/settings")
    page.get_by_text("Rules of your own").click()
    return function


def test_a_rule_is_tried_out_while_it_is_written(page: Page, rules) -> None:  # type: ignore[no-untyped-def]
    page.get_by_label("Capture calls where").fill("confidence >= 0")
    expect(page.locator(".rule-said")).to_contain_text("6 of the last 6 captures match")


def test_what_is_wrong_is_said_and_not_sent(page: Page, rules) -> None:  # type: ignore[no-untyped-def]
    page.get_by_label("Capture calls where").fill('lable == "cat"')
    expect(page.locator(".rule-said")).to_contain_text(
        "“lable”: There is nothing called lable. Did you mean label?"
    )
    page.get_by_role("button", name="Save rules").click()
    assert rules.http.get(f"{rules.api}/capture").json()["rules"] == []


def test_a_rule_is_saved_and_deleted(page: Page, rules) -> None:  # type: ignore[no-untyped-def]
    page.get_by_label("Capture calls where").fill('label == "cat"')
    page.locator(".rule").get_by_label("Name", exact=True).fill("cats")
    page.get_by_role("button", name="Save rules").click()
    expect(page.locator(".note.done")).to_contain_text("1 rule of yours is asked too")
    kept = {"name": "cats", "expression": 'label == "cat"', "words": ""}
    assert rules.http.get(f"{rules.api}/capture").json()["rules"] == [kept]
    page.get_by_label("Capture calls where").first.fill("")
    page.get_by_role("button", name="Save rules").click()
    expect(page.locator(".note.done")).to_contain_text("no rules of your own")
    assert rules.http.get(f"{rules.api}/capture").json()["rules"] == []
