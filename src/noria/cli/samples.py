"""`noria samples` and `noria copy`: many samples of a running server deleted, relabelled, moved or copied."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
from cyclopts import App, Parameter

from noria.cli.bulk_changes import counted, followed, sure
from noria.cli.labels import label_of
from noria.cli.remote import call, connected
from noria.errors import BadInput

app = App(name="samples", help="Samples of a function, many at once: delete, relabel, move.")


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Chosen:
    """Which samples; all conditions together."""

    search: str | None = None
    """Those with these words in their text."""
    label: str | None = None
    """Those with this label, by its name or id."""
    labelled: bool = False
    """Those that have any label."""
    unlabelled: bool = False
    """Those that have none."""
    disagree: bool = False
    """Those of which the model says otherwise."""
    captured: bool = False
    """Those that came from traffic, also what waits in the queue."""
    before: str | None = None
    """Those that came up to this time, 2026-01-31 or 2026-01-31T12:00Z."""
    after: str | None = None
    """Those that came from this time on."""
    id: list[str] | None = None
    """This one. Repeat it for others."""
    all: bool = False
    """Every sample, but for those that wait in the queue."""

    def body(self, server: httpx.Client, function: str) -> dict[str, Any]:
        """As the API takes it. Raises BadInput where a label is unknown."""
        if self.labelled and self.unlabelled:
            raise BadInput("No sample is both. Leave out --labelled or --unlabelled.")
        label = label_of(server, function, self.label)["id"] if self.label else None
        asked = {
            "searchText": self.search,
            "annotationLabelId": label,
            "annotated": True if self.labelled else False if self.unlabelled else None,
            "predictionAndAnnotationAgree": False if self.disagree else None,
            "origin": "InvokeCapture" if self.captured else None,
            "createdBefore": self.before,
            "createdAfter": self.after,
            "sampleIds": self.id,
        }
        filter = {name: value for name, value in asked.items() if value is not None}
        if not filter and not self.all:
            raise BadInput("Say which samples, as with --search or --label, or --all.")
        return ({"filter": filter} if filter else {}) | ({"all": True} if self.all else {})


@app.command
def delete(
    function: str, *, chosen: Chosen = Chosen(), yes: bool = False, url: str | None = None, data: Path | None = None,
) -> None:  # fmt: skip
    """Delete samples, for good.

    Args:
        function: Its id.
        yes: Don't ask.
        url: The server; http://localhost:5000 unless NORIA_HOST and NORIA_PORT say otherwise.
        data: The server's data folder, which gives this command its right to call.
    """
    with connected(url, data) as server:
        path, body = f"/v1/functions/{function}/samples/delete", chosen.body(server, function)
        plan = call(server, "POST", path, json={**body, "dryRun": True})["plan"]
        sure(f"Delete {_said(plan)}? There is no way back.", yes)
        done = followed(server, call(server, "POST", path, json=body))
        print(f"{counted(done['position'], 'sample')} deleted.")


@app.command
def relabel(
    function: str, *, to: Annotated[list[str] | None, Parameter(negative=())] = None, off: list[str] | None = None,
    chosen: Chosen = Chosen(), yes: bool = False, url: str | None = None, data: Path | None = None,
) -> None:  # fmt: skip
    """Give samples a label; in a tags function, put tags on and take others off.

    Args:
        function: Its id.
        to: The label that they get, by its name or id. Of a tags function repeat it for other tags.
        off: Of a tags function, a tag that they get not. Repeat it for others.
        yes: Don't ask.
        url: The server; http://localhost:5000 unless NORIA_HOST and NORIA_PORT say otherwise.
        data: The server's data folder, which gives this command its right to call.
    """
    on, away = to or [], off or []
    if not on and not away:
        raise BadInput("Say which label they get, with --to.")
    with connected(url, data) as server:
        path, body = f"/v1/functions/{function}/samples/relabel", chosen.body(server, function)
        plan = call(server, "POST", path, json={**body, "dryRun": True})["plan"]
        tags = [{"labelId": label_of(server, function, name)["id"]} for name in on]
        tags += [{"labelId": label_of(server, function, name)["id"], "present": False} for name in away]
        said = " ".join(["".join(f"“{name}”, " for name in on), *(f"not “{name}”," for name in away)])
        sure(f"Give {said.strip(' ,')} to {_said(plan)}?", yes)
        given: dict[str, Any] = {"tags": tags}
        if call(server, "GET", f"/v1/functions/{function}")["output"] != "Tags" and len(on) == 1 and not away:
            given = tags[0]
        done = followed(server, call(server, "POST", path, json={**body, **given}))
        print(f"{counted(done['position'], 'sample')} relabelled.")


@app.command
def move(
    function: str, *, to: str, chosen: Chosen = Chosen(), yes: bool = False, url: str | None = None,
    data: Path | None = None,
) -> None:  # fmt: skip
    """Move samples to another function of the same kind, with their labels by name.

    Args:
        function: Its id.
        to: The id of the function that they go to.
        yes: Don't ask.
        url: The server; http://localhost:5000 unless NORIA_HOST and NORIA_PORT say otherwise.
        data: The server's data folder, which gives this command its right to call.
    """
    with connected(url, data) as server:
        path = f"/v1/functions/{function}/samples/move"
        body = {**chosen.body(server, function), "intoFunctionId": to}
        plan = call(server, "POST", path, json={**body, "dryRun": True})["plan"]
        name = call(server, "GET", f"/v1/functions/{to}")["name"]
        sure(f"Move {_said(plan)}, to “{name}”?{_beyond(plan)}", yes)
        done = followed(server, call(server, "POST", path, json=body))
        known = f" {done['knownCount']:,} of them there already." if done["knownCount"] else ""
        print(f"{counted(done['position'], 'sample')} moved.{known}")


def copy(function: str, *, name: str | None = None, url: str | None = None, data: Path | None = None) -> None:
    """Make another function with the settings, labels, fields, rules and samples of this one; it trains by itself.

    Prints the id of the new one.

    Args:
        function: Its id.
        name: What the copy is called; the name with (copy) behind it otherwise.
        url: The server; http://localhost:5000 unless NORIA_HOST and NORIA_PORT say otherwise.
        data: The server's data folder, which gives this command its right to call.
    """
    with connected(url, data) as server:
        made = call(server, "POST", f"/v1/functions/{function}/copy", json={"name": name} if name else {})
        followed(server, made["change"])
    print(made["function"]["id"])


def _beyond(plan: dict[str, Any]) -> str:
    """What a move does beside taking samples from here to there."""
    said = ""
    if plan.get("knownCount"):
        said += f" {plan['knownCount']:,} of them are there already and are not added twice."
    if new := plan["newLabels"]:
        said += f" {counted(len(new), 'label')} will be made there: {', '.join(f'“{name}”' for name in new)}."
    if plan["judgedCount"]:
        judged = counted(plan["judgedCount"], "answered call")
        said += f" The live accuracy of this function rests on {judged} less."
    return said


def _said(plan: dict[str, Any]) -> str:
    waiting = f" {plan['waitingCount']:,} of them in the queue," if plan["waitingCount"] else ""
    return f"{counted(plan['sampleCount'], 'sample')},{waiting} {plan['annotatedCount']:,} with a label"
