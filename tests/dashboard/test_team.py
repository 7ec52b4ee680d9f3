"""Two people and an editor: asked twice without knowing it, disagreeing, and settling it by keys."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from running_server import RunningServer, wait_for

from noria.records.person import Role
from noria.serving.people import People
from noria.serving.sign_ins import SignIns
from noria.storage import open_storage

from .conftest import Pets, watched
from .test_accessibility import findings

TEXTS = [f"meow number {n}" for n in range(14)]


@pytest.fixture
def come(browser: Browser, server: RunningServer) -> Iterator[Callable[..., Page]]:
    """Signs in somebody of a role, in a browser of their own, which must complain of nothing."""
    with ExitStack() as opened:
        complaints: list[list[str]] = []

        def new(name: str, role: Role, scheme: Literal["light", "dark"] = "light") -> Page:
            storage = open_storage(f"sqlite:///{server.data}/noria.db")
            try:
                if name not in {each.name for each in People(storage).all()}:
                    People(storage).add(name, role)
                link = SignIns(storage, server.url).link(name)
            finally:
                storage.close()
            context = browser.new_context(
                base_url=server.url, color_scheme=scheme, viewport={"width": 1280, "height": 900}
            )
            opened.callback(context.close)
            page = context.new_page()
            complaints.append(watched(page))
            page.goto(link)
            return page

        yield new
        assert [each for errors in complaints for each in errors] == []


def labels_all(page: Page, key: str) -> list[str]:
    """Answers every item with one key; the texts that were shown."""
    seen = []
    while not page.locator("#empty").is_visible():
        if page.locator("#job").is_visible():  # else more are on their way
            seen.append(page.locator("#text").inner_text())
            page.keyboard.press(key)
        page.wait_for_timeout(20)
    expect(page.locator("#sitting")).to_contain_text("all saved")
    return seen


def fits(page: Page) -> bool:
    """Whether a phone shows all of the page's width."""
    page.set_viewport_size({"width": 360, "height": 800})
    fitting = bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
    page.set_viewport_size({"width": 1280, "height": 900})
    return fitting


def disagreements(pets: Pets) -> list[dict[str, object]]:
    return list(pets.http.get(f"{pets.api}/team/disagreements").json())


def test_two_people_overlap_and_an_editor_settles_by_keys(come, pets: Pets) -> None:
    pets.http.post(f"{pets.api}/labels", json={"name": "an animal with a long name " * 5})
    pets.captured(TEXTS)
    assert pets.http.put(f"{pets.api}/capture", json={"overlap": 0.5}).json()["overlap"] == 0.5
    ann, bob = come("Ann of the team", Role.ANNOTATOR), come("Bob of the team", Role.ANNOTATOR)
    ann.goto(f"{pets.url}/capture")
    asked = ann.locator("#text").inner_text()
    if not ann.locator(".choice[aria-current]").count():
        ann.keyboard.press("ArrowDown")
    ann.keyboard.press(";")
    expect(ann.locator("#latest")).to_contain_text("somebody else is asked")
    first = [asked, *labels_all(ann, "1")]
    assert sorted(first) == sorted(TEXTS)
    ann.reload()
    expect(ann.locator("#job")).to_be_hidden()  # her own answers never come back to her
    bob.goto(f"{pets.url}/capture")
    expect(bob.locator("#job")).to_be_visible()
    assert "A blind one" in bob.locator("#why").inner_text()
    assert "Ann" not in bob.locator(".work").inner_text()
    second = labels_all(bob, "2")
    assert asked in second
    assert len(second) < len(TEXTS)
    apart = [text for text in second if pets.label_of(text) == "cat"]  # the first answer stays
    wait_for(lambda: len(disagreements(pets)) == len(apart), 20, "the disagreements")
    assert len(apart) >= len(second) - 1

    eve = come("Eve of the team", Role.EDITOR)
    eve.goto(f"{pets.url}/team")
    assert findings(eve) == []
    assert fits(eve)
    eve.get_by_role("link", name="Settle them").click()
    expect(eve.get_by_role("heading", name="Disagreements")).to_be_visible()
    items = eve.locator(".check")
    expect(items).to_have_count(len(apart))
    assert findings(eve) == []
    assert fits(eve)
    eve.locator(".check").first.focus()
    eve.keyboard.press(".")
    expect(items.first.get_by_role("heading", name="cat")).to_be_visible()
    settled = items.first.locator(".sample-text").inner_text()
    eve.keyboard.press("2")
    expect(items).to_have_count(len(apart) - 1)
    wait_for(lambda: pets.label_of(settled) == "dog", what="the label")
    entry = pets.http.get("/v1/audit", params={"functionId": pets.id, "what": "labels"}).json()[0]
    assert (entry["by"], entry["facts"]["source"]) == ("Eve of the team", "Adjudication")
    while items.count():
        n = items.count()
        eve.keyboard.press("1")
        expect(items).to_have_count(n - 1)
    expect(eve.get_by_role("heading", name="Nobody disagrees")).to_be_visible()
