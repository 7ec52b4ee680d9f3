"""Table functions in a browser: made with fields, taught row by row, asked, captured, labelled by a key, retrained."""

import base64
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from pictures import picture
from playwright.sync_api import Locator, Page, expect
from running_server import wait_for

from .conftest import Pets
from .test_accessibility import findings
from .test_integrate import snippet

PASTED = "age;job;note;label\n41;clerk;likes it;old\n19;pupil;;young\n"
Row = dict[str, float | str]


def person(kind: str, i: int) -> Row:
    return {"age": 70 + i, "job": "retired"} if kind == "old" else {"age": 12 + i / 10, "job": "pupil"}


def values(card: Locator) -> dict[str, str]:
    """What a row's table says, by field."""
    names, said = card.locator("dt").all_text_contents(), card.locator("dd").all_text_contents()
    return dict(zip(names, (words.strip() for words in said), strict=True))


def n_annotated(function: Pets) -> int:
    return int(function.http.get(f"/v0.9/functions/{function.id}/metrics").json()["annotatedSampleCount"])


def teach(function: Pets, *numbers: int) -> None:
    for i in numbers:
        for kind in ("old", "young"):
            body = {"data": person(kind, i), "annotation": {"labelName": kind}}
            assert function.http.post(f"{function.api}/samples", json=body).status_code == 200


def call(function: Pets, *rows: Row) -> None:
    """Every one of them is captured."""
    function.http.put(f"{function.api}/capture", json={"budgetPerDay": 1_000_000})
    for row in rows:
        assert function.http.post(f"{function.api}/invoke", json={"data": row}).status_code == 200


@pytest.fixture
def new_table(http: httpx.Client) -> Callable[..., Pets]:
    def new(**fields: str) -> Pets:
        function = Pets(
            http, http.post("/v1/functions", json={"name": "people", "input": "Tabular"}).json()["id"]
        )
        for name, type in (fields or {"age": "Number", "job": "Text"}).items():
            assert http.post(f"{function.api}/fields", json={"name": name, "type": type}).status_code == 200
        for name in ("old", "young"):
            http.post(f"{function.api}/labels", json={"name": name})
        return function

    return new


@pytest.fixture
def people(new_table: Callable[..., Pets]) -> Pets:
    """A table function with a model."""
    function = new_table()
    teach(function, 0, 1, 2)
    wait_for(lambda: function.models() and not function.busy(), what="training")
    return function


def test_the_loop_from_a_pasted_header_to_a_retrained_answer(page: Page, http: httpx.Client) -> None:
    page.goto("/functions/new")
    page.get_by_label("Name").fill("People")
    page.get_by_label("Rows of a table").check()
    page.get_by_text("Read them from a table").click()
    page.get_by_label("The header line").fill(PASTED)
    page.get_by_label("Labels, one a line").fill("old\nyoung")
    page.get_by_role("button", name="Propose fields").click()
    expect(page.get_by_role("status")).to_contain_text("Left out, as a label is no field: “label”")
    expect(page.get_by_label("Name")).to_have_value("People")
    expect(page.get_by_label("Type of field 1")).to_have_value("Number")
    expect(page.get_by_label("Field 3", exact=True)).to_have_value("note")
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("link", name="Add rows").click()
    function = Pets(http, page.url.split("/")[4])

    adding = page.locator("#add-row")
    expect(adding).to_be_visible()
    adding.get_by_label("age").fill("70.5")
    adding.get_by_label("job").fill("retired")
    adding.get_by_label("Label").select_option(label="old")
    adding.get_by_role("button", name="Add").click()
    row = page.locator(".sample-row")
    expect(row).to_have_count(1)
    assert values(row) == {"age": "70.5", "job": "retired", "note": "missing"}
    teach(function, 1, 2)
    wait_for(lambda: function.models() and not function.busy(), what="training")

    page.goto(f"{function.url}/invoke")
    page.get_by_label("age").fill("75")
    page.get_by_role("button", name="Answer").first.click()
    expect(page.locator("#answer .big")).to_have_text("old")

    call(function, *({"age": 15 + i, "job": "pupil"} for i in range(3)))
    page.goto(f"{function.url}/capture")
    expect(page.locator("#card dl")).to_be_visible()
    assert values(page.locator("#card"))["job"] == "pupil"
    versions, before = len(function.models()), n_annotated(function)
    page.keyboard.press("2")
    wait_for(lambda: n_annotated(function) > before, what="the answer")
    expect(page.locator(".receipts li").first).to_contain_text("job pupil")
    wait_for(lambda: len(function.models()) > versions and not function.busy(), what="retraining")
    answer = http.post(f"{function.api}/invoke", json={"data": {"age": 14}}).json()
    assert answer["labelName"] == "young"


