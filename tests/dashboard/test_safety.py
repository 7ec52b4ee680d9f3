"""What callers send is text and nothing else; pages keep to themselves."""

import httpx
import pytest
from playwright.sync_api import Page, expect
from running_server import RunningServer

EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\u202ereversed",
]
PAGES = ("capture", "samples", "samples/import", "invoke", "metrics", "integrate")


@pytest.mark.parametrize("name", PAGES)
def test_hostile_words_stay_words(page: Page, new_function, name: str) -> None:
    function = new_function(name=EVIL[1], labels=tuple(EVIL))
    for text in EVIL:
        function.teach(f"{text} taught", text)
    function.captured(EVIL)
    page.goto(f"{function.url}/{name}")
    page.wait_for_timeout(700)  # the events of Capture come
    expect(page.locator(".place")).to_have_text(EVIL[1])
    assert page.locator("img[src=x]").count() == 0
    assert "49" not in page.locator("main").inner_text().split()


def test_a_hostile_answer_stays_words_in_receipts_and_tries(page: Page, new_function) -> None:
    function = new_function(labels=(EVIL[0], EVIL[1])).captured(EVIL)
    page.goto(f"{function.url}/capture")
    for _ in range(4):
        page.keyboard.press("1")
    expect(page.locator(".receipts li").first).to_contain_text(EVIL[0])
    page.goto(f"{function.url}/invoke")
    page.get_by_label("Text").fill(EVIL[1])
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("#answer .bars li").first).to_contain_text("alert(1)")


@pytest.mark.parametrize(
    "path", ["/sign-in", "/functions", "/no-such-page", "/static/x/noria.css", "/sign-in/used"]
)
def test_every_answer_carries_the_headers(server: RunningServer, path: str) -> None:
    headers = httpx.get(server.url + path, trust_env=False).headers
    if path != "/no-such-page":  # not one of the dashboard's addresses
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers.get("content-security-policy", "")


def test_pages_fetch_nothing_from_outside(page: Page, pets, server: RunningServer) -> None:
    pets.trained()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name in PAGES:
        page.goto(f"{pets.url}/{name}")
    assert asked
    assert all(url.startswith(f"{server.url}/") for url in asked)


@pytest.mark.parametrize("name", ["../pages.py", "..%2fpages.py", "%2e%2e/__init__.py", "noria.css.map"])
def test_only_the_static_files_are_served(server: RunningServer, name: str) -> None:
    assert httpx.get(f"{server.url}/static/x/{name}", trust_env=False).status_code == 404


@pytest.mark.parametrize("path", ["/functions/function_none/capture", "/functions/function_none/metrics"])
def test_an_unknown_function_is_a_page_in_words(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
    expect(page.locator("main")).to_contain_text("No function has this id.")
