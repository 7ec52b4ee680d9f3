"""A letter for each of a few dozen labels: given by their names, the same at every item, on any keyboard."""

import pytest
from playwright.sync_api import Page, expect

from .test_capture import MANY, blind, saved, shown

GIVE = """async ([names, taken, risky]) => {
  const [{ prepared }, { lettersFor }] = [await import("/static/now/labels.js"), await import("/static/now/letters.js")];
  const labels = prepared(names.map((name, id) => ({ id: String(id), name })));
  return [...lettersFor(labels, (letter) => taken.includes(letter), (letter) => risky.includes(letter)).values()].join("");
}"""
READ = """async (event) => {
  const { letterOf } = await import("/static/now/letters.js");
  return letterOf(new KeyboardEvent("keydown", event));
}"""


@pytest.fixture(scope="module")
def script(browser, server):
    context = browser.new_context(base_url=server.url)
    page: Page = context.new_page()
    page.goto("/sign-in")
    yield page.evaluate
    context.close()


@pytest.mark.parametrize(
    ("names", "taken", "risky", "letters"),
    [
        (["card_arrival", "card_lost", "cash", "top_up"], "", "", "CLAT"),
        (["card_arrival", "card_lost"], "C", "", "AL"),
        (["école", "Été", "ящик", "صندوق"], "", "", "ETAB"),
        (["savings", "unknown", "top_up"], "", "SU", "ANT"),
        ([f"b{i}" for i in range(26)], "", "AB", "CDEFGHIJKLMNOPQRSTUVWXYZBA"),
        ([f"b{i}" for i in range(28)], "", "", "BACDEFGHIJKLMNOPQRSTUVWXYZ"),
        ([f"b{i}" for i in range(41)], "", "", ""),
    ],
)
def test_letters_come_from_names_and_earlier_labels_keep_theirs(script, names, taken, risky, letters) -> None:
    assert script(GIVE, [names, taken, risky]) == letters
    assert not letters or letters.startswith(script(GIVE, [names[:-1], taken, risky]))


@pytest.mark.parametrize(
    ("key", "code", "shift", "letter"),
    [
        ("C", "KeyC", True, "C"),
        ("c", "KeyC", True, "C"),  # Caps Lock
        ("C", "KeyC", False, None),  # Caps Lock alone: the letter is typed
        ("A", "KeyQ", True, "A"),  # a French keyboard
        ("С", "KeyC", True, "C"),  # a Russian one
        ("!", "Digit1", True, None),
        ("ArrowUp", "ArrowUp", True, None),
    ],
)
def test_a_letter_is_read_as_it_stands_on_the_key(script, key, code, shift, letter) -> None:
    assert script(READ, {"key": key, "code": code, "shiftKey": shift}) == letter


def keys_shown(page: Page) -> dict[str, str]:
    chips = page.locator("#all-labels button")
    return {chip.locator("bdi").inner_text(): chip.locator("kbd").inner_text() for chip in chips.all()}


def test_every_label_has_one_key_at_blind_and_shown_items(page: Page, new_function) -> None:
    function = new_function(labels=MANY)
    for i, name in enumerate(MANY[:6] * 2):
        function.teach(f"{name} {i}", name)
    function.captured(
        [
            f"{what} is it"
            for what in ("where", "when", "who", "which one", "how much", "why on earth", "whose", "what")
        ]
    )
    page.goto(f"{function.url}/capture")
    keys, given, was_blind = keys_shown(page), {}, set()
    assert len(set(keys.values())) == len(MANY)
    for name in ("card_new", "savings_late", "unknown_lost", "transfer_lost", "card_lost", "savings_new"):
        text = shown(page)
        was_blind.add(blind(page))
        assert keys_shown(page) == keys
        page.keyboard.press(keys[name].replace("⇧", "Shift+"))
        given[text] = name
        expect(page.locator("#text")).not_to_have_text(text)
    saved(page)
    assert was_blind == {True, False}
    assert {text: function.label_of(text) for text in given} == given

    page.keyboard.press("?")
    page.get_by_text("Keys of the labels").click()
    page.get_by_role("button", name="Change the key of card_new").click()
    page.keyboard.press("w")
    page.keyboard.press("Escape")
    assert keys_shown(page)["card_new"] == "w"
    text = shown(page)
    page.keyboard.press("w")
    saved(page)
    assert function.label_of(text) == "card_new"
    page.keyboard.type("car")  # small letters find, as ever
    expect(page.locator("#find")).to_have_value("car")
