"""Labels and samples, by forms and with script."""

from playwright.sync_api import Browser, Page, expect
from running_server import RunningServer

from .test_accessibility import findings


def row(page: Page, text: str):
    return page.locator(".sample-row").filter(has_text=text)


def test_a_label_is_chosen_in_the_list_and_saved_without_leaving_it(page: Page, pets) -> None:
    pets.teach("a quiet animal", "dog")
    page.goto(f"{pets.url}/samples")
    row(page, "a quiet animal").get_by_role("combobox").select_option("cat")
    expect(page.locator("#status")).to_contain_text("Relabelled. cat")
    expect(row(page, "a quiet animal").locator(".said")).to_contain_text("cat, saved.")
    assert pets.label_of("a quiet animal") == "cat"
    row(page, "a quiet animal").get_by_role("button", name="Undo").click()
    expect(row(page, "a quiet animal").locator(".said")).to_have_text("dog, as before.")
    expect(row(page, "a quiet animal").get_by_role("combobox")).to_be_focused()
    assert pets.label_of("a quiet animal") == "dog"


def test_the_chosen_of_many_labels_is_in_sight_and_tab_begins_at_the_top(page: Page, pets, http) -> None:
    for i in range(40):
        http.post(f"{pets.api}/labels", json={"name": f"animal {i:02}"})
    page.goto(f"{pets.url}/samples")
    page.locator(".label-list").get_by_text("animal 39").click()
    expect(page.locator(".label-list [aria-current]")).to_be_in_viewport(ratio=1)
    page.goto(page.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()


def test_a_label_is_taken_away(page: Page, pets) -> None:
    pets.teach("a quiet animal", "dog")
    page.goto(f"{pets.url}/samples")
    row(page, "a quiet animal").get_by_role("combobox").select_option("no label")
    expect(page.locator("#status")).to_contain_text("taken away")
    assert pets.label_of("a quiet animal") is None


def test_the_list_works_without_script(browser: Browser, server: RunningServer, signed_in, pets) -> None:
    pets.teach("a quiet animal", "dog")
    context = browser.new_context(base_url=server.url, storage_state=signed_in, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{pets.url}/samples?q=quiet")
    row(page, "a quiet animal").get_by_role("combobox").select_option("cat")
    row(page, "a quiet animal").get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Relabelled")
    expect(page.get_by_label("Search")).to_have_value("quiet")
    assert pets.label_of("a quiet animal") == "cat"
    context.close()


def test_a_label_that_is_gone_is_told_and_the_old_choice_stands(page: Page, pets, http) -> None:
    pets.teach("a quiet animal", "dog")
    page.goto(f"{pets.url}/samples")
    cat = next(x["id"] for x in http.get(f"{pets.api}/labels").json() if x["name"] == "cat")
    http.delete(f"{pets.api}/labels/{cat}")
    with page.expect_response(lambda r: r.status == 404):
        row(page, "a quiet animal").get_by_role("combobox").select_option("cat")
    expect(page.get_by_role("alert")).to_contain_text("Not saved")
    expect(row(page, "a quiet animal").get_by_role("combobox").locator("option:checked").first).to_have_text(
        "dog"
    )


def test_a_sample_is_added_once(page: Page, pets) -> None:
    page.goto(f"{pets.url}/samples")
    for words in ("Added.", "is here already"):
        page.get_by_text("Add one sample").click()
        page.get_by_label("Text", exact=True).fill("hiss and scratch")
        page.locator("details.box").get_by_label("Label").select_option("cat")
        page.locator("details.box").get_by_role("button", name="Add").click()
        expect(page.get_by_role("status").first).to_contain_text(words)
    assert len(pets.samples()) == 1


def test_samples_are_found_by_words_label_and_what_the_model_says(page: Page, pets) -> None:
    pets.taught()
    pets.teach("no label at all")
    page.goto(f"{pets.url}/samples")
    page.get_by_label("Show").select_option("Without a label")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".sample-row")).to_have_count(1)
    page.goto(f"{pets.url}/samples")
    page.get_by_role("link", name="dog").click()
    expect(page.locator(".sample-row")).to_have_count(4)
    page.get_by_label("Search").fill("stick")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".sample-text")).to_have_text(["dog fetches a stick"])


def test_a_sample_is_deleted_after_a_second_look(page: Page, pets) -> None:
    pets.taught()
    page.goto(f"{pets.url}/samples")
    doomed = row(page, "dog fetches a stick")
    doomed.get_by_text("Delete", exact=True).click()
    doomed.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("status").first).to_contain_text("is deleted")
    expect(row(page, "dog fetches a stick")).to_have_count(0)


