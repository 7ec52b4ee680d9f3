"""`noria demo`: the server with a function over real data that is taught and called before your eyes."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

from noria.app import Noria
from noria.capture.budget import DAY_S, FIRST_TAU
from noria.cli.serve import run, say
from noria.demo.annotators import annotate
from noria.demo.connection import Connection, Refused
from noria.demo.data import Demo, DemoRow
from noria.demo.registry import DemoName, load
from noria.demo.stream import send
from noria.records.client import Scope
from noria.records.function import CaptureSettings, Function
from noria.records.sample import HELD_OUT_SET
from noria.settings import Settings

log = logging.getLogger("noria.demo")

LABELS_PER_MINUTE = 30.0  # of the simulated annotators


def demo(
    *,
    demo: DemoName = "text",
    empty: bool = False,
    annotators: bool = False,
    host: str | None = None,
    port: int | None = None,
    data: Path | None = None,
) -> None:
    """Serve, and open with a demo on real data: bank customers' questions, photos of waste, or customers who leave.

    Args:
        demo: Which one: text, images, or table. All can live in one data folder, one at a time is played.
        empty: Start without the demo: an empty server.
        annotators: Simulated annotators, who hold the true labels, work off the queue; the curve draws itself.
        host: The address to listen on; 127.0.0.1 unless NORIA_HOST says otherwise.
        port: The port; 5000 unless NORIA_PORT says otherwise.
        data: The data folder; ./data unless NORIA_DATA says otherwise.
    """
    settings = Settings.from_environment(host=host, port=port, data=data)
    settings = replace(settings, workers=1)  # it plays in the process that serves
    if empty:
        run(settings)
        return
    stop = Event()
    played = load(demo)
    try:
        run(settings, lambda noria: _open(noria, played, annotators, stop), played.modality)
    finally:
        stop.set()


def _open(noria: Noria, demo: Demo, annotators: bool, stop: Event) -> None:
    function = _function(noria, demo)
    path = f"/functions/{function.id}/capture"
    say(f"Noria serves {noria.settings.data.absolute()} on {noria.settings.url}")
    say(f"\n  Open this link; it signs you in, once:\n\n  {noria.sign_ins.link()}?next={path}\n")
    play = _Play(noria, function, demo, annotators, stop)
    threading.Thread(target=play.begin, name="demo", daemon=True).start()


def _function(noria: Noria, demo: Demo) -> Function:
    """The demo's function in this data folder, made when it is not there."""
    for function in noria.storage.functions.page(None, 1000):
        if function.name == demo.function_name:
            return function
    # A new policy guesses the traffic from the budget and takes an hour to learn better. A demo lasts minutes, so the
    # policy gets a budget that makes it guess right, and then the true one.
    guess = CaptureSettings(budget_per_day=FIRST_TAU * demo.calls_per_second * DAY_S)
    function = noria.teacher.create_function(
        demo.function_name, input=demo.modality, fields=demo.fields, capture=guess
    )
    for label in demo.labels:
        noria.teacher.add_label(function.id, label.name, label.description, None)
    noria.live.refresh(function.id)
    wanted = CaptureSettings(budget_per_day=demo.captures_per_day)
    noria.teacher.update_function(function.id, capture=wanted)
    return function


@dataclass(slots=True)
class _Play:
    """What happens around the demo's function, all of it over HTTP like anybody's traffic."""

    noria: Noria
    function: Function
    demo: Demo
    annotators: bool
    stop: Event
    token: Callable[[], str] = field(init=False)

    def __post_init__(self) -> None:
        self.token = lambda: self.noria.auth.token_for("demo", Scope.ANNOTATE)

    def begin(self) -> None:
        if self.function.live_version_id is None:
            self._teach()
        if self.annotators:
            threading.Thread(target=self._annotate, name="annotators", daemon=True).start()
        sent = self.noria.storage.captures.totals(self.function.id).invokes
        rows = self.demo.stream[sent:]
        answered = send(self._url, self.function.id, self.token, rows, self.demo.calls_per_second, self.stop)
        if not self.stop.is_set():
            say(f"The demo's stream has ended after {sent + answered:,} calls; the function goes on serving.")

    @property
    def _url(self) -> str:
        return self.noria.settings.local_url

    def _teach(self) -> None:
        """Set the held-out part aside and give the first examples."""
        with Connection(self._url, self.token, self.stop) as connection:
            for row in self.demo.held_out:
                self._add(connection, row, sampleSets=[{"sampleSetId": HELD_OUT_SET}])
            for row in self.demo.seeds:
                self._add(connection, row)

    def _add(self, connection: Connection, row: DemoRow, **more: Any) -> None:
        body = {"data": row.data, "annotation": {"labelName": row.label}, **more}
        with suppress(Refused):  # an earlier start was stopped half-way, and has added this one
            connection.call("POST", f"/v1/functions/{self.function.id}/samples", json=body)

    def _annotate(self) -> None:
        annotate(self._url, self.function.id, self.token, self.demo, LABELS_PER_MINUTE, self.stop)
