"""Versions: the way back, a pin, and where two of them differ."""

from playwright.sync_api import Page, expect
from running_server import wait_for

from .test_accessibility import findings


def live(pets) -> int:
    return next(int(model["number"]) for model in pets.models() if model["live"])  # type: ignore[call-overload]


def retrained(pets, text: str, label: str) -> None:
    before = len(pets.models())
    pets.teach(text, label)
    wait_for(lambda: len(pets.models()) > before and not pets.busy(), what="another version")


def test_a_version_is_gone_back_to_and_pinned_and_what_is_trained_then_waits(page: Page, pets) -> None:
    page.goto(f"{pets.url}/versions")
    expect(page.get_by_role("main")).to_contain_text("once two labels have two samples each")
    pets.trained()
    retrained(pets, "a hissing cat", "cat")
    newest = live(pets)
    page.reload()
    page.get_by_role("button", name="Answer with it : version 1", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Version 1 answers from now on")
    serving = page.locator(".version.serving h2")
    expect(serving).to_have_text("Version 1 live")
    page.get_by_role("button", name="Undo").click()
    expect(serving).to_have_text(f"Version {newest} live")
    page.get_by_role("button", name="Pin version 1", exact=True).click()
    expect(page.get_by_role("heading", name="Version 1 is pinned")).to_be_visible()

    retrained(pets, "a barking dog", "dog")
    assert live(pets) == 1
    page.reload()
    expect(page.locator(".version").first).to_contain_text("waits for the pin")
    assert findings(page) == []
    page.get_by_role("button", name="Unpin: version").click()
    expect(serving).to_have_text(f"Version {len(pets.models())} live")
    assert live(pets) == len(pets.models())


def test_the_items_where_two_versions_differ_are_shown_and_put_right(page: Page, pets) -> None:
    pets.trained()
    for i in range(8):  # the first version takes these for dogs
        pets.teach(f"woof bark yap yap {i}", "cat")
    wait_for(lambda: len(pets.models()) > 1 and not pets.busy(), what="a second version")
    pets.captured(["woof bark yap yap yap", "meow purr"])
    page.goto(f"{pets.url}/versions")
    page.get_by_label("Compare").select_option(label="version 1")
    page.get_by_label("with").select_option(index=0)
    page.get_by_role("button", name="Where do they differ?").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("judged only by answers to samples that it had not learned from")
    page.get_by_role("link", name="Captured calls").click()
    expect(page.locator(".compared .sample-row")).to_contain_text("woof bark yap yap yap")
    assert findings(page) == []
    page.get_by_role("link", name="Labelled samples").click()
    page.get_by_label("Labels").select_option(index=1)
    page.get_by_role("button", name="Show", exact=True).click()
    differing = page.locator(".compared .sample-row").filter(has_text="yap")
    expect(differing.nth(5)).to_be_visible()
    expect(differing.first).to_contain_text("wrong")
    differing.first.get_by_role("combobox").select_option("dog")
    expect(page.locator("#status")).to_contain_text("Relabelled. dog")
    page.reload()
    expect(differing.first.locator(".answers > div").first).to_contain_text("right")
