"""Labels: written, found, merged and deleted, by keys, with what changes said first."""

from playwright.sync_api import Browser, Page, expect
from running_server import RunningServer

from .test_accessibility import findings


def label_id(pets, name: str) -> str:
    return next(x["id"] for x in pets.http.get(f"{pets.api}/labels").json() if x["name"] == name)


def guideline(pets, name: str) -> str | None:
    labels = pets.http.get(f"{pets.api}/labels").json()
    return next(x.get("description") for x in labels if x["name"] == name)


def test_a_label_is_added_described_and_renamed_by_keys(page: Page, pets) -> None:
    page.goto(f"{pets.url}/labels")
    page.keyboard.press("n")
    page.keyboard.type("hamster")
    page.get_by_label("Guideline of a single one").fill("Small.\nNot a mouse.")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("status").first).to_contain_text("Added 1 label.")
    assert guideline(pets, "hamster") == "Small.\nNot a mouse."

    page.keyboard.press("/")
    page.keyboard.type("ca")
    expect(page.locator("#found")).to_have_text("1 label")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("e")
    page.keyboard.type("It purrs.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#found")).to_have_text("The guideline of cat is saved.")
    assert guideline(pets, "cat") == "It purrs."

    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("cat")
    page.keyboard.press("]")
    expect(page.get_by_role("heading", level=1)).to_have_text("dog")
    page.get_by_label("Name", exact=True).fill("cat")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("another label named “cat”")
    page.get_by_label("Name", exact=True).fill("hound")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("hound")
    assert findings(page) == []


def test_keys_pressed_before_the_script_is_there_count_when_it_comes(page: Page, pets) -> None:
    late = []
    page.route("**/label.js", lambda route: late.append(route))
    page.goto(f"{pets.url}/labels/{label_id(pets, 'cat')}", wait_until="commit")
    expect(page.get_by_role("heading", level=1)).to_have_text("cat")
    page.keyboard.press("]")
    late[0].continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("dog")


def test_what_becomes_of_samples_queue_and_figures_is_said_before_a_label_goes(page: Page, pets) -> None:
    pets.trained().captured(["woof woof", "meow"])
    page.goto(f"{pets.url}/labels")
    page.get_by_role("link", name="dog", exact=True).click()
    expect(page.locator(".label-examples li")).to_have_count(4)
    page.get_by_role("link", name="Delete it: see what changes").click()
    told = page.get_by_role("main")
    expect(told).to_contain_text("1 sample that was answered with it goes on waiting")
    expect(told).to_contain_text("4 samples lose their label and stay")
    assert findings(page) == []
    page.get_by_role("link", name="Keep it").click()
    page.get_by_label("Merge it into").select_option("cat")
    page.get_by_role("button", name="See what changes").click()
    expect(told).to_contain_text("4 samples labelled “dog” get “cat”")
    page.get_by_role("button", name="Merge 4 samples into “cat”").click()
    expect(page.get_by_role("status").first).to_contain_text("“dog” is “cat” from now on: 4 samples moved.")
    assert pets.label_of("woof bark fetch") == "cat"
    page.goto(f"{pets.url}/labels/{label_id(pets, 'cat')}/delete")
    page.get_by_label("8 samples are deleted too").check()
    page.get_by_role("button", name="Delete “cat” for good").click()
    expect(page.get_by_role("status").first).to_contain_text("“cat” is deleted, with 8 samples.")
    expect(told).to_contain_text("No labels yet")
    assert pets.samples() == []


def test_labels_are_found_and_ordered_without_script(
    browser: Browser, server: RunningServer, signed_in, new_function
) -> None:
    many = new_function(labels=tuple(f"topic {i:03}" for i in range(150)))
    many.teach("some words", "topic 077")
    context = browser.new_context(base_url=server.url, storage_state=signed_in, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{many.url}/labels?q=topic+07")
    expect(page.locator(".labels tbody tr")).to_have_count(12)
    page.get_by_label("Order by").select_option("fewest samples")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".labels tbody tr").last).to_contain_text("topic 077")
    context.close()
