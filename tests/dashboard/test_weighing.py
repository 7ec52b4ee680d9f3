"""Weighing the answers, beside Drift on Metrics: a suggestion, what it costs, and a snippet that runs."""

import subprocess
import sys
from pathlib import Path

from past_traffic import pass_traffic
from playwright.sync_api import Page, expect
from running_server import RunningServer

from noria.storage import open_storage


def all_dogs(pets, server: RunningServer, moved: bool = False, n: int = 60) -> None:
    """Weeks of calls, and as many labelled ones on top, all about dogs, every third in words of both."""
    texts = [f"meow milk bark {i}" if i % 3 == 0 else f"woof bark fetch {i}" for i in range(n)]
    pets.captured(texts)
    ids = {label["name"]: label["id"] for label in pets.http.get(f"{pets.api}/labels").json()}
    for sample in pets.samples(origin="InvokeCapture", pageSize="1000"):
        done = pets.http.put(f"{pets.api}/samples/{sample['id']}/annotation", json={"labelId": ids["dog"]})
        assert done.status_code == 200
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    try:
        pass_traffic(
            storage,
            pets.id,
            lambda ago: (
                {ids["cat"]: 0.3, ids["dog"]: 0.7}
                if moved and ago <= 60
                else {ids["cat"]: 0.1, ids["dog"]: 0.9}
            ),
            hours=12 * 24,
        )
    finally:
        storage.close()


def test_a_balance_far_from_even_brings_a_suggestion_with_what_it_saves(
    page: Page, pets, server: RunningServer
) -> None:
    all_dogs(pets.trained(), server)
    page.goto(f"{pets.url}/metrics")
    part = page.locator("#drift")
    expect(part.get_by_role("heading", name="Weighing the answers")).to_be_visible()
    expect(part).to_contain_text("errors would fall from")
    expect(part).to_contain_text("Answer “cat” from a confidence of")
    expect(part).to_contain_text("Tried on 60 labelled calls")
    found = pets.http.get(f"{pets.api}/drift").json()["weighing"]
    assert found["saved"]["low"] > 0
    assert f"errors would fall from {100 * found['errors']:.1f}\u202f% to" in part.inner_text()
    assert sum(found["weights"].values()) > 0.99


def test_the_snippet_runs_once_it_has_a_client(
    page: Page, pets, server: RunningServer, tmp_path: Path
) -> None:
    all_dogs(pets.trained(), server)
    page.goto(f"{pets.url}/integrate")
    page.get_by_label("Name", exact=True).first.fill("shop")
    page.get_by_role("button", name="Make a client").click()
    client, secret = (page.get_by_label(label).input_value() for label in ("Client id", "Client secret"))
    page.goto(f"{pets.url}/metrics")
    page.get_by_text("Python that weighs its answers").click()
    code = page.locator("#drift .copy pre").inner_text()
    file = tmp_path / "call.py"
    file.write_text(code.replace("YOUR_CLIENT_ID", client).replace("YOUR_CLIENT_SECRET", secret))
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in ("cat", "dog")


def test_a_balance_that_moved_says_how_many_labels_are_missing(
    page: Page, pets, server: RunningServer
) -> None:
    all_dogs(pets.trained(), server, moved=True, n=3)
    page.goto(f"{pets.url}/metrics")
    expect(page.locator("#drift")).to_contain_text("more labels of calls since then can tell")
    assert pets.http.get(f"{pets.api}/drift").json()["weighing"] is None


def test_nothing_is_said_where_nothing_moved_and_nothing_is_saved(
    page: Page, pets, server: RunningServer
) -> None:
    all_dogs(pets.trained(), server, n=3)
    page.goto(f"{pets.url}/metrics")
    expect(page.locator("#drift h3").first).to_have_text("Class balance")