def test_numbers_are_grouped_years_are_not_and_long_texts_are_folded(page: Page, new_table) -> None:
    function = new_table(price="Number", year="Number", letter="Text", reason="Text")
    call_data = {"price": 1234567.5, "year": 2006, "letter": "so much to say. " * 40}
    function.http.post(f"{function.api}/samples", json={"data": call_data})
    page.goto(f"{function.url}/samples")
    row = page.locator(".sample-row")
    shown = values(row)
    assert (shown["price"], shown["year"], shown["reason"]) == ("1,234,567.5", "2006", "missing")
    assert row.locator("dd").nth(0).evaluate("dd => getComputedStyle(dd).textAlign") == "end"
    expect(row.get_by_role("group").or_(row.locator("details.sample-text")).first).not_to_have_attribute(
        "open", ""
    )


def test_a_row_of_many_fields_is_a_line_that_opens(page: Page, new_table) -> None:
    function = new_table(**{f"f{i}": "Number" for i in range(8)})
    function.http.post(f"{function.api}/samples", json={"data": {f"f{i}": i for i in range(7)}})
    page.goto(f"{function.url}/samples")
    line = page.locator(".row-line summary")
    expect(line).to_have_text("f0 0 · f1 1 · f2 2 · f3 3 · f4 4 · f5 5 · f6 6")
    line.click()
    expect(page.locator(".sample-row dl")).to_contain_text("missing")


def test_the_image_of_a_row_is_shown_and_zoomed(page: Page, new_table) -> None:
    def face(seed: int) -> str:
        return "data:image/png;base64," + base64.b64encode(picture("red", seed, side=64)).decode()

    function = new_table(age="Number", face="Image")
    for i in range(2):
        for name in ("old", "young"):
            body = {
                "data": {"age": i + 50 * (name == "old"), "face": face(i)},
                "annotation": {"labelName": name},
            }
            function.http.post(f"{function.api}/samples", json=body)
    wait_for(lambda: function.models() and not function.busy(), what="training")
    call(function, {"age": 33, "face": face(9)})
    page.goto(f"{function.url}/capture")
    expect(page.locator("#card dd img")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator("#zoom img")).to_be_visible()
    page.goto(f"{function.url}/invoke")
    page.evaluate(
        """numbers => {
            const held = new DataTransfer();
            held.items.add(new File([new Uint8Array(numbers)], "dropped.png", { type: "image/png" }));
            document.dispatchEvent(new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true }));
        }""",
        list(picture("red", 90, side=64)),
    )
    expect(page.get_by_alt_text("The image of this row")).to_be_visible()
    page.get_by_role("button", name="Answer").first.click()
    expect(page.locator("#answer .big")).to_be_visible()


def test_rows_are_labelled_many_at_once(page: Page, people: Pets) -> None:
    call(people, *({"age": 20 + i} for i in range(5)))
    page.goto(f"{people.url}/capture")
    expect(page.locator("#card dl")).to_be_visible()
    before = n_annotated(people)
    page.keyboard.press("g")
    cells = page.locator("#grid .cell")
    expect(cells.first).to_contain_text("age")
    n = cells.count()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("1")
    expect(cells).to_have_count(n - 2)
    wait_for(lambda: n_annotated(people) >= before + 2, what="both answers")


def test_a_wrong_value_is_told_at_its_field(page: Page, people: Pets) -> None:
    page.goto(f"{people.url}/invoke")
    page.get_by_text("Or paste a row as JSON").click()
    page.get_by_label("An object of fields").fill('{"age": "old", "job": "clerk"}')
    page.get_by_role("button", name="Answer").last.click()
    age = page.get_by_label("age", exact=True)
    expect(age).to_have_attribute("aria-invalid", "true")
    expect(age).to_be_focused()
    expect(page.locator(".said-wrong").first).to_contain_text("“age” takes a number")
    page.get_by_label("An object of fields").fill('{"age": 71}')
    page.get_by_role("button", name="Answer").last.click()
    expect(page.locator("#answer .big")).to_have_text("old")
    expect(age).not_to_have_attribute("aria-invalid", "true")


