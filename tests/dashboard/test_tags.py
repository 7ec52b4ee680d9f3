"""Tags in the dashboard: put on and taken off by keys, saved by Enter, and shown where samples and figures are."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from past_traffic import pass_tags
from playwright.sync_api import Page, expect
from running_server import RunningServer, wait_for

from noria.storage import open_storage

WORDS = {"cat": "meow purr whiskers", "dog": "woof bark fetch", "loud": "noise scream bang"}
GROUPS: list[tuple[str, ...]] = [("cat",), ("dog",), ("cat", "loud"), ()]

NewTags = Callable[[], str]


def text(*tags: str, number: int) -> str:
    return " ".join([*(WORDS[tag] for tag in tags), f"number {number}"])


@pytest.fixture
def tags(http: httpx.Client) -> Iterator[str]:
    """The id of a tags function with a version, two calls waiting to be answered, and no blind turns."""
    id = http.post("/v1/functions", json={"name": "tags", "output": "Tags"}).json()["id"]
    for name in WORDS:
        http.post(f"/v1/functions/{id}/labels", json={"name": name})
    for number in range(5):
        for group in GROUPS:
            body = {"data": text(*group, number=number), "annotation": [{"labelName": tag} for tag in group]}
            assert http.post(f"/v0.9/functions/{id}/samples", json=body).status_code == 200
    wait_for(
        lambda: (
            http.get(f"/v1/functions/{id}/models").json()
            and not http.get(f"/v0.9/functions/{id}/metrics").json()["isTraining"]
        ),
        what="training",
    )
    http.put(f"/v1/functions/{id}/capture", json={"budgetPerDay": 1_000_000, "blindEvery": 0})
    for number in (100, 101):
        http.post(f"/v1/functions/{id}/invoke", json={"data": text("cat", number=number)})
    yield id
    http.delete(f"/v1/functions/{id}")


def said(http: httpx.Client, tags: str, data: str) -> dict[str, bool] | None:
    """By the label's name, what was said of the sample with this text."""
    names = {label["id"]: label["name"] for label in http.get(f"/v1/functions/{tags}/labels").json()}
    asked = {"origin": "InvokeCapture", "searchText": data}
    (sample,) = http.get(f"/v1/functions/{tags}/samples", params=asked).json()
    if "annotation" not in sample:
        return None
    return {names[tag["labelId"]]: tag["present"] for tag in sample["annotation"]}


def test_keys_put_tags_on_and_take_them_off_and_enter_saves(
    page: Page, tags: str, http: httpx.Client
) -> None:
    page.goto(f"/functions/{tags}/capture")
    shown = page.locator("#text").inner_text()
    cat, dog, loud = (page.locator(".choice", has_text=name) for name in WORDS)
    expect(cat).to_have_attribute("aria-pressed", "true")  # what the model sees
    expect(dog).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("1")
    page.keyboard.press("3")
    expect(cat).to_have_attribute("aria-pressed", "false")
    expect(loud).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#sitting")).to_contain_text("all saved")
    assert said(http, tags, shown) == {"loud": True, "cat": False, "dog": False}
    expect(page.locator("#receipts")).to_contain_text("loud")
    page.keyboard.press("u")
    expect(page.locator("#text")).to_have_text(shown)
    expect(loud).to_have_attribute("aria-pressed", "true")  # as they were when it was saved
    wait_for(lambda: said(http, tags, shown) is None, what="the answer's taking back")


def test_a_blind_item_has_no_tags_on(page: Page, tags: str, http: httpx.Client) -> None:
    http.put(f"/v1/functions/{tags}/capture", json={"blindEvery": 1})
    page.goto(f"/functions/{tags}/capture")
    expect(page.locator("#why")).to_contain_text("blind")
    expect(page.locator(".choice[aria-pressed=true]")).to_have_count(0)
    expect(page.locator(".choice .n")).to_have_text(["", "", ""])


