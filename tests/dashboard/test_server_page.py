"""Server: what runs, and what it works on, as it goes on."""

from contextlib import closing
from datetime import UTC, datetime

from playwright.sync_api import Page, expect
from running_server import RunningServer

from noria.storage import open_storage

from .conftest import Pets
from .test_accessibility import findings


def test_health_and_jobs_are_told_and_renewed(page: Page, new_function) -> None:
    bees: Pets = new_function("bees", ("queen", "drone"))
    page.goto("/functions")
    page.get_by_role("link", name="Server", exact=True).click()
    expect(page.locator("dl")).to_contain_text("it trains")
    expect(page.locator("dl")).to_contain_text("free in")
    for i in range(3):
        for label in ("queen", "drone"):
            bees.teach(f"{label} buzzes {i}", label)
    job = page.locator(".job", has_text="bees").first
    expect(job).to_contain_text("Training")
    expect(job).to_contain_text("done")
    assert findings(page) == []
    job.get_by_role("link").click()
    expect(page).to_have_url(f"{page.url.split('/functions')[0]}{bees.url}/versions")


def test_an_import_that_waits_leads_to_its_page(page: Page, pets: Pets) -> None:
    made = pets.http.post(f"{pets.api}/imports?name=few.csv", content=b"text,label\nmeow,cat\n").json()
    page.goto("/server")
    job = page.locator(".job", has_text="few.csv")
    expect(job).to_contain_text("waits for you")
    job.get_by_role("link").click()
    expect(page.get_by_role("heading", name="few.csv")).to_be_visible()
    assert made["id"] in page.url


def test_a_run_over_a_file_shows_how_far_it_is(page: Page, pets: Pets, server: RunningServer) -> None:
    with closing(open_storage(server.database_url)) as storage:
        run = storage.bulk_runs.begin(pets.id, "in.parquet", 4000, datetime.now(UTC))
        storage.bulk_runs.update(run, 1000, datetime.now(UTC))
        page.goto("/server")
        job = page.locator(".job", has_text="in.parquet")
        expect(job).to_contain_text("Answering the rows of in.parquet")
        expect(job).to_contain_text("1,000 of 4,000")
        assert findings(page) == []
        storage.bulk_runs.end(run, 4000, datetime.now(UTC))
        expect(job).to_contain_text("done")  # by itself
