"""Commands that talk to a running server over its own API: invoke, import, export, versions."""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import track
from rich.table import Table

from noria.cli.files import Row, read_rows, write_rows
from noria.cli.images import is_of_images, read_images, send_images
from noria.errors import BadInput, NoriaError, NotTrained
from noria.records.client import Scope
from noria.serving.auth import Auth
from noria.settings import Settings, client_from_environment
from noria.storage import open_storage

_TIMEOUT_S = 60.0
_LOOK_AGAIN_S = 0.5


class ServerRefused(NoriaError):
    """The server answered with an error."""

    code = "server_refused"


def invoke(
    function: str, text: str = "", *, image: Path | None = None, labels: int | None = None, capture: bool = True,
    url: str | None = None, data: Path | None = None,
) -> None:  # fmt: skip
    """Send one text or image to a function and print the answer as JSON.

    Args:
        function: Its id.
        text: What to answer.
        image: A file to answer instead, for an image function.
        capture: Whether this call may be captured and counts in the live figures.
        labels: List that many labels with their confidences.
        url: The server; http://localhost:5000 unless NORIA_HOST and NORIA_PORT say otherwise.
        data: The server's data folder, which gives this command its right to call.
    """
    query: dict[str, Any] = {"capture": str(capture).lower()} | ({"labelCount": labels} if labels else {})
    if image is not None and not image.is_file():
        raise BadInput(f"There is no file {image}.")
    content: dict[str, Any] = {"files": {"data": image.read_bytes()}} if image else {"json": {"data": text}}
    with _server(url, data) as server:
        answer = _call(server, "POST", f"/v1/functions/{function}/invoke", params=query, **content)
        print(json.dumps(answer, ensure_ascii=False, indent=2))


def import_(
    function: str, file: Path, *, text: str = "text", label: str = "label", external_id: str = "external_id",
    url: str | None = None, data: Path | None = None,
) -> None:  # fmt: skip
    """Add the rows of a CSV or JSONL file, or the images of a folder or ZIP, as samples; labels that are new are made.

    A search function has no labels: those of the file are passed over.

    Args:
        function: Its id.
        file: CSV with a header, or JSONL; for an image function a folder or a ZIP with a folder for each label.
        text: The column with the text.
        label: The column with the label; it may be empty.
        external_id: The column with your own id of the row, if there is one.
        url: The server; http://localhost:5000 unless NORIA_HOST and NORIA_PORT say otherwise.
        data: The server's data folder, which gives this command its right to call.
    """
    with _server(url, data) as server:
        searches = _call(server, "GET", f"/v1/functions/{function}")["output"] == "Search"  # has no labels
        if is_of_images(file):
            images = read_images(file)
            if searches:
                images = [(name, None, read) for name, _, read in images]
            _make_labels(server, function, (name for _, name, _ in images))
            outcomes: Iterable[tuple[str, httpx.Response | BadInput | None]]
            outcomes, n = send_images(server, function, images), len(images)
        else:
            rows = list(read_rows(file, text, label, external_id))
            if searches:
                rows = [row if isinstance(row, str) else row._replace(label="") for row in rows]
            _make_labels(server, function, (row.label for row in rows if isinstance(row, Row)))
            outcomes, n = _send_rows(server, function, rows), len(rows)
        _report(track(outcomes, "importing", total=n, console=Console(stderr=True)))


def _make_labels(server: httpx.Client, function: str, names: Iterable[str | None]) -> None:
    """Those that the function has not yet."""
    known = {each["name"] for each in _call(server, "GET", f"/v1/functions/{function}/labels")}
    for name in dict.fromkeys(name for name in names if name and name not in known):
        _call(server, "POST", f"/v1/functions/{function}/labels", json={"name": name})


def _send_rows(
    server: httpx.Client, function: str, rows: Iterable[Row | str]
) -> Iterator[tuple[str, httpx.Response | None]]:
    for row in rows:
        if isinstance(row, str):
            yield row, None
        else:
            yield row.place, server.post(f"/v1/functions/{function}/samples", json=_sample(row))


def _report(outcomes: Iterable[tuple[str, httpx.Response | BadInput | None]]) -> None:
    added = known = 0
    problems: list[str] = []
    for name, answer in outcomes:
        if isinstance(answer, BadInput):
            problems.append(f"{name}: {answer}")
        elif answer is None:  # said already
            problems.append(name)
        elif answer.status_code == 200:
            added += 1
        elif answer.status_code == 409:
            known += 1
        else:
            problems.append(f"{name}: {_message(answer)}")
    print(f"{added} added, {known} were there already, {len(problems)} refused")
    for problem in problems:
        print(problem, file=sys.stderr)