def test_samples_show_their_tags_and_change_them(page: Page, tags: str) -> None:
    page.goto(f"/functions/{tags}/samples?q=scream")
    row = page.locator(".sample-row").first
    expect(row.locator("summary .tag")).to_have_text(["cat", "loud"])
    row.locator(".retag summary").click()
    row.get_by_label("cat").uncheck()
    row.get_by_label("dog").check()
    row.get_by_role("button", name="Save").click()
    expect(page.locator(".note.done")).to_contain_text("saved")
    expect(page.locator(".sample-row").first.locator("summary .tag")).to_have_text(["dog", "loud"])


def test_metrics_set_a_threshold(page: Page, tags: str, http: httpx.Client) -> None:
    page.goto(f"/functions/{tags}/metrics")
    page.get_by_label("Threshold of cat").fill("30")
    page.get_by_label("Threshold of cat").press("Enter")
    expect(page.locator(".note.done")).to_contain_text("30")
    assert http.get(f"/v1/functions/{tags}/tags").json()[0]["decisionThreshold"] == 0.3


def test_drift_of_tags_is_drawn_and_alerts_are_offered_without_accuracy(
    page: Page, tags: str, server: RunningServer, http: httpx.Client
) -> None:
    ids = {label["name"]: label["id"] for label in http.get(f"/v1/functions/{tags}/labels").json()}
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    try:
        grown = {ids["cat"]: 0.6, ids["dog"]: 0.5}, {ids["cat"]: 0.6, ids["dog"]: 0.1}
        pass_tags(storage, tags, lambda ago: grown[ago > 48], 12 * 24)
    finally:
        storage.close()
    page.goto(f"/functions/{tags}/metrics")
    expect(page.locator("#drift .news li")).to_have_count(1)
    expect(page.locator("#drift .news")).to_contain_text("“dog” went from 10 % to")
    expect(page.locator("#drift h3")).to_have_text(["Tags", "Embedding"])
    page.locator("#drift .news a").click()
    expect(page.locator("h1")).to_be_visible()
    page.goto(f"/functions/{tags}/integrate")
    expect(page.locator("#alerts input[name=drift]")).to_be_visible()
    expect(page.locator("#alerts input[name=accuracy]")).to_have_count(0)


def test_a_file_with_a_column_for_each_tag_is_imported(page: Page, tags: str) -> None:
    page.goto(f"/functions/{tags}/samples/import")
    content = b"text,cat,loud,other\nimported purr,1,0,x\n"
    page.locator("input[type=file]").set_input_files(
        {"name": "a.csv", "mimeType": "text/plain", "buffer": content}
    )
    page.get_by_role("button", name="Look at the file").click()
    page.get_by_text("The file has a column for each tag").click()
    for name in ("cat", "loud"):
        page.get_by_role("checkbox", name=name).check()
    page.get_by_role("button", name="Import ").click()  # looked through once more, as the columns are others
    expect(page.get_by_text("1 in a tag's column")).to_be_visible()
    page.get_by_role("button", name="Import ").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    page.goto(f"/functions/{tags}/samples?q=imported")
    expect(page.locator(".sample-row summary .tag")).to_have_text(["cat"])


LARGE, URGENT = {"size": 1000, "note": "whenever it suits"}, {"size": 1, "note": "hurry please now"}


@pytest.fixture
def rows(http: httpx.Client) -> Iterator[str]:
    """The id of a tags function over table rows with a version, and one captured row."""
    id = http.post("/v1/functions", json={"name": "orders", "input": "Tabular", "output": "Tags"}).json()[
        "id"
    ]
    for name, kind in (("size", "Number"), ("note", "Text")):
        http.post(f"/v1/functions/{id}/fields", json={"name": name, "type": kind})
    for name in ("large", "urgent"):
        http.post(f"/v1/functions/{id}/labels", json={"name": name})
    both, none = {**URGENT, "size": 1000}, {**LARGE, "size": 1}
    for number in range(8):
        for row, said in ((LARGE, ["large"]), (URGENT, ["urgent"]), (both, ["large", "urgent"]), (none, [])):
            body = {
                "data": {**row, "size": row["size"] + number},
                "annotation": [{"labelName": tag} for tag in said],
            }  # type: ignore[operator]
            assert http.post(f"/v0.9/functions/{id}/samples", json=body).status_code == 200
    wait_for(
        lambda: (
            http.get(f"/v1/functions/{id}/models").json()
            and not http.get(f"/v0.9/functions/{id}/metrics").json()["isTraining"]
        ),
        what="training",
    )
    http.put(f"/v1/functions/{id}/capture", json={"budgetPerDay": 1_000_000, "blindEvery": 0})
    answer = http.post(
        f"/v1/functions/{id}/invoke", json={"data": {"size": 1204, "note": "hurry please now"}}
    )
    assert {tag["labelName"] for tag in answer.json()} == {"large", "urgent"}
    yield id
    http.delete(f"/v1/functions/{id}")


