"""`noria label`: two labels made one, and a label deleted, on a running server."""

from pathlib import Path
from typing import Any, Literal

import httpx
from cyclopts import App

from noria.cli.bulk_changes import counted, followed, sure
from noria.cli.remote import call, connected
from noria.errors import BadInput

app = App(name="label", help="Labels of a function: merge two, delete one.")


@app.command
def merge(
    function: str, label: str, into: str, *, yes: bool = False, url: str | None = None, data: Path | None = None
) -> None:  # fmt: skip
    """Make one label of two: samples, queue, figures and rules that have the one have the other.

    Args:
        function: Its id.
        label: Name or id of the label that goes.
        into: Name or id of the one that stays.
        yes: Don't ask.
        url: The server; http://localhost:5000 unless NORIA_HOST and NORIA_PORT say otherwise.
        data: The server's data folder, which gives this command its right to call.
    """
    with connected(url, data) as server:
        gone, kept = label_of(server, function, label), label_of(server, function, into)
        path, body = f"/v1/functions/{function}/labels/{gone['id']}/merge", {"intoLabelId": kept["id"]}
        plan = call(server, "POST", path, json={**body, "dryRun": True})
        print(
            f"{counted(plan['sampleCount'], 'sample')} of “{gone['name']}” will be “{kept['name']}”, and so will "
            f"{counted(plan['waitingCount'], 'answer')} in the queue and {counted(plan['callCount'], 'call')} in the figures."
        )
        if plan["conflictCount"]:
            print(
                f"On {counted(plan['conflictCount'], 'sample')} one is there and the other is not: both will be."
            )
        if plan["rules"]:
            print(f"Capture rules that name it: {', '.join(plan['rules'])}")
        sure(f"Merge “{gone['name']}” into “{kept['name']}”? There is no way back.", yes)
        done = call(server, "POST", path, json=body)
        print(f"Merged: {counted(done['sampleCount'], 'sample')}.")


@app.command
def delete(
    function: str, label: str, *, samples: Literal["keep", "delete"] = "keep", yes: bool = False,
    url: str | None = None, data: Path | None = None,
) -> None:  # fmt: skip
    """Delete a label; it is never answered again.

    Args:
        function: Its id.
        label: Its name or id.
        samples: keep: those that have it stay, without a label; delete: they go too.
        yes: Don't ask.
        url: The server; http://localhost:5000 unless NORIA_HOST and NORIA_PORT say otherwise.
        data: The server's data folder, which gives this command its right to call.
    """
    with connected(url, data) as server:
        gone = label_of(server, function, label)
        base = f"/v1/functions/{function}"
        body = {"filter": {"annotationLabelId": gone["id"]}, "dryRun": True}
        n = counted(call(server, "POST", f"{base}/samples/delete", json=body)["total"], "sample")
        what = f"its {n}" if samples == "delete" else f"leave {n} without it"
        sure(f"Delete “{gone['name']}” and {what}? There is no way back.", yes)
        answer = server.delete(f"{base}/labels/{gone['id']}", params={"samples": samples})
        if answer.status_code != 200:
            call(server, "DELETE", f"{base}/labels/{gone['id']}")
        if here := answer.headers.get("location"):
            followed(server, call(server, "GET", here))
        print(f"“{gone['name']}” is deleted.")


def label_of(server: httpx.Client, function: str, given: str) -> dict[str, Any]:
    """The label with this name or id. Raises BadInput."""
    labels: list[dict[str, Any]] = call(server, "GET", f"/v1/functions/{function}/labels")
    for key in ("name", "id"):
        for label in labels:
            if label[key] == given.strip():
                return label
    names = ", ".join(label["name"] for label in labels[:20])
    raise BadInput(f"There is no label “{given}”. The function has: {names or 'none'}.")
