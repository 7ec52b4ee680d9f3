"""Similar: from a sample to those nearest to it, where a wrong label stands out."""

from datetime import UTC, datetime

import pytest
from pictures import picture
from playwright.sync_api import Browser, Page, expect
from running_server import RunningServer

from noria.records.sample import Annotation, AnnotationSource, Origin, Sample
from noria.server.dashboard.similar import verdict

from .conftest import Pets
from .test_accessibility import findings

CATS = [
    "purring cat on a sofa",
    "purring cat on the sofa",
    "purring cats on a sofa",
    "a purring cat on a sofa",
]


@pytest.fixture
def doubtful(pets: Pets) -> Pets:
    """Four nearly equal texts, of which the last is said to be a dog, and some dogs."""
    for text in CATS[:3]:
        pets.teach(text, "cat")
    for text in ("woof bark fetch", "puppy barks loud"):
        pets.teach(text, "dog")
    pets.teach(CATS[3], "dog")
    return pets


def row(page: Page, text: str):
    return page.locator("li.sample-row").filter(has=page.get_by_text(text, exact=True))


def test_a_wrong_label_stands_out_and_is_mended_by_keys_alone(page: Page, doubtful: Pets) -> None:
    page.goto(f"{doubtful.url}/samples")
    link = row(page, CATS[3]).get_by_role("link", name="Similar")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/similar")
    expect(page.get_by_role("heading", name="Similar samples")).to_be_visible()
    expect(page.locator("li.sample-row .sample-text")).to_have_count(5)
    assert set(page.locator("li.sample-row .sample-text").all_inner_texts()[:3]) == set(CATS[:3])
    expect(row(page, CATS[0])).to_contain_text("another label")
    expect(row(page, "woof bark fetch")).not_to_contain_text("another label")
    expect(page.locator("main")).to_contain_text("Of the 5 nearest with a label, 3 say cat and 2 dog.")
    page.locator(".asked select").focus()
    page.locator(".asked select").select_option("cat")
    expect(page.locator("#status")).to_contain_text("Relabelled. cat")
    assert doubtful.label_of(CATS[3]) == "cat"
    page.reload()
    expect(page.locator("main")).to_contain_text("Of the 5 nearest with a label, 3 say cat")


def test_it_works_without_script(
    browser: Browser, server: RunningServer, signed_in: dict[str, object], doubtful: Pets
) -> None:
    context = browser.new_context(base_url=server.url, storage_state=signed_in, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{doubtful.url}/samples")
    row(page, CATS[3]).get_by_role("link", name="Similar").click()
    page.locator(".asked select").select_option("cat")
    page.locator(".asked").get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Similar samples")).to_be_visible()
    assert doubtful.label_of(CATS[3]) == "cat"
    row(page, "woof bark fetch").get_by_text("Delete", exact=True).click()
    row(page, "woof bark fetch").get_by_role("button", name="Delete for good").click()
    expect(page.locator("li.sample-row")).to_have_count(4)
    context.close()


def test_alone_it_says_what_this_page_will_show(page: Page, pets: Pets) -> None:
    pets.teach("the only one", "cat")
    page.goto(f"{pets.url}/samples")
    page.get_by_role("link", name="Similar").click()
    expect(page.locator(".teach")).to_contain_text("worth a second look")


def test_pictures_are_shown_beside_one_another(page: Page, http) -> None:
    made = http.post("/v1/functions", json={"name": "tints", "input": "Image"}).json()
    tints = Pets(http, made["id"])
    for tint in ("red", "blue"):
        for seed in range(3):
            http.post(
                f"{tints.api}/samples", files={"f": picture(tint, seed, side=64)}, data={"externalId": tint}
            )
    page.goto(f"{tints.url}/samples")
    page.get_by_role("link", name="Similar").first.click()  # the newest is blue
    expect(page.locator("li.sample-row img")).to_have_count(5)
    assert page.locator("li.sample-row bdi").all_inner_texts() == ["blue", "blue", "red", "red", "red"]
    http.delete(tints.api)


def test_a_captured_item_has_it_once_it_is_answered(page: Page, doubtful: Pets) -> None:
    doubtful.captured(["purring cat on this sofa"])
    page.goto(f"{doubtful.url}/capture")
    expect(page.locator("#text")).to_have_text("purring cat on this sofa")
    page.keyboard.press("1")
    page.locator("#receipts").get_by_role("link", name="Similar").click()
    page.wait_for_url("**/similar")
    expect(page.locator(".asked")).to_contain_text("purring cat on this sofa")
    expect(page.locator("li.sample-row").first).to_contain_text("purring cat")


def test_it_has_no_findings(
    browser: Browser, server: RunningServer, signed_in: dict[str, object], doubtful: Pets
) -> None:
    context = browser.new_context(
        base_url=server.url,
        storage_state=signed_in,
        viewport={"width": 1280, "height": 860},
    )  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{doubtful.url}/samples/{doubtful.samples()[0]['id']}/similar")
    assert findings(page) == []
    for width in (400, 640):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


# --- what the neighbours say


def sample(label: str | None) -> Sample:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    annotation = Annotation(label, at, "ann", AnnotationSource.API) if label else None
    return Sample("sample_x", "function_x", 1, "text", b"", Origin.API, at, False, annotation=annotation)


@pytest.mark.parametrize(
    ("own", "others", "doubtful"),
    [
        ("a", "bbb", True),
        ("a", "abb", True),
        ("a", "bb", False),  # too few to say
        ("a", "aabb", False),
        ("a", "bbcc", False),  # they don't agree either
        ("a", "aaab", False),
        (None, "bbb", False),
        ("a", "", False),
        ("a", "bbbbbaaaaaaa", True),  # farther ones don't count
    ],
)
def test_doubt_needs_most_of_three_neighbours(own: str | None, others: str, doubtful: bool) -> None:
    names = {name: name.upper() for name in "abc"}
    said = verdict(sample(own), [sample(None), *map(sample, others)], names)
    assert said.n_labelled == min(5, len(others))
    assert said.doubtful is doubtful