def test_a_captured_row_is_shown_by_its_fields_and_gets_its_tags(
    page: Page, rows: str, http: httpx.Client
) -> None:
    page.goto(f"/functions/{rows}/capture")
    expect(page.locator("dd", has_text="1204")).to_be_visible()
    large, urgent = (page.locator(".choice", has_text=name) for name in ("large", "urgent"))
    expect(large).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("1")
    expect(large).to_have_attribute("aria-pressed", "false")
    expect(urgent).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#sitting")).to_contain_text("all saved")
    names = {label["id"]: label["name"] for label in http.get(f"/v1/functions/{rows}/labels").json()}
    (sample,) = http.get(f"/v1/functions/{rows}/samples", params={"origin": "InvokeCapture"}).json()
    said = {names[tag["labelId"]]: tag["present"] for tag in sample["annotation"]}
    assert said == {"urgent": True, "large": False}
    live = http.get(f"/v1/functions/{rows}/tags/live").json()
    assert (live["calls"], live["judged"]) == (1, 1)


def test_a_row_is_tried_by_hand(page: Page, rows: str) -> None:
    page.goto(f"/functions/{rows}/invoke")
    page.get_by_label("size").fill("1300")
    page.get_by_label("note").fill("whenever it suits")
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("#answer .figure bdi")).to_have_text(["large"])


def test_a_try_shows_the_tags_that_are_there(page: Page, tags: str) -> None:
    page.goto(f"/functions/{tags}/invoke")
    page.get_by_label("Text").fill(text("cat", "loud", number=5))
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("#answer .figure bdi")).to_have_count(2)


@pytest.mark.parametrize("where", ["integrate", "samples/import", "samples/check", "capture/reasons"])
def test_every_page_opens(page: Page, tags: str, where: str) -> None:
    answer = page.goto(f"/functions/{tags}/{where}")
    assert answer is not None
    assert answer.status == 200


def test_a_tags_function_is_made_by_hand(page: Page) -> None:
    page.goto("/functions/new")
    page.get_by_label("Name").fill("by hand")
    page.get_by_label("Tags, any number of them").check()
    page.get_by_label("Labels, one a line").fill("cat")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#empty")).to_contain_text("Enter saves")


def test_labels_versions_and_answers_side_by_side_speak_of_tags(
    page: Page, tags: str, http: httpx.Client
) -> None:
    first = http.get(f"/v1/functions/{tags}/models").json()[-1]["id"]
    for number in range(4):  # the first version has never seen a loud dog
        body = {"data": text("dog", "loud", number=number), "annotation": [{"labelName": "dog"}]}
        http.post(f"/v0.9/functions/{tags}/samples", json=body)
    wait_for(
        lambda: http.get(f"/v1/functions/{tags}/models").json()[0]["id"] != first, what="another version"
    )
    page.goto(f"/functions/{tags}/labels")
    page.get_by_role("link", name="loud", exact=True).click()
    page.get_by_role("link", name="Delete it: see what changes").click()
    expect(page.get_by_role("main")).to_contain_text("5 samples lose this tag and stay")
    page.goto(f"/functions/{tags}/versions")
    page.get_by_label("Compare").select_option(value=first)
    page.get_by_label("with").select_option(index=0)
    page.get_by_role("button", name="Where do they differ?").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("has more of the tags right")
    expect(main).to_contain_text("Of 24 samples")
    expect(page.locator(".compared .sample-row").first).to_contain_text("of it right")
    page.get_by_role("link", name="Ask them something").click()
    page.get_by_label("Text").fill(text("dog", "loud", number=9))
    page.keyboard.press("Control+Enter")
    expect(page.locator(".sides tbody tr")).to_have_count(4)