def test_pages_follow_one_another_without_a_gap(page: Page, pets) -> None:
    for i in range(60):
        pets.teach(f"animal {i:02}", "dog")
    page.goto(f"{pets.url}/samples")
    seen: list[str] = page.locator(".sample-text").all_inner_texts()
    while page.get_by_role("link", name="Older").count():
        page.get_by_role("link", name="Older").click()
        seen += page.locator(".sample-text").all_inner_texts()
    assert seen == [f"animal {i:02}" for i in reversed(range(60))]


def test_ticked_samples_are_relabelled_after_their_number_was_told(page: Page, pets) -> None:
    pets.taught()
    page.goto(f"{pets.url}/samples?label={label_id(pets, 'dog')}")
    boxes = page.locator(".tick input")
    boxes.nth(0).check()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.locator("#bulk output")).to_have_text("3 samples ticked")
    page.get_by_label("Label for the ticked samples").select_option("cat")
    page.get_by_role("button", name="Relabel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Give 3 samples the label “cat”?")
    page.get_by_role("button", name="Change 3 samples").click()
    expect(page.get_by_role("status").first).to_contain_text("3 samples relabelled.")
    assert len(pets.samples(annotationLabelId=label_id(pets, "cat"))) == 7


def test_all_that_match_are_deleted_with_keys(page: Page, pets) -> None:
    for number in range(27):
        pets.teach(f"old text {number}", "dog")
    pets.teach("something else", "cat")
    page.goto(f"{pets.url}/samples?q=old")
    page.keyboard.press("a")
    expect(page.locator("#bulk output")).to_have_text("25 samples ticked")
    page.get_by_label("All that match").check()
    page.keyboard.press("Delete")
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete 27 samples?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("27 samples deleted.")
    assert [sample["data"] for sample in pets.samples()] == ["something else"]


def test_ticked_samples_are_moved_to_another_function(page: Page, pets, new_function) -> None:
    other = new_function("animals elsewhere", labels=("dog",))
    images = {"name": "pictures", "input": "Image", "output": "Classification"}
    pictures = pets.http.post("/v1/functions", json=images).json()["id"]
    pets.captured(["a captured cat"])
    for text in ("meow", "purr", "there already"):
        pets.teach(text, "cat")
    other.teach("there already", "dog")
    page.goto(f"{pets.url}/samples")
    offered = page.get_by_label("Function that the ticked samples go to").locator("option")
    assert other.id in (values := offered.evaluate_all("all => all.map((each) => each.value)"))
    assert not {pets.id, pictures} & set(values)
    page.keyboard.press("a")
    page.get_by_label("Function that the ticked samples go to").select_option(other.id)
    page.get_by_role("button", name="Move to it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Move 3 samples to “animals elsewhere”?")
    said = page.locator(".points")
    expect(said).to_contain_text("1 label that “animals elsewhere” lacks is made there: cat.")
    expect(said).to_contain_text("1 sample is there already: it is not added twice")
    assert findings(page) == []
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("3 samples moved. 1 of them there already.")
    assert pets.samples() == []
    assert [other.label_of(text) for text in ("meow", "there already")] == ["cat", "dog"]
    change = pets.http.get(f"{pets.api}/changes").json()[0]
    page.goto(f"{pets.url}/changes/{change['id']}")
    page.get_by_role("link", name="Samples of “animals elsewhere”").click()
    expect(page.locator(".sample-row")).to_have_count(3)
    for id in (other.id, pictures):
        pets.http.delete(f"/v1/functions/{id}")


def test_a_function_is_copied_from_its_page(page: Page, pets) -> None:
    pets.taught()
    page.goto(f"{pets.url}/settings")
    page.get_by_role("button", name="Copy this function").click()
    expect(page.get_by_role("status").first).to_contain_text("8 samples copied.")
    expect(page.locator(".sample-row")).to_have_count(8)
    assert pets.id not in page.url


def label_id(pets, name: str) -> str:
    return next(x["id"] for x in pets.http.get(f"{pets.api}/labels").json() if x["name"] == name)


def test_a_list_is_narrowed_by_everything_that_is_known(page: Page, pets) -> None:
    pets.trained()
    pets.captured(["meow meow"])
    pets.teach("labelled by a program", "dog")
    page.goto(f"{pets.url}/samples")
    row(page, "meow milk").get_by_role("combobox").select_option("dog")
    expect(page.locator("#status")).to_contain_text("Relabelled")
    page.get_by_text("More filters").click()
    page.get_by_label("Labelled by").select_option("ada")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".sample-row")).to_have_count(1)
    expect(row(page, "kitten meow milk")).to_be_visible()
    expect(page.locator(".note").first).to_contain_text("labelled by ada")
    page.get_by_label("Labelled by").select_option("anybody")
    page.locator("select[name=origin]").select_option("captured")
    page.get_by_label("Confidence from").fill("40")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".sample-row")).to_have_count(1)
    expect(page.locator(".note").first).to_contain_text("with a confidence of 40")
    page.locator("select[name=origin]").select_option("any way")
    page.get_by_label("Came in before").fill("2020-01-01")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
