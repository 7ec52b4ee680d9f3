"""Labelling with single keys, and nothing ever lost."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from running_server import wait_for

TEXTS = [f"meow number {n}" for n in range(12)]


@pytest.fixture
def queue(pets):
    """A trained function with twelve captures that wait."""
    return pets.trained().captured(TEXTS)


def shown(page: Page) -> str:
    return page.locator("#text").inner_text()


def blind(page: Page) -> bool:
    return "A blind one" in page.locator("#why").inner_text()


def past_blind(page: Page) -> str:
    """Label blind items until one with a suggestion is on show; its text."""
    while blind(page):
        page.keyboard.press("1")
    return shown(page)


def saved(page: Page) -> None:
    expect(page.locator("#sitting")).to_contain_text("all saved")


def test_enter_takes_the_suggestion(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    text = past_blind(page)
    suggested = page.locator(".choice[aria-current] .name").inner_text()
    page.keyboard.press("Enter")
    saved(page)
    assert queue.label_of(text) == suggested


def test_a_number_takes_its_label(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    text = shown(page)
    page.keyboard.press("2")
    saved(page)
    assert queue.label_of(text) == "dog"
    assert shown(page) != text


def test_an_answer_is_taken_back(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    text = shown(page)
    page.keyboard.press("2")
    saved(page)
    page.keyboard.press("u")
    assert shown(page) == text
    wait_for(lambda: queue.label_of(text) is None, what="the undo")
    page.keyboard.press("1")
    wait_for(lambda: queue.label_of(text) == "cat", what="the second answer")


def test_a_skipped_item_is_not_asked_again(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    skipped = {shown(page)}
    page.keyboard.press("s")
    skipped.add(shown(page))
    page.keyboard.press("n")
    expect(page.locator("#latest")).to_contain_text("Not sure")
    page.wait_for_timeout(500)
    page.reload()
    seen = set()
    while page.locator("#job").is_visible():
        seen.add(shown(page))
        page.keyboard.press("1")
        page.wait_for_timeout(30)
    assert seen == set(TEXTS) - skipped


def test_a_skip_is_taken_back(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    text = shown(page)
    page.keyboard.press("s")
    page.keyboard.press("u")
    assert shown(page) == text
    page.keyboard.press("1")
    saved(page)
    assert queue.label_of(text) == "cat"


def test_the_end_of_the_queue_says_so_and_new_captures_come_by_themselves(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    for _ in TEXTS:
        page.keyboard.press("1")
        page.wait_for_timeout(30)
    expect(page.get_by_role("heading", name="All labelled")).to_be_visible()
    page.get_by_role("button", name="Take the last answer back").click()
    expect(page.locator("#job")).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="All labelled")).to_be_visible()
    queue.captured(["woof from far away"])
    expect(page.locator("#text")).to_have_text("woof from far away")


def test_a_blind_item_shows_neither_suggestion_nor_reason_until_it_is_answered(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    while not blind(page):
        assert "Captured at the time:" in page.locator("#why").inner_text()
        page.keyboard.press("1")
        page.wait_for_timeout(30)
    assert page.locator(".choice[aria-current]").count() == 0
    assert page.locator(".choice .bar").count() == 0
    page.keyboard.press("Enter")  # there is nothing to accept
    expect(page.locator("#latest")).to_have_text("Nothing is marked: press the number of a label.")
    assert blind(page)
    page.keyboard.press("2")
    expect(page.locator(".receipts li").first).to_contain_text(
        re.compile("At the call Noria had answered .*captured: ")
    )
    page.keyboard.press("u")
    expect(page.locator("#latest")).to_contain_text("Taken back: ")
    expect(page.locator("#why")).to_contain_text("does not count as blind")


def test_no_reload_brings_what_others_did(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    page.evaluate("window.untouched = true")
    queue.captured([f"call {i}" for i in range(3)])
    expect(page.locator("[data-part=queue]")).to_contain_text("15 items")
    expect(page.locator("[data-part=feed] li").first).to_contain_text("call 2")
    assert page.evaluate("window.untouched")


def test_the_panel_grows_with_each_version(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    for _ in range(4):
        page.keyboard.press("1")
    expect(page.locator("[data-part=training]")).to_contain_text(re.compile("Version [2-9]"))
    expect(page.locator("[data-part=curve]")).to_contain_text("%")


def test_answers_wait_for_the_line_and_then_arrive(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    page.route("**/capture/answers", lambda route: route.abort())
    texts = []
    for key in "121":
        texts.append(shown(page))
        page.keyboard.press(key)
    expect(page.get_by_role("alert")).to_contain_text("3 answers wait in this browser")
    page.unroute("**/capture/answers")
    saved(page)
    assert [queue.label_of(text) for text in texts] == ["cat", "dog", "cat"]


def test_answers_survive_a_closed_page(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    page.route("**/capture/answers", lambda route: route.abort())
    text = shown(page)
    page.keyboard.press("2")
    expect(page.get_by_role("alert")).to_contain_text("1 answer waits")
    page.unroute("**/capture/answers")
    page.goto("/functions")
    assert queue.label_of(text) is None
    page.goto(f"{queue.url}/capture")
    wait_for(lambda: queue.label_of(text) == "dog", what="the kept answer")


def test_an_answer_that_arrived_twice_is_one_answer(page: Page, queue) -> None:
    def twice(route: Route) -> None:
        route.fetch()
        route.continue_()

    page.goto(f"{queue.url}/capture")
    page.route("**/capture/answers", twice)
    text = shown(page)
    page.keyboard.press("2")
    saved(page)
    assert queue.label_of(text) == "dog"


def test_an_answer_that_is_refused_is_told_until_the_next_one(page: Page, queue, http) -> None:
    page.goto(f"{queue.url}/capture")
    dog = next(label["id"] for label in http.get(f"{queue.api}/labels").json() if label["name"] == "dog")
    http.delete(f"{queue.api}/labels/{dog}")
    page.keyboard.press("2")
    expect(page.get_by_role("alert")).to_contain_text(
        "One answer was not taken: This function has no such label"
    )
    expect(page.locator("#sitting")).to_contain_text("all saved")
    expect(page.get_by_role("alert")).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_answers_given_while_signed_out_wait_for_signing_in(page: Page, queue, new_link) -> None:
    page.goto(f"{queue.url}/capture")
    text = shown(page)
    page.context.clear_cookies()
    page.keyboard.press("2")
    expect(page.get_by_role("alert")).to_contain_text("1 answer waits in this browser")
    other = page.context.new_page()
    other.goto(new_link())
    other.close()
    wait_for(lambda: queue.label_of(text) == "dog", what="the answer after signing in")


def test_a_letter_marks_the_label_that_begins_so(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    text = shown(page)
    page.keyboard.press("d")
    expect(page.locator(".choice[aria-current] .name")).to_have_text("dog")
    page.keyboard.press("Enter")
    saved(page)
    assert queue.label_of(text) == "dog"


def test_a_label_that_is_missing_is_made_at_the_item_and_only_once(page: Page, queue, http) -> None:
    page.goto(f"{queue.url}/capture")
    page.route("**/capture/labels", lambda route: route.abort())
    texts = []
    for keys, name in (("0", "bird"), ("3", ""), ("0", " Bird ")):
        texts.append(shown(page))
        page.keyboard.press(keys)
        if name:
            page.get_by_label("Its name").fill(name)
            page.keyboard.press("Enter")
        expect(page.locator("#text")).not_to_have_text(texts[-1])
    expect(page.get_by_role("alert")).to_contain_text("3 answers wait in this browser")
    page.unroute("**/capture/labels")
    saved(page)
    assert [queue.label_of(text) for text in texts] == ["bird"] * 3
    assert [label["name"] for label in http.get(f"{queue.api}/labels").json()] == ["cat", "dog", "bird"]


def test_a_key_shows_a_labels_guideline_and_what_was_given_it(page: Page, queue, http) -> None:
    cat, dog = http.get(f"{queue.api}/labels").json()
    http.put(f"{queue.api}/labels/{dog['id']}", json={"name": "dog", "description": "Wolves too."})
    page.goto(f"{queue.url}/capture")
    text = shown(page)
    page.keyboard.press("c")
    page.keyboard.press(".")
    guide = page.get_by_role("dialog", name=cat["name"])
    expect(guide).to_contain_text("No guideline is written yet")
    expect(guide.get_by_role("listitem").first).to_contain_text("whiskers")
    page.keyboard.press("ArrowDown")
    guide = page.get_by_role("dialog", name="dog")
    expect(guide).to_contain_text("Wolves too.")
    expect(guide.get_by_role("listitem")).to_have_count(4)
    page.keyboard.press("Escape")
    expect(guide).to_have_count(0)
    assert shown(page) == text
    expect(page.locator("#guideline")).to_have_text("Wolves too.")
    page.keyboard.press(".")
    page.keyboard.press("Enter")
    saved(page)
    assert queue.label_of(text) == "dog"


def test_keys_are_set_told_apart_and_kept(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    page.keyboard.press("?")
    said = page.locator("#keys-said")
    page.get_by_role("button", name="Change the key of Skip").click()
    page.keyboard.press("u")
    expect(said).to_contain_text("u is the key of “Undo”")
    page.keyboard.press("j")
    expect(said).to_contain_text("Kept in this browser")
    page.get_by_text("Keys of the labels").click()
    page.get_by_role("button", name="Change the key of dog").click()
    page.keyboard.press("j")
    expect(said).to_contain_text("j is the key of “Skip”")
    page.keyboard.press("w")
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("#skip kbd")).to_have_text("j")
    expect(page.locator(".choice", has_text="dog").locator("kbd").first).to_have_text("w")
    skipped = shown(page)
    page.keyboard.press("j")
    expect(page.locator("#latest")).to_contain_text("Skipped")
    assert (text := shown(page)) != skipped
    page.keyboard.press("w")
    saved(page)
    assert queue.label_of(text) == "dog"


def test_a_note_stays_with_the_sample_and_in_the_audit_log(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    text, words = shown(page), "a <lion>, not sure it counts"
    page.keyboard.press(",")
    page.get_by_label("What others should know of it").fill(words)
    page.keyboard.press("Enter")
    expect(page.locator("#note")).to_have_text(f"Note: {words}")
    page.keyboard.press("2")
    saved(page)
    page.keyboard.press("u")
    expect(page.locator("#note")).to_have_text(f"Note: {words}")
    page.keyboard.press("2")
    wait_for(lambda: queue.label_of(text) == "dog", what="the answer")
    page.goto(f"{queue.url}/samples?label=&show=captured&q={text}")
    expect(page.locator(".sample-row .note-said")).to_have_text(f"Note: {words}")
    (noted,) = queue.samples(origin="InvokeCapture", noted="true")
    assert noted["note"] == words
    page.goto(f"/audit?function={queue.id}&what=changes")
    expect(page.get_by_role("row", name="Write note")).to_contain_text(words)


def test_a_held_key_labels_one_item(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    past_blind(page)
    before = page.locator("#sitting").inner_text()
    for _ in range(5):  # a key down without a key up repeats
        page.keyboard.down("2")
    page.keyboard.up("2")
    saved(page)
    labelled = int((before or "0").split()[0]) + 1
    expect(page.locator("#sitting")).to_contain_text(f"{labelled} label")


def test_keys_are_off_when_a_person_switches_them_off(page: Page, queue) -> None:
    page.goto(f"{queue.url}/capture")
    page.keyboard.press("?")
    page.get_by_label("Single keys are on").uncheck()
    page.keyboard.press("Escape")
    text = shown(page)
    page.keyboard.press("2")
    assert shown(page) == text
    page.get_by_role("button", name="dog").click()
    assert shown(page) != text


def test_copies_are_counted_and_settled_by_one_answer(page: Page, pets) -> None:
    pets.captured(["same words"] * 3)
    page.goto(f"{pets.url}/capture")
    expect(page.locator("#facts")).to_contain_text("seen 3 times")
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="All labelled")).to_be_visible()


MANY = tuple(
    f"{what}_{act}" for what in ("card", "transfer", "savings", "unknown") for act in ("lost", "late", "new")
)


@pytest.fixture
def many(new_function: Callable[..., object]):
    """Twelve labels, some beginning with letters that are keys of the page."""
    return new_function(labels=MANY).captured(["where is it", "what is it", "how is it", "why is it"])


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("card lo", "card_lost"),
        ("trla", "transfer_late"),
        ("tn", "transfer_new"),
        ("/sav late", "savings_late"),
        ("/un", "unknown_new"),
    ],
)
def test_a_label_among_many_is_found_by_a_few_letters(page: Page, many, typed: str, label: str) -> None:
    page.goto(f"{many.url}/capture")
    text = shown(page)
    page.keyboard.type(typed)
    expect(page.locator(".choice[aria-current] .name")).to_have_text(label)
    page.keyboard.press("Enter")
    saved(page)
    assert many.label_of(text) == label
    expect(page.get_by_label("Find a label")).to_have_value("")


def test_digits_and_arrows_choose_among_what_was_found(page: Page, many) -> None:
    page.goto(f"{many.url}/capture")
    first, second = shown(page), None
    page.keyboard.type("card")
    page.keyboard.press("3")
    second = shown(page)
    page.keyboard.type("card")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    saved(page)
    assert {many.label_of(first), many.label_of(second)} <= {"card_lost", "card_late", "card_new"}
    assert second != first


def test_escape_clears_what_was_typed_and_labels_nothing(page: Page, many) -> None:
    page.goto(f"{many.url}/capture")
    text = shown(page)
    page.keyboard.type("zzz")
    expect(page.locator("#choices")).to_contain_text("No label matches")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Find a label")).to_have_value("")
    assert shown(page) == text


def test_settings_are_kept_and_a_wrong_one_is_told(page: Page, pets, http) -> None:
    page.goto(f"{pets.url}/capture")
    page.get_by_role("link", name="Capture settings").click()
    page.get_by_label("Samples a day, about").fill("35")
    page.get_by_role("slider", name="Random").fill("100")
    page.get_by_label("Capture from the traffic").uncheck()
    page.get_by_role("button", name="Save capture").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    settings = http.get(f"{pets.api}/capture").json()
    assert settings["budgetPerDay"] == 35
    assert settings["enabled"] is False
    expect(page.get_by_text("switched off")).to_be_visible()


def test_shares_moved_before_the_script_is_there_are_told_too(page: Page, pets) -> None:
    pets.trained().captured([f"meow bark {i}" for i in range(20)])
    late = []
    page.route("**/shares.js", lambda route: late.append(route))
    page.goto(f"{pets.url}/settings#capture", wait_until="commit")
    page.get_by_label("Samples a day, about").fill("9000")
    expect(page.get_by_role("region", name="Preview")).to_have_count(0)
    late[0].continue_()
    expect(page.get_by_role("region", name="Preview")).to_contain_text("The last 24 hours would have brought")


def test_shares_say_what_they_come_to_and_what_the_last_day_would_have_staged(page: Page, pets) -> None:
    pets.trained().captured([f"meow bark {i}" for i in range(20)])
    pets.http.put(f"{pets.api}/capture", json={"budgetPerDay": 100_000})
    page.goto(f"{pets.url}/capture")
    page.get_by_role("link", name="Capture settings").click()
    preview = page.get_by_role("region", name="Preview")
    page.get_by_label("Samples a day, about").fill("90000")
    expect(preview).to_contain_text("The last 24 hours would have brought")
    expect(preview).to_contain_text("Unsure answers")
    for name in ("Unsure answers", "Rare labels"):
        page.get_by_role("slider", name=name).fill("0")
    expect(page.locator("output").first).to_have_text("100\u202f%")
    expect(preview).not_to_contain_text("Unsure answers")
    page.get_by_role("slider", name="Novel calls").fill("100")
    expect(preview).to_contain_text("Novel calls had no share")
    page.get_by_label("Samples a day, about").fill("10000001")
    expect(preview).to_contain_text("A budget is between")
