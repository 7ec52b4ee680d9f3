"""Import and export: look, choose, add, and a word on each refused row; a file to download."""

import json
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, expect
from running_server import RunningServer, wait_for

from .conftest import Pets
from .test_accessibility import findings

CSV = (
    b'message,topic,ref\n"meow, purr",cat,a1\nwoof,dog,a2\n,dog,a3\n"two\nlines",cat,a4\nmeow again,bird,a5\n'
)


def look(page: Page, pets, content: bytes, name: str = "pets.csv") -> None:
    """Send a file, and wait until it was looked through."""
    page.goto(f"{pets.url}/samples/import")
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": content}
    )
    page.get_by_role("button", name="Look at the file").click()
    page.wait_for_url("**/samples/import/transfer_*")
    expect(page.locator("#transfer form button").last).to_have_text("Forget the file")


def start(page: Page) -> None:
    page.get_by_role("button", name="Import ").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()


def test_a_csv_is_looked_at_before_it_is_added(page: Page, pets) -> None:
    look(page, pets, CSV)
    expect(page.get_by_role("combobox", name="Text")).to_have_value("message")
    page.get_by_role("combobox", name="Label").select_option("topic")
    page.get_by_label("Your own id").select_option("ref")
    page.get_by_role("button", name="Look with these columns").click()
    expect(page.get_by_text("1 new label: bird")).to_be_visible()
    expect(page.locator("td").filter(has_text="meow, purr")).to_be_visible()
    assert pets.samples() == []
    start(page)
    expect(page.locator("#report")).to_contain_text("Added4")
    expect(page.locator(".problems")).to_have_text("Line 4 has nothing in “message”.")
    assert pets.label_of("meow again") == "bird"
    assert pets.label_of("two\nlines") == "cat"
    assert {sample["externalId"] for sample in pets.samples()} == {"a1", "a2", "a4", "a5"}


def test_columns_that_were_not_looked_at_are_not_started_with(page: Page, pets) -> None:
    look(page, pets, CSV)
    page.get_by_role("combobox", name="Label").select_option("topic")
    page.get_by_role("button", name="Import ").click()
    expect(page.get_by_text("1 new label: bird")).to_be_visible()
    assert pets.samples() == []


def test_a_second_import_adds_nothing_and_takes_over_new_labels(page: Page, pets) -> None:
    look(page, pets, b"text,label\nmeow,cat\nwoof,dog\n")
    start(page)
    look(page, pets, b"text,label\nmeow,dog\nwoof,dog\n")
    start(page)
    expect(page.locator("#report")).to_contain_text("Added0")
    expect(page.locator("#report")).to_contain_text("1 of them relabelled")
    assert pets.label_of("meow") == "dog"


def test_jsonl_with_a_broken_line_says_which(page: Page, pets) -> None:
    look(page, pets, b'{"data": "meow", "label": "cat"}\n{"data": \n[1]\n{"data": "woof"}\n', "pets.jsonl")
    start(page)
    expect(page.locator("#report")).to_contain_text("Added2")
    expect(page.locator(".problems li")).to_have_text(["Line 2 is not JSON.", "Line 3 is not a JSON object."])


def test_samples_come_without_labels_when_none_is_chosen(page: Page, pets) -> None:
    look(page, pets, b"text,label\nmeow,cat\n")
    page.get_by_role("combobox", name="Label").select_option("no label")
    page.get_by_role("button", name="Look with these columns").click()
    expect(page.get_by_role("combobox", name="Label")).to_have_value("")
    start(page)
    assert pets.label_of("meow") is None
    assert len(pets.samples()) == 1


def test_a_file_that_can_not_be_imported_says_why_and_is_forgotten(page: Page, pets) -> None:
    look(page, pets, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "cat.png")
    expect(page.get_by_role("alert")).to_contain_text("not a text file")
    expect(page.get_by_role("button", name="Import ")).to_have_count(0)
    page.get_by_role("button", name="Forget the file").click()
    expect(page.get_by_role("heading", name="Stopped")).to_be_visible()


