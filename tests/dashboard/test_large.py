"""A function with 150 labels and very many samples: every page opens, and a person works in it by keys alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from large_function import Size, build
from playwright.sync_api import Browser, Page, expect
from running_server import RunningServer, wait_for

from noria.serving.sign_ins import SignIns
from noria.storage import open_storage

from .conftest import watched
from .test_accessibility import PAGES, findings

SIZES = [
    pytest.param(Size(150, 100_000, 3_000, 5_000, hours=48), id="100,000"),
    pytest.param(
        Size(150, 1_000_000, 20_000, 50_000),
        id="1,000,000",
        marks=[pytest.mark.long, pytest.mark.timeout(1800)],
    ),
]


GROWING = ("capture", "labels", "metrics")  # pages that hold each of the labels; others look as with few


@pytest.fixture(scope="module", params=SIZES)
def large(
    request: pytest.FixtureRequest,
    new_loopback_address: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[RunningServer, str, Size]]:
    """A server, its function, and how much is in that."""
    folder: Path = tmp_path_factory.mktemp("large")
    function_id = build(f"sqlite:///{folder}/noria.db", "large", request.param)
    server = RunningServer(new_loopback_address(), folder).start()
    with server.http() as http:
        label = http.get(f"/v1/functions/{function_id}/labels").json()[0]["name"]
        body = {"data": "one more", "annotation": {"labelName": label}}
        assert http.post(f"/v1/functions/{function_id}/samples", json=body).status_code == 200
        wait_for(lambda: http.get(f"/v1/functions/{function_id}/models").json(), 600, "training")
    yield server, function_id, request.param
    server.stop()


@pytest.fixture
def desk(browser: Browser, large: tuple[RunningServer, str, Size]) -> Iterator[Page]:
    """Somebody at it; the test fails when the browser complains of anything."""
    server, _, _ = large
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    link = SignIns(storage, server.url).link("ada")
    storage.close()
    context = browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 860})
    page = context.new_page()
    errors = watched(page)
    page.goto(link)
    yield page
    context.close()
    assert not errors


def test_every_page_opens_and_is_for_everyone(desk: Page, large: tuple[RunningServer, str, Size]) -> None:
    _, function_id, size = large
    for name in PAGES:
        desk.goto(f"/functions/{function_id}/{name}")
        expect(desk.get_by_role("heading", name="Figures are being worked out")).to_have_count(
            0, timeout=60_000
        )
        expect(desk.locator("main")).to_be_visible()
        desk.set_viewport_size({"width": 400, "height": 860})
        assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        desk.set_viewport_size({"width": 1280, "height": 860})
        if name in GROWING:
            assert findings(desk) == [], name
    desk.goto(f"/functions/{function_id}/samples")
    expect(desk.locator("main")).to_contain_text(f"{size.samples - size.staged + 1:,}")


def test_a_person_labels_by_keys_alone(desk: Page, large: tuple[RunningServer, str, Size]) -> None:
    _, function_id, _ = large
    desk.goto(f"/functions/{function_id}/capture")
    names, shown = desk.locator("#all-labels button"), desk.locator("#text")
    given: dict[str, str] = {}
    for n in range(9):
        text = shown.inner_text()
        assert text not in given
        if n % 3:  # the suggestion; a blind item has none
            marked = desk.locator("#choices [aria-current=true] bdi")
            given[text] = marked.inner_text() if marked.count() else ""
            desk.keyboard.press("Enter" if given[text] else "s")
        else:
            given[text] = names.nth(15 * n).inner_text()
            desk.keyboard.press("/")
            desk.keyboard.type(given[text])
            desk.keyboard.press("Enter")
        expect(shown).not_to_have_text(text)
    expect(desk.locator("#sitting")).to_contain_text("all saved")
    for text, name in list(given.items())[:3]:
        desk.goto(f"/functions/{function_id}/samples?show=captured&q={text.split()[-1]}")
        row = desk.locator(".sample-row").filter(has_text=text)
        expect(row.get_by_role("combobox").locator("option:checked").first).to_have_text(name or "no label")


def test_lists_are_walked_and_searched(desk: Page, large: tuple[RunningServer, str, Size]) -> None:
    _, function_id, size = large
    desk.goto(f"/functions/{function_id}/samples")
    texts = desk.locator(".sample-row .sample-text")
    first = texts.all_inner_texts()
    desk.get_by_role("link", name="Older").click()
    expect(desk.get_by_role("link", name="Newest")).to_be_visible()
    assert not set(first) & set(texts.all_inner_texts())
    desk.go_back()
    assert texts.all_inner_texts() == first
    desk.get_by_label("Search").fill(f" {size.annotated + 17}")
    desk.keyboard.press("Enter")
    expect(desk.locator(".sample-row").first).to_contain_text(f" {size.annotated + 17}")
