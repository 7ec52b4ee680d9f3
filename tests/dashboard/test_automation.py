"""The automation curve on Metrics, and the threshold that is picked from it."""

from playwright.sync_api import Page, expect


def test_it_says_what_the_threshold_does_before_there_is_traffic(page: Page, pets) -> None:
    page.goto(f"{pets.url}/metrics")
    expect(page.locator("#automation")).to_contain_text("hand the others to a person")
    expect(page.locator("#automation")).to_contain_text("Shown once there are calls")


def test_a_threshold_is_picked_with_the_keyboard_and_answers_carry_it(page: Page, pets, http) -> None:
    page.goto(f"{pets.url}/metrics?days=7&order=name")
    page.locator("#automation select").select_option("0.8")
    page.get_by_role("button", name="Set threshold").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("80\u202f% is the threshold")
    assert "days=7" in page.url
    assert "order=name" in page.url
    answer = http.post(f"{pets.api}/invoke", json={"data": "meow"}).json()
    assert answer["decisionThreshold"] == 0.8


def test_a_threshold_from_the_api_between_two_steps_is_kept_in_the_list(page: Page, pets, http) -> None:
    http.put(pets.api, json={"decisionThreshold": 0.73})
    page.goto(f"{pets.url}/metrics")
    expect(page.locator("#automation select")).to_have_value("0.73")


def test_nonsense_is_refused_and_changes_nothing(page: Page, pets, http) -> None:
    page.goto(f"{pets.url}/metrics")
    page.locator("#automation option").first.evaluate(
        "option => { option.value = '7'; option.selected = true; }"
    )
    page.get_by_role("button", name="Set threshold").click()
    expect(page.get_by_role("status").first).to_contain_text("between 0 and 1")
    assert http.get(pets.api).json()["decisionThreshold"] == 0.5


def test_the_curve_is_a_table_too(page: Page, pets, http) -> None:
    pets.trained().captured([f"meow number {i}" for i in range(40)])
    for sample in pets.samples(origin="InvokeCapture", batchSize="100"):
        http.put(f"{pets.api}/samples/{sample['id']}/annotation", json={"labelName": "cat"})
    page.goto(f"{pets.url}/metrics")
    section = page.locator("#automation")
    expect(section.locator(".mid")).to_contain_text("of calls")
    section.get_by_text("As a table").click()
    expect(section.locator("tbody tr")).to_have_count(20)
    expect(section.locator("tbody tr").first).to_contain_text("100\u202f%")
