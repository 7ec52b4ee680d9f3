"""A client process that holds what the server acknowledged.

python -m campaigns.acknowledging_client '{"address": …, "token": …, "texts": FUNCTION, "images": FUNCTION, "label": ID,
"ledger": FILE, "seed": N, "calls_only": false}'

Each acknowledgement is a line of JSON in the ledger, synced before the client goes on. What is refused for now, or cut off, is
asked again until it is answered; the client outlives the server, and ends at SIGTERM.
"""

import asyncio
import base64
import itertools
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from campaigns.pets import WORDS, texts
from campaigns.wire import PORT, answer, request
from pictures import picture

CONNECTIONS = 2
TINTS = ("red", "blue")
PAUSE_S = 0.02  # between calls of one connection
AGAIN_S = 0.05
BROKEN = (OSError, EOFError)


class Ledger:
    """Lines that are on disk when `note` returns."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("ab")

    def note(self, **entry: Any) -> None:
        self._file.write(json.dumps(entry).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


class Line:
    """A connection that is made anew after a break."""

    def __init__(self, address: str, token: str) -> None:
        self._address, self._token = address, token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and JSON of one answer. Raises OSError, EOFError where none came."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._address, PORT)
        reader, writer = self._streams
        try:
            writer.write(request(self._address, self._token, method, path, body))
            status, content = await answer(reader)
        except BROKEN:
            self._streams = None
            writer.close()
            raise
        return status, json.loads(content or b"null")


@dataclass
class Call:
    """Something to be acknowledged. done: what follows from the answer, when it is in the ledger."""

    method: str
    path: str
    body: Any
    entry: dict[str, Any]
    done: Callable[[Any], None] = lambda _: None
    good: tuple[int, ...] = (200,)
    before: dict[str, Any] = field(default_factory=dict)  # for the ledger before it is first sent


class Client:
    """Invokes with texts and images, adds samples, labels what it was told is captured, deletes, and changes a setting."""

    def __init__(
        self, *, address: str, token: str, texts: str, images: str, label: str, ledger: str, seed: int,
        calls_only: bool,
    ) -> None:  # fmt: skip
        """label: whose description is this client's alone.   calls_only: nothing else, that could have to wait."""
        self._lines = [Line(address, token) for _ in range(CONNECTIONS)]
        self._texts, self._images = f"/v1/functions/{texts}", f"/v1/functions/{images}"
        self._label = f"{self._texts}/labels/{label}"
        self._ledger = Ledger(Path(ledger))
        self._random = random.Random(seed)
        self._new_texts = new_texts(seed)
        self._new_pictures = itertools.count(seed * 1_000_000)
        self._to_label: list[tuple[str, str, str]] = []
        self._to_delete: list[str] = []
        self._value: int | None = 0  # of the setting; None while it is being changed
        self._calls_only = calls_only
        self.ending = False

    async def run(self) -> None:
        await asyncio.gather(*(self._talk(line) for line in self._lines))

    async def _talk(self, line: Line) -> None:
        while not self.ending:
            if self._calls_only or self._random.random() < 0.6:
                await self._invoke(line)
            else:
                await self._change(line, self._next_change())
            await asyncio.sleep(PAUSE_S)

    async def _invoke(self, line: Line) -> None:
        """Each try has an input of its own, since one that was cut off may have been captured."""
        began = time.monotonic()
        while not self.ending:
            function, kind, sent, shown = self._new_input()
            sent_at = time.monotonic()
            try:
                status, given = await line.ask("POST", f"{function}/invoke", {"data": sent})
            except BROKEN:
                self._ledger.note(kind="cut off", function=function, **shown)
                await asyncio.sleep(AGAIN_S)
                continue
            now = time.monotonic()
            waits = {
                "at": round(time.time(), 3),
                "seconds": round(now - sent_at, 3),
                "waited": round(now - began, 3),
            }
            entry = {"function": function, **waits, "label": kind, **shown}
            if status == 503:
                await asyncio.sleep(AGAIN_S)
                continue
            if status != 200:
                self._ledger.note(**entry | {"kind": "refused", "status": status, "answer": given})
                return
            await self._note_answered(line, entry | {"sample": given["sampleId"]})
            return

    async def _note_answered(self, line: Line, entry: dict[str, Any]) -> None:
        """Whether it was captured is asked for: where it could not be, the answer goes out all the same."""
        if self._calls_only:
            self._ledger.note(**entry | {"kind": "answered"})
            return
        began = time.monotonic()
        kind = await self._was_captured(line, f"{entry['function']}/samples/{entry['sample']}")
        self._ledger.note(**entry | {"kind": kind, "looked": round(time.monotonic() - began, 3)})
        if kind == "captured":
            self._to_label.append((entry["function"], entry["sample"], entry["label"]))

    async def _was_captured(self, line: Line, path: str) -> str:
        while not self.ending:
            try:
                status, _ = await line.ask("GET", path, None)
            except BROKEN:
                status = 503
            if status != 503:
                return "captured" if status == 200 else "uncaptured"
            await asyncio.sleep(AGAIN_S)
        return "unsaid"

    async def _change(self, line: Line, call: Call) -> None:
        """It can be asked twice: the second time changes nothing, or is told that it is there or gone already."""
        began = time.monotonic()
        if call.before:
            self._ledger.note(**call.before)
        while not self.ending:
            try:
                status, given = await line.ask(call.method, call.path, call.body)
            except BROKEN:
                status, given = 503, None
            if status == 503:
                await asyncio.sleep(AGAIN_S)
                continue
            entry = {**call.entry, "waited": round(time.monotonic() - began, 3)}
            if status not in call.good:
                self._ledger.note(**entry | {"kind": "refused", "status": status, "answer": given})
                return
            if call.entry["kind"] == "sample":
                entry["sample"] = given["id"] if status == 200 else given["existingSampleId"]
            self._ledger.note(**entry)
            call.done(entry)
            return

    def _next_change(self) -> Call:
        chance = self._random.random()
        if chance < 0.4 and self._to_label:
            function, sample, kind = self._to_label.pop(0)
            path, body = f"{function}/samples/{sample}/annotation", {"labelName": kind}
            entry = {"kind": "annotation", "function": function, "sample": sample, "label": kind}
            return Call("PUT", path, body, entry)
        if chance < 0.55 and self._to_delete:
            sample = self._to_delete.pop(0)
            entry = {"function": sample.rsplit("/", 2)[0], "sample": sample.rsplit("/", 1)[1]}
            before = {"kind": "to be deleted", **entry}
            return Call(
                "DELETE", sample, None, {"kind": "deleted", **entry}, good=(200, 204, 404), before=before
            )
        if chance < 0.65 and self._value is not None:
            value, self._value = self._value + 1, None
            entry = {"kind": "setting", "label": self._label.rsplit("/", 1)[1], "value": value}
            body = {"name": f"of a client {entry['label']}", "description": f"{value}"}
            return Call("PUT", self._label, body, entry, done=self._set)
        return self._new_sample()

    def _set(self, entry: dict[str, Any]) -> None:
        self._value = entry["value"]

    def _new_sample(self) -> Call:
        function, kind, sent, shown = self._new_input()
        entry = {"kind": "sample", "function": function, "label": kind, **shown}
        body = {"data": sent, "annotation": {"labelName": kind}}

        def done(entry: dict[str, Any]) -> None:
            if self._random.random() < 0.5:
                self._to_delete.append(f"{function}/samples/{entry['sample']}")

        return Call("POST", f"{function}/samples", body, entry, done=done, good=(200, 409))

    def _new_input(self) -> tuple[str, str, str, dict[str, Any]]:
        """Function, label, what is sent, and what the ledger holds of it."""
        if self._random.random() < 0.8:
            kind, text = next(self._new_texts)
            return self._texts, kind, text, {"text": text}
        seed = next(self._new_pictures)
        kind = TINTS[seed % len(TINTS)]
        return self._images, kind, as_uri(picture(kind, seed)), {"picture": seed}


def new_texts(seed: int) -> Iterator[tuple[str, str]]:
    of_kind = {kind: texts(kind, seed) for kind in WORDS}
    return ((kind, next(of_kind[kind])) for kind in itertools.cycle(WORDS))


def as_uri(file: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(file).decode()}"


async def main(told: str) -> None:
    client = Client(**json.loads(told))

    def end() -> None:
        client.ending = True

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    await client.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
