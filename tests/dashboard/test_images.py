"""The whole loop for images in a browser: import, train, invoke, capture, label in the grid, retrain, live figures."""

import zipfile
from pathlib import Path

import httpx
import pytest
from pictures import picture
from playwright.sync_api import FloatRect, Locator, Page, Route, expect
from running_server import wait_for

from .conftest import Pets
from .test_accessibility import findings


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Four pictures of each of two labels, one without a label, and a file that is none."""
    path = tmp_path / "tints.zip"
    with zipfile.ZipFile(path, "w") as file:
        for seed in range(4):
            for tint in ("red", "blue"):
                file.writestr(f"tints/{tint}/{seed}.png", picture(tint, seed, side=64))
        file.writestr("loose.jpg", picture("red", 50, "JPEG"))
        file.writestr("__MACOSX/red/._0.png", b"junk")
        file.writestr("tints/red/notes.txt", b"not a picture")
    return path


@pytest.fixture
def tints(http: httpx.Client) -> Pets:
    """An image function with two labels and a model."""
    made = http.post(
        "/v1/functions", json={"name": "tints", "input": "Image", "output": "Classification"}
    ).json()
    function = Pets(http, made["id"])
    for name in ("red", "blue"):
        http.post(f"{function.api}/labels", json={"name": name})
    for seed in range(4):
        for tint in ("red", "blue"):
            http.post(f"{function.api}/samples", files={"f": picture(tint, seed)}, data={"labelName": tint})
    wait_for(lambda: function.models() and not function.busy(), what="training")
    return function


def capture_pictures(function: Pets, *seeds: int) -> None:
    function.http.put(f"{function.api}/capture", json={"budgetPerDay": 1_000_000})
    for seed in seeds:
        tint = "red" if seed % 2 else "blue"
        answer = function.http.post(f"{function.api}/invoke", files={"f": picture(tint, seed, side=64)})
        assert answer.status_code == 200


def loaded(image: Locator) -> None:
    """The picture is on the page, not only its frame."""
    expect(image).to_be_visible()
    wait_for(lambda: image.evaluate("image => image.complete && image.naturalWidth > 0"), 20, "the picture")


def box(image: Locator) -> FloatRect:
    found = image.bounding_box()
    assert found is not None
    return found


def n_annotated(function: Pets) -> int:
    return int(function.http.get(f"/v0.9/functions/{function.id}/metrics").json()["annotatedSampleCount"])


def test_the_loop_from_an_archive_to_live_figures(
    page: Page, http: httpx.Client, archive: Path, tmp_path: Path
) -> None:
    page.goto("/functions/new")
    page.get_by_label("Name").fill("Tints")
    page.get_by_label("Images").check()
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url("**/capture")
    function = Pets(http, page.url.split("/")[4])

    page.goto(f"{function.url}/samples/import")
    page.locator("[name=file]").set_input_files(archive)
    page.get_by_role("button", name="Look at the file").click()
    page.get_by_role("button", name="Import 9 rows").click()
    report = page.locator("#report")
    expect(report).to_contain_text("tints/red/notes.txt")
    expect(report.locator("dd").first).to_have_text("9")
    wait_for(lambda: function.models() and not function.busy(), what="training")

    page.goto(f"{function.url}/invoke")
    asked = tmp_path / "asked.png"
    asked.write_bytes(picture("blue", 99, side=64))
    page.locator("[name=file]").set_input_files(asked)
    expect(page.locator("#answer")).to_contain_text("blue")
    loaded(page.locator("#tried"))

    capture_pictures(function, *range(100, 130))
    page.goto(f"{function.url}/capture")
    loaded(page.locator("#card img"))
    before = n_annotated(function)
    page.keyboard.press("g")
    cells = page.locator("#grid .cell")
    expect(cells).to_have_count(24)
    for tint in ("red", "blue"):
        for cell in page.get_by_role("button", name=f": {tint}").all()[:8]:
            cell.click()
        page.get_by_role("button", name=tint, exact=False).and_(page.locator(".choice")).click()
    wait_for(lambda: n_annotated(function) >= before + 10, what="the answers")
    wait_for(lambda: len(function.models()) > 1 and not function.busy(), what="retraining")
    expect(page.locator("[data-part=live]")).to_be_visible()

    page.goto(f"{function.url}/metrics")
    expect(page.get_by_role("heading", name="Live accuracy").first).to_be_visible()


def test_a_single_key_labels_a_picture_and_undo_brings_it_back(page: Page, tints: Pets) -> None:
    capture_pictures(tints, 1, 2, 3)
    page.goto(f"{tints.url}/capture")
    image = page.locator("#card img")
    loaded(image)
    first = image.get_attribute("src")
    before = n_annotated(tints)
    page.keyboard.press("1")
    wait_for(lambda: n_annotated(tints) == before + 1, what="the answer")
    loaded(image)
    assert image.get_attribute("src") != first
    page.keyboard.press("u")
    wait_for(lambda: n_annotated(tints) == before, what="the undo")
    expect(image).to_have_attribute("src", first or "")


def test_an_image_is_magnified_and_moved_by_keys_and_mouse(page: Page, tints: Pets) -> None:
    capture_pictures(tints, 1)
    page.goto(f"{tints.url}/capture")
    loaded(page.locator("#card img"))
    page.keyboard.press("z")
    large, said = page.locator("#zoom img"), page.locator("#zoom output")
    loaded(large)
    whole = box(large)
    for _ in range(4):
        page.keyboard.press("+")
    expect(said).to_have_text("244\u202f%")
    near = box(large)
    assert near["width"] > 2 * whole["width"]
    page.keyboard.press("ArrowDown")
    assert box(large)["y"] < near["y"]
    page.mouse.move(600, 300)
    page.mouse.down()
    page.mouse.move(600, 340)
    page.mouse.up()
    assert box(large)["y"] == pytest.approx(near["y"] - 40, abs=1)
    page.mouse.wheel(0, -100)
    expect(said).to_have_text("305\u202f%")
    page.keyboard.press("0")
    assert box(large) == whole
    page.keyboard.press("Escape")
    expect(page.locator("#zoom")).to_be_hidden()


def test_answers_arrive_with_their_pictures_captured_or_not(page: Page, tints: Pets) -> None:
    for per_day in (0, 1_000_000):
        tints.http.put(f"{tints.api}/capture", json={"budgetPerDay": per_day})
        tints.http.post(f"{tints.api}/invoke", files={"f": picture("red", per_day, side=64)})
    page.goto(f"{tints.url}/capture")
    arrived = page.locator(".feed li")
    expect(arrived).to_have_count(2)
    for number in range(2):
        loaded(arrived.nth(number).locator("img"))


def test_a_try_by_hand_is_told_without_its_picture(page: Page, tints: Pets) -> None:
    tints.http.post(f"{tints.api}/invoke?capture=false", files={"f": picture("red", 5)})
    page.goto(f"{tints.url}/capture")
    expect(page.locator(".feed li")).to_contain_text("PNG, ")
    expect(page.locator(".feed img")).to_have_count(0)


def test_pages_of_an_image_function_speak_of_images(page: Page, http: httpx.Client) -> None:
    made = http.post("/v1/functions", json={"name": "new", "input": "Image"}).json()
    page.goto(f"/functions/{made['id']}/integrate")
    expect(page.get_by_role("main")).to_contain_text("Send an image to this address")
    page.goto(f"/functions/{made['id']}/versions")
    expect(page.get_by_role("main")).to_contain_text("there is nothing to answer with")


def test_z_zooms_and_escape_comes_back(page: Page, tints: Pets) -> None:
    capture_pictures(tints, 1, 2)
    page.goto(f"{tints.url}/capture")
    loaded(page.locator("#card img"))
    page.keyboard.press("z")
    loaded(page.locator("#zoom img"))
    page.keyboard.press("Escape")
    expect(page.locator("#zoom")).to_be_hidden()


def test_the_grid_is_worked_by_keys_alone(page: Page, tints: Pets) -> None:
    capture_pictures(tints, *range(10, 20))
    page.goto(f"{tints.url}/capture")
    loaded(page.locator("#card img"))
    before = n_annotated(tints)
    page.keyboard.press("g")
    expect(page.locator("#grid .cell")).to_have_count(10)
    expect(page.locator("#grid .cell").first).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("2")
    expect(page.locator("#grid .cell")).to_have_count(8)
    wait_for(lambda: n_annotated(tints) == before + 2, what="both answers")
    page.keyboard.press("u")  # both, as they were answered in one go
    expect(page.locator("#latest")).to_have_text("Taken back: 2 items wait again")
    expect(page.locator("#grid .cell")).to_have_count(10)
    page.keyboard.press("g")
    loaded(page.locator("#card img"))


def test_images_that_come_while_the_grid_is_on_show_fill_it(page: Page, tints: Pets) -> None:
    capture_pictures(tints, *range(200, 230))
    held: list[Route] = []
    line_is_slow = True
    page.route("**/capture/items*", lambda route: held.append(route) if line_is_slow else route.continue_())
    page.goto(f"{tints.url}/capture")
    loaded(page.locator("#card img"))
    page.keyboard.press("g")
    expect(page.locator("#grid .cell")).to_have_count(10)
    line_is_slow = False
    for request in held:
        request.continue_()
    expect(page.locator("#grid .cell")).to_have_count(24)
    expect(page.locator("#grid .cell").first).to_be_focused()


def test_images_are_added_with_a_label_and_listed(page: Page, tints: Pets, tmp_path: Path) -> None:
    files = [tmp_path / f"{seed}.png" for seed in (70, 71)]
    for seed, file in zip((70, 71), files, strict=True):
        file.write_bytes(picture("red", seed, side=64))
    page.goto(f"{tints.url}/samples")
    page.get_by_text("Add images").click()
    page.locator("[name=files]").set_input_files(files)
    page.locator("#add-images select").select_option(label="red")
    page.get_by_role("button", name="Add 2 images").click()
    expect(page.locator(".sample-row")).to_have_count(10)
    loaded(page.locator(".sample-row img").first)


def test_a_file_that_is_no_picture_is_told(page: Page, tints: Pets, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.png"
    wrong.write_bytes(b"no picture")
    page.goto(f"{tints.url}/invoke")
    page.locator("[name=file]").set_input_files(wrong)
    expect(page.locator("#answer")).to_contain_text("no picture of a kind that is taken")
    expect(page.locator("#answer .refused")).to_be_visible()


def test_a_picture_can_be_dropped_on_the_page(page: Page, tints: Pets) -> None:
    page.goto(f"{tints.url}/invoke")
    numbers = list(picture("red", 90, side=64))
    page.evaluate(
        """numbers => {
            const held = new DataTransfer();
            held.items.add(new File([new Uint8Array(numbers)], "dropped.png", { type: "image/png" }));
            document.dispatchEvent(new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true }));
        }""",
        numbers,
    )
    expect(page.locator("#answer")).to_contain_text("red")


def test_pages_of_an_image_function_have_no_findings(page: Page, tints: Pets) -> None:
    capture_pictures(tints, 1, 2, 3)
    for tab in ("capture", "samples", "invoke", "samples/import", "integrate"):
        page.goto(f"{tints.url}/{tab}")
        page.wait_for_timeout(400)
        assert findings(page) == [], tab
    page.goto(f"{tints.url}/capture")
    page.keyboard.press("g")
    page.wait_for_timeout(400)
    assert findings(page) == []
