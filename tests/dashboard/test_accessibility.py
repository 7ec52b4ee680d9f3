"""Pages for everyone: axe-core finds nothing, light and dark, wide and narrow."""

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
PAGES = (
    "capture",
    "samples",
    "samples/import",
    "labels",
    "invoke",
    "metrics",
    "versions",
    "team",
    "integrate",
    "settings",
)


# Colours that fade in are judged once they are there; what moves without end is not waited for.
SETTLED = """() => Promise.race([
  Promise.allSettled(document.getAnimations().map((each) => each.finished)),
  new Promise((late) => setTimeout(late, 1500)),
])"""


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]
RUN = "([type, values]) => axe.run(document, { runOnly: { type, values }, resultTypes: ['violations'] })"


def findings(page: Page) -> list[str]:
    """What axe-core finds on the page in light and in dark, which differ in nothing but colours."""
    page.evaluate(AXE)
    return [
        f"{scheme}: {violation['id']}: {node['html'][:150]} ({node['failureSummary'][:200]})"
        for scheme, type, rules in (("dark", "rule", OF_COLOURS), ("light", "tag", RULES))
        for violation in _found(page, scheme, type, rules)
        for node in violation["nodes"]
    ]


def _found(page: Page, scheme: Literal["light", "dark"], type: str, rules: list[str]) -> list[Any]:
    # Without motion: an answer that arrives meanwhile would be judged while it fades in.
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate(SETTLED)
    return page.evaluate(RUN, [type, rules])["violations"]


def test_pages_in_use_have_no_findings(sized_page, pets) -> None:
    pets.trained().captured([f"meow {i}" for i in range(6)])
    page = sized_page(1280)
    for name in PAGES:
        page.goto(f"{pets.url}/{name}")
        page.wait_for_timeout(400)  # colours that fade in are judged once they are there
        assert findings(page) == [], name


def test_dialogs_of_capture_have_no_findings(sized_page, pets) -> None:
    pets.captured(["meow"])
    page = sized_page(1280)
    page.goto(f"{pets.url}/capture")
    for key, dialog in (("?", "#keymap"), ("0", "#new-label"), (",", "#note-dialog"), (".", "#guide")):
        page.keyboard.press(key)
        page.locator(dialog).wait_for()
        assert findings(page) == [], dialog
        page.keyboard.press("Escape")
        page.locator(dialog).wait_for(state="hidden")


def test_empty_pages_have_no_findings(sized_page, new_function) -> None:
    empty = new_function(labels=())
    page = sized_page(1280)
    for path in ("/functions", "/functions/new", *(f"{empty.url}/{name}" for name in PAGES)):
        page.goto(path)
        assert findings(page) == [], path


@pytest.mark.parametrize("width", [400, 640])
def test_nothing_is_cut_off_on_a_narrow_page(sized_page, new_function, width: int) -> None:
    function = new_function(name="long " * 30, labels=("a" * 190, "b", "wörd " * 20)).captured(
        ["x" * 3000, "مرحبا " * 80]
    )
    page = sized_page(width)
    for name in PAGES:
        page.goto(f"{function.url}/{name}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_a_person_reaches_the_content_by_keys(sized_page, pets) -> None:
    page = sized_page(1280)
    page.goto(f"{pets.url}/samples")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_on_a_phone_the_header_is_folded_into_a_menu(sized_page, pets) -> None:
    page = sized_page(360)
    page.goto(f"{pets.url}/samples")
    assert page.evaluate("document.querySelector('header').offsetHeight") < 60
    page.get_by_role("button", name="Menu").press("Enter")
    page.get_by_role("link", name="Labels", exact=True).wait_for()
    assert findings(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("navigation", name="Function").wait_for(state="hidden")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Metrics", exact=True).click()
    page.wait_for_url("**/metrics")
    page.goto("/people")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Server").click()
    page.wait_for_url("**/server")
