"""What Metrics says, and what it refuses to say."""

from playwright.sync_api import Page, expect


def test_a_few_labels_make_no_figure(page: Page, pets) -> None:
    pets.trained().captured(["meow one", "meow two"])
    page.goto(f"{pets.url}/metrics")
    lead = page.locator(".lead")
    expect(lead.locator(".huge")).to_contain_text("more labels")
    expect(lead).to_contain_text("any percentage would mislead")
    assert "%" not in lead.locator(".huge").inner_text()


def test_enough_labels_make_a_figure_with_its_interval(page: Page, pets, http) -> None:
    pets.trained().captured([f"meow number {i}" for i in range(40)])
    for sample in pets.samples(origin="InvokeCapture", batchSize="100"):
        http.put(f"{pets.api}/samples/{sample['id']}/annotation", json={"labelName": "cat"})
    page.goto(f"{pets.url}/metrics")
    expect(page.locator(".lead .huge")).to_contain_text("%")
    expect(page.locator(".lead")).to_contain_text("With 95\u202f% confidence it is between")
    expect(page.locator(".lead .interval title")).to_have_count(1)


def test_cross_validation_is_named_for_what_it_is(page: Page, pets) -> None:
    pets.trained()
    page.goto(f"{pets.url}/metrics")
    expect(page.locator(".lead")).to_contain_text("On your labelled samples, which are harder than traffic")


def test_labels_are_put_in_the_order_asked_for(page: Page, new_function) -> None:
    pets = new_function(labels=("zebra", "ant"))
    page.goto(f"{pets.url}/metrics")
    page.get_by_label("Order by").select_option("name")
    expect(page.locator(".wide-table tbody th")).to_have_text(["ant", "zebra"])


def test_plots_are_tables_too(page: Page, pets) -> None:
    pets.captured(["meow", "woof"])
    page.wait_for_timeout(1500)  # sums are flushed once a second
    page.goto(f"{pets.url}/metrics")
    page.locator("section", has_text="Traffic, last 24 hours").get_by_text("As a table").click()
    expect(page.get_by_role("columnheader", name="Calls", exact=True)).to_be_visible()


def test_the_window_and_the_version_stay_in_the_address(page: Page, pets) -> None:
    pets.trained().captured(["meow", "woof"])
    number = pets.models()[0]["number"]
    page.goto(f"{pets.url}/metrics")
    page.get_by_label("Calls of").select_option("chosen")
    page.get_by_label("From", exact=True).fill("2025-01-01")
    page.get_by_label("to", exact=True).fill("2025-01-31")
    page.get_by_role("button", name="Show these days").click()
    page.get_by_label("answered by").select_option(str(number))
    page.wait_for_url("**version=*")
    page.get_by_label("Order by").select_option("name")
    page.wait_for_url("**order=name*")
    for part in ("days=chosen", "from=2025-01-01", "to=2025-01-31", f"version={number}"):
        assert part in page.url
    expect(page.locator("#automation")).to_contain_text("Shown once there are calls")


def test_a_window_that_makes_no_sense_is_all_time(page: Page, pets) -> None:
    page.goto(f"{pets.url}/metrics?days=chosen&from=yesterday&to=9999-12-31&version=x")
    expect(page.locator(".lead h2")).to_have_text("Live accuracy")


def test_what_else_is_known_of_production(page: Page, pets, http) -> None:
    pets.trained().captured([f"meow woof number {i}" for i in range(40)])
    for i, sample in enumerate(pets.samples(origin="InvokeCapture", batchSize="100")):
        name = ("cat", "dog")[i % 2]
        http.put(f"{pets.api}/samples/{sample['id']}/annotation", json={"labelName": name})
    page.goto(f"{pets.url}/metrics")
    expect(page.locator(".lead")).to_contain_text("The model is surer than it is right")
    expect(page.locator("#mistakes tbody tr")).not_to_have_count(0)
    expect(page.locator("#calibration tbody tr")).not_to_have_count(0)
    expect(page.get_by_role("columnheader", name="Of training")).to_be_visible()
