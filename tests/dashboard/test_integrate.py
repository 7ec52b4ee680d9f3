"""Clients, their secrets, and snippets that run as pasted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture
def filled(page: Page, pets) -> Page:
    """The page right after a client was made."""
    page.goto(f"{pets.url}/integrate")
    page.get_by_label("Name").first.fill("web shop")
    page.get_by_role("button", name="Make a client").click()
    expect(page.get_by_label("Client secret")).to_be_visible()
    return page


def snippet(page: Page, title: str) -> str:
    section = page.locator("section").filter(has=page.get_by_role("heading", name=title, exact=True))
    return str(section.locator("pre").text_content())


def test_the_curl_snippet_runs_as_pasted(filled: Page) -> None:
    done = subprocess.run(["sh", "-c", snippet(filled, "curl")], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["labelName"] in ("cat", "dog")


def test_the_token_snippet_runs_as_pasted(filled: Page) -> None:
    done = subprocess.run(
        ["sh", "-c", snippet(filled, "curl, for a token")], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["token_type"] == "Bearer"


@pytest.mark.parametrize("title", ["Python", "Python, with the nyckel package"])
def test_the_python_snippets_run_as_pasted(filled: Page, title: str, tmp_path: Path) -> None:
    file = tmp_path / "call.py"
    file.write_text(snippet(filled, title))
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cat" in done.stdout or "dog" in done.stdout


def test_a_secret_is_shown_once(filled: Page, pets) -> None:
    secret = filled.get_by_label("Client secret").input_value()
    filled.goto(f"{pets.url}/integrate")
    assert secret not in filled.content()
    assert "YOUR_CLIENT_SECRET" in snippet(filled, "Python")


def test_a_revoked_client_gets_no_token(filled: Page, http) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": filled.get_by_label("Client id").input_value(),
        "client_secret": filled.get_by_label("Client secret").input_value(),
    }
    assert http.post("/connect/token", data=form).status_code == 200
    line = filled.get_by_role("listitem").filter(has_text=form["client_id"])
    line.get_by_text("Revoke", exact=True).click()
    line.get_by_role("button", name="Revoke for good").click()
    expect(filled.get_by_role("status").first).to_contain_text("Revoked")
    assert http.post("/connect/token", data=form).status_code == 401
