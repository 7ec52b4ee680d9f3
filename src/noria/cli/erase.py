"""`noria erase`: everything of one person or case goes, from every function, and from what is learned next."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from noria.cli.bulk_changes import counted, followed, sure
from noria.cli.remote import call, connected
from noria.errors import BadInput

_LOOK_S = 0.5
_PAGE = 200


@dataclass(frozen=True, slots=True)
class _Found:
    """Samples of one function that are to go."""

    function_id: str
    name: str
    filter: dict[str, Any]
    samples: int
    labelled: int


def erase(
    external_id: list[str] | None = None, *, id: list[str] | None = None, function: list[str] | None = None,
    wait: float = 120.0, yes: bool = False, url: str | None = None, data: Path | None = None,
) -> None:  # fmt: skip
    """Erase samples by the ids that you gave them, from all functions and from what is learned next.

    Args:
        external_id: Your own id of what goes; others may follow it.
        id: A sample's id at Noria instead. Repeat it for others.
        function: Only in this function, by its id. Repeat it for others.
        wait: Up to so many seconds until versions are trained that have not learned from them.
        yes: Don't ask.
        url: The server; http://localhost:5000 unless NORIA_HOST and NORIA_PORT say otherwise.
        data: The server's data folder, which gives this command its right to call.
    """
    filters = [{"externalId": each} for each in external_id or []] + ([{"sampleIds": id}] if id else [])
    if not filters:
        raise BadInput("Say what goes: your own ids of it, or --id and samples' ids.")
    with connected(url, data) as server:
        functions = [each for each in _functions(server) if not function or each["id"] in function]
        found = [each for one in functions for filter in filters if (each := _found(server, one, filter))]
        if not found:
            print("Nothing is kept under these ids.")
            return
        names = ", ".join(dict.fromkeys(f"“{each.name}”" for each in found))
        sure(
            f"Erase {counted(sum(each.samples for each in found), 'sample')} of {names}? There is no way back.",
            yes,
        )
        before = {each.function_id: _newest(server, each.function_id) for each in found if each.labelled}
        for each in found:
            path = f"/v1/functions/{each.function_id}/samples/delete"
            followed(server, call(server, "POST", path, json={"filter": each.filter}))
            print(f"“{each.name}”: {counted(each.samples, 'sample')} erased.")
        _tell_what_is_learned(server, {each.function_id: each.name for each in found}, before, wait)


def _functions(server: httpx.Client) -> Iterator[dict[str, Any]]:
    start = 0
    while page := call(server, "GET", "/v1/functions", params={"startIndex": start, "count": _PAGE}):
        yield from page
        start += len(page)


def _found(server: httpx.Client, function: dict[str, Any], filter: dict[str, Any]) -> _Found | None:
    path = f"/v1/functions/{function['id']}/samples/delete"
    plan = call(server, "POST", path, json={"filter": filter, "dryRun": True})["plan"]
    if not plan["sampleCount"]:
        return None
    return _Found(function["id"], function["name"], filter, plan["sampleCount"], plan["annotatedCount"])


def _newest(server: httpx.Client, function_id: str) -> int:
    """Number of the newest version; 0 without one."""
    return max((model["number"] for model in _versions(server, function_id)), default=0)


def _versions(server: httpx.Client, function_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call(server, "GET", f"/v1/functions/{function_id}/models")
    return found


def _tell_what_is_learned(
    server: httpx.Client, names: dict[str, str], before: dict[str, int], wait_s: float
) -> None:
    """before: number of the newest version that has learned from what is erased; functions that learned nothing are left out."""
    end = time.monotonic() + wait_s
    for function_id, number in before.items():
        if not number:
            continue
        new = None
        while new is None and time.monotonic() < end:
            new = next((each for each in _versions(server, function_id) if each["number"] > number), None)
            if new is None:
                time.sleep(_LOOK_S)
        print(f"“{names[function_id]}”: {_said(new)}")


def _said(new: dict[str, Any] | None) -> str:
    if new is None:
        return "no version without them is there yet; look at `noria versions`."
    if new["live"]:
        return f"version {new['number']}, which has not learned from them, is live."
    return (
        f"version {new['number']} has not learned from them and is not live: {new['reason']} "
        "Make it live on the page Versions if it has to be."
    )
