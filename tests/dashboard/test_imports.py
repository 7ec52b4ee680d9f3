"""Import of a file: look, choose, add, and a word on each refused row."""

from playwright.sync_api import Browser, Page, expect
from running_server import RunningServer

CSV = (
    b'message,topic,ref\n"meow, purr",cat,a1\nwoof,dog,a2\n,dog,a3\n"two\nlines",cat,a4\nmeow again,bird,a5\n'
)


def choose(page: Page, pets, content: bytes, name: str = "pets.csv") -> None:
    page.goto(f"{pets.url}/samples/import")
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": content}
    )
    expect(page.locator("#preview")).not_to_be_empty()


def start(page: Page) -> None:
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()


def test_a_csv_is_looked_at_before_it_is_added(page: Page, pets) -> None:
    choose(page, pets, CSV)
    expect(page.get_by_role("combobox", name="Text")).to_have_value("message")
    page.get_by_role("combobox", name="Label").select_option("topic")
    page.get_by_label("Your own id").select_option("ref")
    expect(page.locator("#preview td").filter(has_text="meow, purr")).to_be_visible()
    assert pets.samples() == []
    start(page)
    expect(page.locator("#report")).to_contain_text("Added4")
    expect(page.locator(".problems")).to_have_text("Line 4 has no text in “message”")
    assert pets.label_of("meow again") == "bird"
    assert pets.label_of("two\nlines") == "cat"
    assert {sample["externalId"] for sample in pets.samples()} == {"a1", "a2", "a4", "a5"}


def test_a_second_import_adds_nothing_and_takes_over_new_labels(page: Page, pets) -> None:
    choose(page, pets, b"text,label\nmeow,cat\nwoof,dog\n")
    start(page)
    choose(page, pets, b"text,label\nmeow,dog\nwoof,dog\n")
    start(page)
    expect(page.locator("#report")).to_contain_text("Added0")
    expect(page.locator("#report")).to_contain_text("1 of them relabelled")
    assert pets.label_of("meow") == "dog"


def test_jsonl_with_a_broken_line_says_which(page: Page, pets) -> None:
    choose(page, pets, b'{"data": "meow", "label": "cat"}\n{"data": \n[1]\n{"data": "woof"}\n', "pets.jsonl")
    start(page)
    expect(page.locator("#report")).to_contain_text("Added2")
    expect(page.locator(".problems li")).to_have_text(["Line 2 is not JSON", "Line 3 is not a JSON object"])


def test_samples_come_without_labels_when_none_is_chosen(page: Page, pets) -> None:
    choose(page, pets, b"text,label\nmeow,cat\n")
    page.get_by_role("combobox", name="Label").select_option("no label")
    start(page)
    assert pets.label_of("meow") is None
    assert len(pets.samples()) == 1


def test_a_picture_is_refused_kindly(page: Page, pets) -> None:
    choose(page, pets, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "cat.png")
    expect(page.get_by_role("alert")).to_contain_text("not a text file")


def test_a_long_file_is_seen_from_its_beginning_alone(page: Page, pets) -> None:
    rows = b"".join(b"animal %05d with quite a long text to fill the line,dog\n" % i for i in range(2000))
    sent = []
    page.on("request", lambda r: sent.append(len(r.post_data_buffer or b"")) if "preview" in r.url else None)
    choose(page, pets, b"text,label\n" + rows)
    expect(page.locator("#preview tbody tr")).to_have_count(6)
    assert max(sent) < 100_000
    start(page)
    expect(page.locator("#report")).to_contain_text("Added2,000")


def test_a_file_is_imported_without_script(browser: Browser, server: RunningServer, signed_in, pets) -> None:
    context = browser.new_context(base_url=server.url, storage_state=signed_in, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{pets.url}/samples/import")
    page.locator("input[type=file]").set_input_files(
        {"name": "pets.csv", "mimeType": "text/csv", "buffer": b"text,label\nmeow,cat\n,\n"}
    )
    start(page)
    assert pets.label_of("meow") == "cat"
    context.close()