def export(function: str, file: Path, *, url: str | None = None, data: Path | None = None) -> None:
    """Write all samples to a CSV or JSONL file, one a line, oldest first.

    In CSV, a cell that a spreadsheet would take for a formula gets a leading quote; JSONL is exact.

    Args:
        function: Its id.
        file: Where to write; a name that ends in .jsonl is written as JSONL.
        url: The server; http://localhost:5000 unless NORIA_HOST and NORIA_PORT say otherwise.
        data: The server's data folder, which gives this command its right to call.
    """
    with _server(url, data) as server:
        names = {
            each["id"]: each["name"] for each in _call(server, "GET", f"/v1/functions/{function}/labels")
        }
        written = write_rows(file, _samples(server, function, names))
    print(f"{written} samples in {file}")


def versions(function: str, *, wait: float = 0.0, url: str | None = None, data: Path | None = None) -> None:
    """List a function's model versions with their scores and the gate's words.

    Args:
        function: Its id.
        wait: Up to so many seconds until one is live; status 1 if none is by then.
        url: The server; http://localhost:5000 unless NORIA_HOST and NORIA_PORT say otherwise.
        data: The server's data folder, which gives this command its right to call.
    """
    table = Table("version", "live", "made", "samples", "cross-validated", "held out", "gate")
    with _server(url, data) as server:
        for model in _versions(server, function, wait):
            scores = model["scores"]
            table.add_row(
                f"{model['number']} {model['id']}", "live" if model["live"] else "", model["createdAt"][:16],
                str(model["sampleCount"]), _percent(scores.get("cv_accuracy")),
                _percent(scores.get("held_out_accuracy")), f"{model['outcome']}: {model['reason']}",
            )  # fmt: skip
    Console().print(table)


def _versions(server: httpx.Client, function: str, wait_s: float) -> list[dict[str, Any]]:
    """All versions, once one is live where that is waited for. Raises NotTrained."""
    give_up = time.monotonic() + wait_s
    while True:
        found: list[dict[str, Any]] = _call(server, "GET", f"/v1/functions/{function}/models")
        if not wait_s or any(model["live"] for model in found):
            return found
        if time.monotonic() > give_up:
            raise NotTrained(f"No version of this function is live after {wait_s:g} seconds.")
        time.sleep(_LOOK_AGAIN_S)


@contextmanager
def _server(url: str | None, data: Path | None) -> Iterator[httpx.Client]:
    """A client of the running server, with a token of its own API client or of the data folder's."""
    settings = Settings.from_environment(data=data)
    address = url or settings.local_url
    client = client_from_environment()
    with httpx.Client(base_url=address, timeout=_TIMEOUT_S, trust_env=False) as server:
        try:
            server.get("/health")
        except httpx.TransportError:
            raise BadInput(
                f"No server answers on {address}. Start one with `noria serve`, or name it with --url."
            ) from None
        if client is not None:
            form = dict(zip(("client_id", "client_secret"), client, strict=True))
            form["grant_type"] = "client_credentials"
            token = _call(server, "POST", "/connect/token", data=form)["access_token"]
        else:
            token = _own_token(settings)
        server.headers["Authorization"] = f"Bearer {token}"
        yield server


def _own_token(settings: Settings) -> str:
    """A token signed with the data folder's own key: who can read the folder may call."""
    if settings.database is None and not (settings.data / "noria.db").exists():
        raise BadInput(
            f"There is no data in {settings.data.absolute()} to take a key from. Name the server's folder with --data, "
            "or set NORIA_CLIENT_ID and NORIA_CLIENT_SECRET."
        )
    storage = open_storage(settings.database_url)
    try:
        return Auth(storage).token_for("command line", Scope.ADMIN)
    finally:
        storage.close()


def _call(server: httpx.Client, verb: str, path: str, **content: Any) -> Any:
    answer = server.request(verb, path, **content)
    if answer.status_code != 200:
        raise ServerRefused(_message(answer))
    return answer.json()


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError):
        return f"the server answered {answer.status_code}"


def _sample(row: Row) -> dict[str, Any]:
    """The row as a new sample."""
    return (
        {"data": row.text}
        | ({"annotation": {"labelName": row.label}} if row.label else {})
        | ({"externalId": row.external_id} if row.external_id else {})
    )


def _samples(server: httpx.Client, function: str, names: dict[str, str]) -> Iterator[Row]:
    path: str | None = f"/v1/functions/{function}/samples?batchSize=1000&sortBy=creation&sortOrder=ascending"
    while path:
        answer = server.get(path)
        if answer.status_code != 200:
            raise ServerRefused(_message(answer))
        for sample in answer.json():
            label_id = sample.get("annotation", {}).get("labelId", "")
            yield Row(sample["id"], sample["data"], names.get(label_id, ""), sample.get("externalId") or "")
        path = answer.links.get("next", {}).get("url")


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