def test_a_wrong_value_is_told_at_its_field_without_script(browser, server, signed_in, people: Pets) -> None:
    context = browser.new_context(base_url=server.url, storage_state=signed_in, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{people.url}/invoke")
    page.get_by_label("job").fill("pupil")
    page.get_by_role("button", name="Answer").first.click()
    expect(page.locator("#answer .big")).to_have_text("young")
    expect(page.get_by_label("job")).to_have_value("pupil")
    page.get_by_label("job").fill("")
    page.get_by_role("button", name="Answer").first.click()
    expect(page.locator("#answer")).to_contain_text("The row is empty")
    context.close()


def test_fields_are_added_renamed_and_deleted_beside_the_labels(page: Page, people: Pets) -> None:
    page.goto(f"{people.url}/samples")
    section = page.locator("#fields")
    section.get_by_text("Add a field").click()
    section.get_by_label("Name").last.fill("town")
    section.get_by_role("button", name="Add").click()
    expect(page.get_by_role("status").first).to_contain_text("missing in the rows that are there")
    assert values(page.locator(".sample-row").first)["town"] == "missing"
    section.get_by_text("job").first.click()
    section.get_by_label("Name").nth(1).fill("trade")
    section.get_by_role("button", name="Rename").click()
    expect(page.locator(".sample-row dt").nth(1)).to_have_text("trade")
    section.get_by_text("trade").first.click()
    expect(section).to_contain_text("calls that still send this field are refused")
    section.get_by_role("button", name="Delete the field").click()
    expect(page.get_by_role("status").first).to_contain_text("“trade” is deleted")
    assert set(values(page.locator(".sample-row").first)) == {"age", "town"}


def test_lines_of_the_editor_come_and_go_by_keys(page: Page) -> None:
    page.goto("/functions/new")
    page.get_by_label("Rows of a table").check()
    page.get_by_label("Field 1", exact=True).focus()
    for name in ("age", "job", "town"):
        page.keyboard.type(name)
        page.keyboard.press("Enter")
    expect(page.get_by_label("Field 4", exact=True)).to_be_focused()
    page.keyboard.press("Backspace")
    expect(page.get_by_label("Field 3", exact=True)).to_be_focused()
    page.get_by_role("button", name="Remove field 1").click()
    expect(page.get_by_label("Field 1", exact=True)).to_have_value("job")
    expect(page.locator(".field-line")).to_have_count(2)


def test_fields_with_one_name_are_refused_and_nothing_is_made(page: Page, http: httpx.Client) -> None:
    page.goto("/functions/new")
    page.get_by_label("Name").fill("twice the same")
    page.get_by_label("Rows of a table").check()
    page.get_by_label("Field 1", exact=True).fill("age")
    page.get_by_label("Field 2", exact=True).fill("age")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("alert")).to_contain_text("Two fields are named “age”")
    expect(page.get_by_label("Field 2", exact=True)).to_have_value("age")
    assert "twice the same" not in {f["name"] for f in http.get("/v1/functions").json()}


def test_markup_in_names_and_values_stays_words(page: Page, new_table) -> None:
    evil = "<img src=x onerror=alert(1)>"
    function = new_table(**{evil: "Text", "age": "Number"})
    teach_evil = [({evil: f"{evil}{i}", "age": i}, name) for i in range(2) for name in ("old", "young")]
    for i, (data, name) in enumerate(teach_evil):
        body = {"data": data | {"age": i}, "annotation": {"labelName": name}}
        assert function.http.post(f"{function.api}/samples", json=body).status_code == 200
    wait_for(lambda: function.models() and not function.busy(), what="training")
    call(function, *({evil: evil, "age": 90 + i} for i in range(3)))
    page.goto(f"{function.url}/capture")
    expect(page.locator("#card dt").first).to_have_text(evil)
    page.keyboard.press("g")
    expect(page.locator("#grid .cell").first).to_contain_text(evil)
    page.goto(f"{function.url}/samples")
    expect(page.locator(".sample-row dd").first).to_contain_text(evil)


@pytest.mark.parametrize("title", ["curl", "Python", "Python, with the nyckel package"])
def test_snippets_of_rows_run_as_pasted(page: Page, people: Pets, title: str, tmp_path: Path) -> None:
    people.http.post(f"{people.api}/samples", json={"data": {"age": 80, "job": 'captain\'s "mate" $HOME'}})
    page.goto(f"{people.url}/integrate")
    page.get_by_label("Name").first.fill("desk")
    page.get_by_role("button", name="Make a client").click()
    expect(page.get_by_label("Client secret")).to_be_visible()
    file = tmp_path / "call"
    file.write_text(snippet(page, title))
    done = subprocess.run(
        ["sh" if title == "curl" else sys.executable, file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "old" in done.stdout


def test_pages_of_a_table_have_no_findings(sized_page, people: Pets) -> None:
    call(people, *({"age": 20 + i} for i in range(4)))
    wide, narrow = sized_page(1280), sized_page(400)
    for name in ("capture", "samples", "invoke", "integrate"):
        wide.goto(f"{people.url}/{name}")
        for fold in wide.locator("main details:not([name]) > summary:visible").all()[:3]:
            fold.click()
        wide.wait_for_timeout(300)
        assert findings(wide) == [], name
        narrow.goto(f"{people.url}/{name}")
        assert narrow.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    wide.goto("/functions/new")
    wide.get_by_label("Rows of a table").check()
    assert findings(wide) == []
