"""Redaction over HTTP: set, tried out, and nothing of what was hidden anywhere on disk."""

import json
from pathlib import Path
from typing import Any

import httpx
from running_server import RunningServer, wait_for

EMAIL, CARD, CUSTOMER = "zebra.secret@example.com", "4111 1111 1111 1111", "C-777123"
PLAIN = {"kinds": ["email", "card"], "patterns": [{"name": "customer", "pattern": r"C-\d{6}"}]}


def on_disk(server: RunningServer) -> str:
    """All that the server has written down, whichever way."""
    files = [path for path in Path(server.data).rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files)
    return "\n".join(path.read_bytes().decode("latin-1") for path in files)


def test_settings_change_only_where_they_are_named(http: httpx.Client, path: str) -> None:
    assert http.get(f"{path}/redaction").json() == {"kinds": [], "patterns": []}
    assert http.put(f"{path}/redaction", json=PLAIN).json() == PLAIN
    assert http.put(f"{path}/redaction", json={"kinds": []}).json() == PLAIN | {"kinds": []}
    assert http.get(f"{path}/redaction").json() == PLAIN | {"kinds": []}


def test_a_text_is_tried_without_a_change(http: httpx.Client, path: str) -> None:
    found = http.post(f"{path}/redaction/check", json={"data": f"to {EMAIL}", "kinds": ["email"]}).json()
    assert found == {"data": "to [email]", "hidden": {"email": 1}}
    assert http.post(f"{path}/redaction/check", json={"data": EMAIL}).json() == {"data": EMAIL, "hidden": {}}


def test_a_pattern_that_cannot_be_run_has_a_code_of_its_own(http: httpx.Client, path: str) -> None:
    for wrong in ({"kinds": ["passport"]}, {"patterns": [{"name": "x", "pattern": "("}]}):
        refused = http.put(f"{path}/redaction", json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_pattern")
    assert http.get(f"{path}/redaction").json() == {"kinds": [], "patterns": []}


def test_images_have_no_text_to_hide(http: httpx.Client) -> None:
    body = {"name": "pictures", "input": "Image", "output": "Classification"}
    id = http.post("/v1/functions", json=body).json()["id"]
    assert http.put(f"/v1/functions/{id}/redaction", json={"kinds": ["email"]}).status_code == 400


def test_nothing_that_is_hidden_is_ever_written_down(new_loopback_address: Any, tmp_path: Path) -> None:
    server = RunningServer(new_loopback_address(), tmp_path / "data").start()
    try:
        with server.http() as http:
            _use(http, "Text", lambda text: text)
            _use(http, "Tabular", lambda text: {"said": text, "amount": 4111})
            http.post("/v1/functions", json={"name": "marker of the database"})
    finally:
        server.stop()
    written = on_disk(server)
    assert "[email]" in written
    assert "marker of the database" in written
    for hidden in (EMAIL, "zebra", CARD, "4111 1111", CUSTOMER):
        assert hidden not in written, hidden


def _use(http: httpx.Client, input: str, row: Any) -> None:
    """Everything that stores something of a text: calls, feedback, samples, an import, notes of settings."""
    made = http.post("/v1/functions", json={"name": "secrets", "input": input, "output": "Classification"})
    path = f"/v1/functions/{made.json()['id']}"
    for name, type in (("said", "Text"), ("amount", "Number")) if input == "Tabular" else ():
        http.post(f"{path}/fields", json={"name": name, "type": type})
    for label in ("cat", "dog"):
        http.post(f"{path}/labels", json={"name": label})
    http.put(f"{path}/redaction", json=PLAIN)
    http.put(f"{path}/capture", json={"budgetPerDay": 1_000_000, "keepEveryDecision": True})
    said = f"{EMAIL} paid with {CARD} as {CUSTOMER}"
    http.post(f"{path}/redaction/check", json={"data": said})
    for i, label in enumerate(("cat", "cat", "dog", "dog")):
        body = {"data": row(f"{said} {i} {label}"), "annotation": {"labelName": label}}
        assert http.post(f"{path}/samples", json=body).status_code == 200
    wait_for(lambda: http.get(f"{path}/models").json(), what="training")
    call = {"data": row(f"{said} again"), "metadata": {"from": EMAIL}}
    answer = http.post(f"{path}/invoke", json=call).json()
    kept = http.get(f"{path}/samples/{answer['sampleId']}").json()
    assert "[email] paid with [card] as [customer]" in json.dumps(kept)
    http.put(f"{path}/capture", json={"enabled": False})
    uncaptured = http.post(f"{path}/invoke", json={"data": row(f"{said} apart")}).json()["sampleId"]
    assert http.post(f"{path}/samples/{uncaptured}/feedback", json={"labelName": "dog"}).is_success
    assert http.put(f"{path}/samples/{answer['sampleId']}/annotation", json={"labelName": "dog"}).is_success
    cells = row(f"{said} imported")
    line = cells if input == "Tabular" else {"text": cells, "metadata": {"who": EMAIL}}
    made = http.post(f"{path}/imports?name=rows.jsonl", content=json.dumps(line | {"label": "dog"}).encode())
    here = f"{path}/imports/{made.json()['id']}"
    wait_for(lambda: http.get(here).json()["state"] != "checking", what="check")
    assert http.post(f"{here}/start", json={}).is_success, http.get(here).json()
    wait_for(lambda: http.get(here).json()["state"] in ("done", "failed"), what="import")
    assert http.get(here).json()["state"] == "done", http.get(here).json()
