"""Drift on Metrics: the sentence, and the way from it to the samples."""

from datetime import UTC, datetime

from past_traffic import pass_traffic
from playwright.sync_api import Page, expect
from running_server import RunningServer, wait_for
from taught import CATS

from noria.encoders import identity
from noria.encoders.hashing import HashingEncoder
from noria.learning.cells import Cells
from noria.storage import open_storage


def test_before_there_are_calls_the_section_says_what_it_will_do(page: Page, pets) -> None:
    page.goto(f"{pets.url}/metrics")
    expect(page.locator("#drift")).to_contain_text("Has your traffic changed?")


def test_a_sentence_says_what_moved_and_leads_to_the_samples(page: Page, pets, server: RunningServer) -> None:
    pets.trained().captured(["meow one", "bark woof two"])
    ids = {label["name"]: label["id"] for label in pets.http.get(f"{pets.api}/labels").json()}
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    try:
        pass_traffic(
            storage,
            pets.id,
            lambda ago: (
                {ids["cat"]: 0.3, ids["dog"]: 0.7} if ago <= 60 else {ids["cat"]: 0.1, ids["dog"]: 0.9}
            ),
            hours=12 * 24,
        )
    finally:
        storage.close()
    page.goto(f"{pets.url}/metrics")
    news = page.locator("#drift .news li", has_text="“cat” went from 10\u202f% to")
    expect(news).to_contain_text("of calls since")
    news.get_by_role("link", name="See the samples").click()
    expect(page.locator(".note")).to_contain_text("that the live version answers with “cat”")
    expect(page.locator(".samples > li")).to_have_count(1)
    expect(page.locator(".samples")).to_contain_text("meow one")
    page.go_back()
    page.get_by_label("Compare").select_option("7")
    page.wait_for_url("**recent=7*")


PARCELS = ("the parcel is lost", "my parcel was lost", "the parcel never came")


def test_a_kind_of_call_that_grew_is_named_by_its_samples_and_leads_to_them(
    page: Page, pets, server: RunningServer
) -> None:
    pets.trained()
    labels = [label["id"] for label in pets.http.get(f"{pets.api}/labels").json()]
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    try:
        cells = Cells.around(HashingEncoder().embed([CATS[0], PARCELS[0]]))
        storage.cells.make(pets.id, 2, identity(HashingEncoder()), 200, cells.to_bytes(), datetime.now(UTC))
        wait_for(lambda: counted(pets, storage), what="the server to follow the cells")
        pets.captured(PARCELS[1:])
        pass_traffic(
            storage,
            pets.id,
            lambda _: dict.fromkeys(labels, 1 / len(labels)),
            hours=12 * 24,
            cells=lambda ago: {0: 0.6, 1: 0.4} if ago <= 60 else {0: 0.9, 1: 0.1},
        )
    finally:
        storage.close()
    page.goto(f"{pets.url}/metrics")
    news = page.locator("#drift .news li", has_text="parcel")
    expect(news).to_contain_text("Calls like “")
    expect(news).to_contain_text("went from 10\u202f% to 4")
    expect(page.locator("#drift tr.moved", has_text="parcel").get_by_role("listitem")).to_have_count(3)
    news.get_by_role("link", name="See the samples").click()
    expect(page.locator(".note")).to_contain_text("Only samples of one kind of call")
    expect(page.locator(".samples > li")).to_have_count(3)


def counted(pets, storage) -> bool:
    pets.captured([PARCELS[0]])
    return bool(storage.captures.cells(pets.id))


def test_a_function_with_few_samples_says_what_is_missing(page: Page, pets, server: RunningServer) -> None:
    pets.taught()
    labels = [label["id"] for label in pets.http.get(f"{pets.api}/labels").json()]
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    try:
        pass_traffic(storage, pets.id, lambda _: dict.fromkeys(labels, 1 / len(labels)), hours=12 * 24)
    finally:
        storage.close()
    page.goto(f"{pets.url}/metrics")
    expect(page.locator("#drift")).to_contain_text("once this function has 192 more samples")