def test_a_file_that_is_refused_as_it_comes_says_why_where_it_was_sent(page: Page, pets) -> None:
    page.goto(f"{pets.url}/samples/import")
    page.locator("input[type=file]").set_input_files(
        {"name": "a.zip", "mimeType": "application/zip", "buffer": b"PK\x03\x04 and no more"}
    )
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_role("alert")).to_contain_text("no ZIP archive")
    expect(page.get_by_role("button", name="Look at the file")).to_be_enabled()


def test_an_import_goes_on_when_its_page_is_left(page: Page, pets) -> None:
    rows = b"".join(b"animal %05d with quite a long text to fill the line,dog\n" % i for i in range(3000))
    look(page, pets, b"text,label\n" + rows)
    page.get_by_role("button", name="Import 3,000 rows").click()
    expect(page.get_by_role("heading", name="Importing")).to_be_visible()
    bar = page.locator("progress")
    wait_for(lambda: float(bar.get_attribute("value") or 0) > 0 or bar.count() == 0, what="the bar")
    here = page.url
    page.goto("/functions")
    page.goto(f"{pets.url}/samples/import")
    expect(page.get_by_role("link", name="pets.csv")).to_be_visible()
    page.goto(here)
    expect(page.get_by_role("heading", name="Imported")).to_be_visible(timeout=60_000)
    expect(page.locator("#report")).to_contain_text("Added3,000")


def test_what_is_exported_is_downloaded(page: Page, pets) -> None:
    pets.taught()
    page.goto(f"{pets.url}/samples/import")
    page.get_by_label("Format").select_option("JSONL")
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("heading", name="8 samples exported")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "pets.jsonl"
    rows = [json.loads(line) for line in Path(download.value.path()).read_text().splitlines()]
    assert len(rows) == 8
    assert {row["label"] for row in rows} == {"cat", "dog"}


def test_a_file_is_imported_without_script(browser: Browser, server: RunningServer, signed_in, pets) -> None:
    context = browser.new_context(base_url=server.url, storage_state=signed_in, java_script_enabled=False)
    page = context.new_page()
    look(page, pets, b"text,label\nmeow,cat\n,\n")
    start(page)
    assert pets.label_of("meow") == "cat"
    page.goto(f"{pets.url}/samples/import")
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    context.close()


def test_its_pages_have_no_findings(browser: Browser, server: RunningServer, signed_in, pets) -> None:
    context = browser.new_context(base_url=server.url, storage_state=signed_in)
    page = context.new_page()
    look(page, pets, CSV)
    assert findings(page) == []
    start(page)
    assert findings(page) == []
    page.goto(f"{pets.url}/samples/import")
    assert findings(page) == []
    context.close()


def test_columns_of_a_table_are_settled_before_its_rows_are_in(page: Page, http: httpx.Client) -> None:
    id = http.post("/v1/functions", json={"name": "people", "input": "Tabular"}).json()["id"]
    table = Pets(http, id)
    look(page, table, b"age,zip,note,label\n41,08001,a,old\n7,10115,,young\n", "people.csv")
    expect(page.get_by_text("3 new fields: age (Number), zip (Text), note (Text)")).to_be_visible()
    page.get_by_role("combobox", name="note").select_option("leave out")
    page.get_by_role("button", name="Look with these columns").click()
    expect(page.get_by_text("2 new fields: age (Number), zip (Text)")).to_be_visible()
    assert findings(page) == []
    start(page)
    expect(page.locator("#report")).to_contain_text("Added2")
    look(page, table, b"age,town,label\n50,Ulm,old\n", "more.csv")
    expect(page.get_by_role("alert")).to_contain_text("no field for “town”")
    page.get_by_role("combobox", name="town").select_option("Text")
    page.get_by_role("button", name="Look with these columns").click()
    expect(page.get_by_text("will be missing in its rows: zip")).to_be_visible()
    start(page)
    names = [field["name"] for field in http.get(f"{table.api}/fields").json()]
    assert names == ["age", "zip", "town"]
