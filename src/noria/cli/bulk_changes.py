"""What commands that change many samples share: the question before, and the progress after."""

import sys
import time
from typing import Any

import httpx

from noria.cli.remote import call
from noria.cli.transfers import TransferFailed, bar_of
from noria.errors import BadInput, NoriaError

_LOOK_S = 0.3


class ChangeFailed(NoriaError):
    """The change could not be finished."""

    code = "change_failed"


class NotSure(NoriaError):
    """Nothing was changed."""

    code = "not_sure"


def sure(question: str, yes: bool) -> None:
    """Go on only if a person says so. Raises NotSure, BadInput where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadInput(f"{question} Say it with --yes, as there is nobody to ask.")
    if input(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise NotSure


def followed(server: httpx.Client, change: dict[str, Any]) -> dict[str, Any]:
    """The change once it is over. Raises ChangeFailed."""
    here = f"/v1/functions/{change['functionId']}/changes/{change['id']}"
    try:
        with bar_of() as bar:
            task = bar.add_task(change["kind"], total=change["total"])
            while change["state"] == "running":
                bar.update(task, completed=change["position"])
                time.sleep(_LOOK_S)
                change = call(server, "GET", here)
    except httpx.TransportError:
        raise TransferFailed(
            "The server can't be reached any more. What was begun goes on when it is back."
        ) from None
    if change["state"] != "done":
        raise ChangeFailed(
            f"{change.get('error') or 'It was stopped.'} {change['position']} of {change['total']} samples were done."
        )
    return change


def counted(n: int, noun: str) -> str:
    """
    >>> counted(1, "sample"), counted(2000, "sample")
    ('1 sample', '2,000 samples')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
