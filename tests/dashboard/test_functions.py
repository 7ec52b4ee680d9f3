"""The list of functions and the form that makes one."""

import re

from playwright.sync_api import Page, expect

from .test_accessibility import findings


def test_a_function_is_made_by_a_form(page: Page) -> None:
    page.goto("/functions/new")
    page.get_by_label("Name").fill("Support mail")
    page.get_by_label("Labels, one a line").fill("refund\n delivery \n\nrefund\nother")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="No calls yet")).to_be_visible()
    page.get_by_role("link", name="Samples", exact=True).click()
    expect(page.locator(".label-list bdi")).to_have_text(["delivery", "other", "refund"])


def test_a_function_without_a_name_is_refused_and_its_labels_stay(page: Page) -> None:
    page.goto("/functions/new")
    page.get_by_label("Name").fill("   ")
    page.get_by_label("Labels, one a line").fill("refund")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("alert")).to_contain_text("needs a name")
    expect(page.get_by_label("Labels, one a line")).to_have_value("refund")


def test_the_list_says_how_each_function_does(page: Page, new_function, sized_page) -> None:
    new_function("lonely", labels=("one",))
    new_function("busy bees").captured([f"meow {i}" for i in range(3)])
    page.goto("/functions?named=LONELY")
    card = page.get_by_role("listitem")
    expect(card).to_contain_text("Needs 1 label more")
    expect(card).to_contain_text("No calls in the last 14 days")
    page.get_by_label("Name").fill("BEES")
    page.keyboard.press("Enter")
    card = page.get_by_role("listitem").filter(has_text="busy bees")
    expect(card).to_contain_text("3 to label")
    expect(card).to_contain_text("Live accuracy after")  # they come by themselves
    expect(card.get_by_role("img")).to_have_accessible_name(
        re.compile(r"Calls a day in the last 14 days: 3 in all, 3 today")
    )
    page.get_by_label("Name").fill("nothing like it")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("No function has")).to_be_visible()
    page.get_by_role("link", name="All functions").click()
    expect(page.get_by_role("listitem").filter(has_text="pets").or_(card).first).to_be_visible()
    for width in (360, 1280):
        page = sized_page(width)
        page.goto("/functions?named=bees")
        expect(page.get_by_role("img", name="Calls a day")).to_be_visible()
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_function_without_labels_teaches_what_comes_first(page: Page, new_function) -> None:
    page.goto(f"{new_function(labels=()).url}/capture")
    page.get_by_role("link", name="Add labels").click()
    page.get_by_label("One a line").fill("spam\nham")
    page.get_by_role("button", name="Add", exact=True).first.click()
    expect(page.get_by_role("status").first).to_contain_text("Added 2 labels")


def test_a_function_is_deleted_only_when_its_name_is_typed(page: Page, pets) -> None:
    page.goto(f"{pets.url}/integrate")
    page.get_by_role("link", name="Rename, copy or delete").click()
    page.get_by_label("To delete it").fill("dogs")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.locator(".note.refused")).to_contain_text("Nothing is deleted")
    page.get_by_label("To delete it").fill("pets")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.locator(".note.done")).to_contain_text("is deleted")
    assert page.context.request.get(f"{pets.url}/capture").status == 404


def test_the_address_that_existing_clients_print_leads_to_the_samples(page: Page, pets) -> None:
    page.goto(f"/console/functions/{pets.id}/train")
    expect(page.get_by_role("heading", name="Samples", exact=True)).to_be_visible()
