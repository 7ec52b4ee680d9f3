"""Drift on Metrics: the sentence, and the way from it to the samples."""

from past_traffic import pass_traffic
from playwright.sync_api import Page, expect
from running_server import RunningServer

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
