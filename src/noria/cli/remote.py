"""Commands that talk to a running server over its own API: invoke, versions; and what all such commands share."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

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
    with connected(url, data) as server:
        answer = call(server, "POST", f"/v1/functions/{function}/invoke", params=query, **content)
        print(json.dumps(answer, ensure_ascii=False, indent=2))


def versions(function: str, *, wait: float = 0.0, url: str | None = None, data: Path | None = None) -> None:
    """List a function's model versions with their scores and the gate's words.

    Args:
        function: Its id.
        wait: Up to so many seconds until one is live; status 1 if none is by then.
        url: The server; http://localhost:5000 unless NORIA_HOST and NORIA_PORT say otherwise.
        data: The server's data folder, which gives this command its right to call.
    """
    table = Table("version", "live", "made", "samples", "cross-validated", "held out", "gate")
    with connected(url, data) as server:
        models = _versions(server, function, wait)
        now = next((model["encoder"] for model in models if model["live"]), None)
        for model in models:
            scores = model["scores"]
            table.add_row(
                f"{model['number']} {model['id']}", _state(model, now), model["createdAt"][:16],
                str(model["sampleCount"]), _percent(scores.get("cv_accuracy")),
                _percent(scores.get("held_out_accuracy")), f"{model['outcome']}: {model['reason']}",
            )  # fmt: skip
    Console().print(table)


def _state(model: dict[str, Any], encoder: str | None) -> str:
    """encoder: the live version's; with another one a version can't answer any more."""
    return "live" if model["live"] else "" if encoder in (None, model["encoder"]) else "other encoder"


def _versions(server: httpx.Client, function: str, wait_s: float) -> list[dict[str, Any]]:
    """All versions, once one is live where that is waited for. Raises NotTrained."""
    give_up = time.monotonic() + wait_s
    while True:
        found: list[dict[str, Any]] = call(server, "GET", f"/v1/functions/{function}/models")
        if not wait_s or any(model["live"] for model in found):
            return found
        if time.monotonic() > give_up:
            raise NotTrained(f"No version of this function is live after {wait_s:g} seconds.")
        time.sleep(_LOOK_AGAIN_S)


@contextmanager
def connected(url: str | None, data: Path | None) -> Iterator[httpx.Client]:
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
            token = call(server, "POST", "/connect/token", data=form)["access_token"]
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


def call(server: httpx.Client, verb: str, path: str, **content: Any) -> Any:
    answer = server.request(verb, path, **content)
    if answer.status_code != 200:
        raise ServerRefused(message(answer))
    return answer.json()


def message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError):
        return f"the server answered {answer.status_code}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
