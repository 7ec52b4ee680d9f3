"""`noria erase`: everything of one person or case goes, from every function, and from what is learned next."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from noria.cli.bulk_changes import counted, followed, sure
from noria.cli.remote import ServerRefused, call, connected, message
from noria.errors import BadInput

_LOOK_S = 0.5
_AT_ONCE = 10_000  # ids in one call


@dataclass(frozen=True, slots=True)
class _Found:
    """Samples of one function that are to go."""

    function_id: str
    name: str
    ids: list[str]
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
    if not external_id and not id:
        raise BadInput("Say what goes: your own ids of it, or --id and samples' ids.")
    with connected(url, data) as server:
        functions = [
            each for each in _pages(server, "/v1/functions") if not function or each["id"] in function
        ]
        found = [
            each
            for one in functions
            for some in _chosen(server, one["id"], external_id or [], id or [])
            if (each := _found(server, one, some))
        ]
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
            followed(server, call(server, "POST", path, json={"filter": {"sampleIds": each.ids}}))
            print(f"“{each.name}”: {counted(each.samples, 'sample')} erased.")
        _tell_what_is_learned(server, {each.function_id: each.name for each in found}, before, wait)


def _chosen(
    server: httpx.Client, function_id: str, external_ids: list[str], ids: list[str]
) -> Iterator[list[str]]:
    """Ids of samples, so many as one call takes: neither the audit log nor the list of changes is to keep a person's id."""
    path = f"/v1/functions/{function_id}/samples"
    chosen = [each["id"] for one in external_ids for each in _pages(server, path, {"externalId": one})] + ids
    for start in range(0, len(chosen), _AT_ONCE):
        yield chosen[start : start + _AT_ONCE]


def _pages(server: httpx.Client, path: str, asked: dict[str, str] | None = None) -> Iterator[dict[str, Any]]:
    following: str | None = str(httpx.URL(path, params=asked)) if asked else path
    while following:
        answer = server.get(following)
        if answer.status_code != 200:
            raise ServerRefused(message(answer))
        yield from answer.json()
        following = answer.links.get("next", {}).get("url")


def _found(server: httpx.Client, function: dict[str, Any], ids: list[str]) -> _Found | None:
    path = f"/v1/functions/{function['id']}/samples/delete"
    plan = call(server, "POST", path, json={"filter": {"sampleIds": ids}, "dryRun": True})["plan"]
    if not plan["sampleCount"]:
        return None
    return _Found(function["id"], function["name"], ids, plan["sampleCount"], plan["annotatedCount"])


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
        while (trains := _trains(server, function_id)) and time.monotonic() < end:
            time.sleep(_LOOK_S)
        newest = max(_versions(server, function_id), key=lambda each: int(each["number"]))
        print(f"“{names[function_id]}”: {_said(newest, newest['number'] > number and not trains)}")


def _trains(server: httpx.Client, function_id: str) -> bool:
    """Whether there are changes that no finished run has covered: a run begun before them may end meanwhile."""
    return bool(call(server, "GET", f"/v0.9/functions/{function_id}/metrics")["isTraining"])


def _said(newest: dict[str, Any], without: bool) -> str:
    if not without:
        return "no version without them is there yet; look at `noria versions`."
    if newest["live"]:
        return f"version {newest['number']}, which has not learned from them, is live."
    return (
        f"version {newest['number']} has not learned from them and is not live: {newest['reason']} "
        "Make it live on the page Versions if it has to be."
    )
