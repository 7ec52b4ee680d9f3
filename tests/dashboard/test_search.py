"""Search functions on their pages, from the form to snippets that run."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pictures import picture
from playwright.sync_api import Browser, Page, expect
from running_server import RunningServer

from .conftest import Pets
from .test_accessibility import findings

TEXTS = ["red running shoes", "red running trainers", "a copper kettle for tea"]


@pytest.fixture
def shop(http: httpx.Client) -> Iterator[Pets]:
    """A search function over three texts."""
    made = http.post("/v1/functions", json={"name": "shop", "output": "Search"}).json()
    function = Pets(http, made["id"])
    for text in TEXTS:
        function.teach(text)
    yield function
    http.delete(function.api)


@pytest.fixture
def tints(http: httpx.Client) -> Iterator[Pets]:
    """A search function over four pictures."""
    made = http.post("/v1/functions", json={"name": "tints", "input": "Image", "output": "Search"}).json()
    function = Pets(http, made["id"])
    for tint in ("red", "blue"):
        for seed in range(2):
            http.post(
                f"{function.api}/samples",
                files={"f": picture(tint, seed, side=64)},
                data={"externalId": tint},
            )
    yield function
    http.delete(function.api)


def test_it_is_made_filled_and_searched(page: Page, http: httpx.Client) -> None:
    page.goto("/functions/new")
    page.get_by_label("Name").fill("Corner shop")
    page.get_by_label("The most similar of its samples").check()
    expect(page.get_by_label("Labels, one a line")).to_be_hidden()
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url("**/samples")
    expect(page.get_by_role("navigation", name="Function").get_by_role("link")).to_have_text(
        ["Samples", "Search", "Integrate", "Settings"]
    )
    page.get_by_role("link", name="Search", exact=True).click()
    expect(page.locator("main")).to_contain_text("nothing to find yet")
    page.get_by_role("link", name="Add samples").click()
    for text in TEXTS:
        page.get_by_text("Add one sample").click()
        page.get_by_label("Text", exact=True).fill(text)
        page.locator("details.box").get_by_role("button", name="Add").click()
        expect(page.get_by_role("status").first).to_contain_text("Added.")
    page.get_by_role("link", name="Search", exact=True).click()
    page.get_by_label("Text").fill("running shoes that are red")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer .sample-text").first).to_have_text(TEXTS[0])
    expect(page.locator("#answer")).to_contain_text("distance")
    http.delete(f"/v1/functions/{page.url.split('/')[4]}")


def test_labels_typed_before_the_choice_do_no_harm(page: Page, http: httpx.Client) -> None:
    page.goto("/functions/new")
    page.get_by_label("Name").fill("Corner shop")
    page.get_by_label("Labels, one a line").fill("a\nb")
    page.get_by_label("The most similar of its samples").check()
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url("**/samples")
    http.delete(f"/v1/functions/{page.url.split('/')[4]}")


def test_search_works_without_script(
    browser: Browser, server: RunningServer, signed_in: dict[str, object], shop: Pets
) -> None:
    context = browser.new_context(base_url=server.url, storage_state=signed_in, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{shop.url}/invoke")
    page.get_by_label("Text").fill(TEXTS[2])
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#answer .sample-text").first).to_have_text(TEXTS[2])
    expect(page.locator("#answer")).to_contain_text("a copy")
    context.close()


def test_a_picture_is_searched_as_soon_as_it_is_chosen(page: Page, tints: Pets, tmp_path: Path) -> None:
    file = tmp_path / "red.png"
    file.write_bytes(picture("red", 77, side=64))
    page.goto(f"{tints.url}/invoke")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("#answer .sample-row")).to_have_count(4)
    assert page.locator("#answer bdi").all_inner_texts() == ["red", "red", "blue", "blue"]


def test_the_list_of_functions_says_what_it_is(page: Page, shop: Pets) -> None:
    page.goto("/functions")
    card = page.locator(".cards li").filter(has=page.locator(f"a[href='{shop.url}']"))
    while not card.count():  # the newest come last
        page.get_by_role("link", name="More functions").click()
    expect(card).to_contain_text("3 samples")
    expect(card).to_contain_text("Finds the nearest samples")
    card.get_by_role("link").click()
    page.wait_for_url(f"**{shop.url}/samples")


@pytest.mark.parametrize("tab", ["capture", "metrics", "feedback", ""])
def test_pages_that_it_has_not_lead_to_its_samples(page: Page, shop: Pets, tab: str) -> None:
    page.goto(f"{shop.url}/{tab}".rstrip("/"))
    assert page.url.endswith(f"{shop.url}/samples")


def test_samples_are_listed_searched_and_deleted_without_labels(page: Page, shop: Pets) -> None:
    page.goto(f"{shop.url}/samples")
    expect(page.locator(".sample-row")).to_have_count(3)
    expect(page.locator("main select:not([name=origin])")).to_have_count(0)
    page.get_by_label("Words").fill("kettle")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".sample-row")).to_have_count(1)
    page.locator(".sample-row").get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("status").first).to_contain_text("is deleted")
    assert len(shop.samples()) == 2


def test_a_file_is_imported_and_its_labels_passed_over(page: Page, shop: Pets, tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_text("text,label\na blue umbrella,umbrellas\n")
    page.goto(f"{shop.url}/samples/import")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Look at the file").click()
    start = page.get_by_role("button", name="Import 1 row")
    expect(start).to_be_visible()
    expect(page.locator("select")).to_have_count(2)
    start.click()
    expect(page.locator("#report")).to_contain_text("Imported")
    assert shop.samples()[0]["data"] == "a blue umbrella"
    assert shop.http.get(f"{shop.api}/labels").json() == []


def test_the_snippets_run_as_pasted(page: Page, shop: Pets, tmp_path: Path) -> None:
    page.goto(f"{shop.url}/integrate")
    page.get_by_label("Name").first.fill("web shop")
    page.get_by_role("button", name="Make a client").click()
    expect(page.get_by_label("Client secret")).to_be_visible()
    code = {
        title: page.locator("section")
        .filter(has=page.get_by_role("heading", name=title, exact=True))
        .locator("pre")
        .text_content()
        for title in ("curl", "Python")
    }
    done = subprocess.run(["sh", "-c", str(code["curl"])], capture_output=True, text=True, check=True)
    assert len(json.loads(done.stdout)) == 3
    (tmp_path / "call.py").write_text(str(code["Python"]))
    done = subprocess.run([sys.executable, tmp_path / "call.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3
    expect(page.get_by_role("heading", name="Python, with the nyckel package")).to_have_count(0)


def test_its_pages_have_no_findings(
    browser: Browser,
    server: RunningServer,
    signed_in: dict[str, object],
    shop: Pets,
    tints: Pets,
) -> None:
    context = browser.new_context(
        base_url=server.url,
        storage_state=signed_in,
        viewport={"width": 1280, "height": 860},
    )  # type: ignore[arg-type]
    page = context.new_page()
    for function in (shop, tints):
        similar = f"samples/{function.samples()[0]['id']}/similar"
        for name in ("samples", "samples/import", "invoke", "integrate", similar):
            page.goto(f"{function.url}/{name}")
            page.wait_for_timeout(300)
            assert findings(page) == [], name
    page.goto(f"{shop.url}/invoke")
    page.get_by_label("Text").fill("tea")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#answer .sample-row")).to_have_count(3)
    assert findings(page) == []
    for width in (400, 640):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
