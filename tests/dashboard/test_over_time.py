"""A walk through what Metrics draws of weeks of labelled calls, with and without a mouse."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from past_labels import Said, label_past
from playwright.sync_api import Page, expect
from running_server import RunningServer, wait_for

from noria.records.ids import new_id
from noria.records.version import GateOutcome
from noria.storage import open_storage

from .test_accessibility import findings


@pytest.fixture
def weeks(pets, server: RunningServer):
    """Pets with four weeks of calls, each from its Monday on: 25 labels in each but the third, which has five."""
    pets.trained()
    ids = {label["name"]: label["id"] for label in pets.http.get(f"{pets.api}/labels").json()}
    cat, dog = ids["cat"], ids["dog"]
    today = datetime.now(UTC).replace(hour=1, minute=0)
    begin = today - timedelta(days=today.weekday() + 35)
    said = [
        Said(begin + timedelta(days=7 * week, hours=i), cat, dog if i % 5 == 0 else cat)
        for week in range(4)
        for i in range(5 if week == 2 else 25)
    ]
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    try:
        label_past(storage, pets.id, said)
        version = storage.versions.all(pets.id)[-1]
        storage.versions.set_live(pets.id, version.id, "ada", "again", begin + timedelta(days=20))
        wait_for(lambda: not pets.busy(), what="training on the labels")
        for n in (20, 40, 70, 100, 150, 200):
            scores = {"cv_accuracy": 0.95 - n**-0.4, "n_scored": float(n)}
            made = replace(
                version,
                id=new_id("model"),
                n_samples=n,
                n_labels=3,
                scores=scores,
                outcome=GateOutcome.KEPT_BACK,
            )
            storage.versions.publish(made, b"", b"", storage.functions.get(pets.id).wanted_seq, None)
    finally:
        storage.close()
    return pets


def test_the_page_draws_what_weeks_of_labels_say(page: Page, weeks) -> None:
    page.goto(f"{weeks.url}/metrics")
    over = page.locator("#over-time")
    expect(over).to_contain_text("too few labels for a figure")
    expect(over.get_by_role("img")).to_have_accessible_name(re.compile("Live accuracy by week: "))
    over.get_by_text("As a table").click()
    expect(over.get_by_role("cell", name="more labels")).not_to_have_count(0)
    learning = page.locator("#learning")
    expect(learning).to_contain_text(re.compile(r"About 100 more labels are likely to bring .*points?\."))
    expect(learning).to_contain_text("harder than traffic")
    mistakes = page.locator("#mistakes")
    row = mistakes.locator(".wide-table tbody tr")
    expect(row.locator("th bdi")).to_have_text("dog")
    expect(row.get_by_role("link", name="See the samples")).to_have_attribute(
        "href", re.compile("label=.*predicted=")
    )
    expect(row.get_by_role("link", name="Merge")).to_have_attribute("href", re.compile("/merge\\?into="))
    cell = mistakes.get_by_role("link", name="“dog” answered as “cat”: 100")
    cell.focus()
    expect(cell).to_be_focused()
    mistakes.get_by_label("Look at").select_option("samples")
    page.wait_for_url("**of=samples**")
    expect(mistakes).to_contain_text("answered by a model that had not seen it")
    assert findings(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
