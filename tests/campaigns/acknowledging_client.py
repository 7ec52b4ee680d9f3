"""A client process that holds what the server acknowledged.

python -m campaigns.acknowledging_client ADDRESS TOKEN FUNCTION LEDGER SEED

Each acknowledgement is a line of JSON in the ledger, synced before the client goes on. The client outlives the server,
comes back to it when it is there again, and ends at SIGTERM.
"""

import asyncio
import itertools
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from campaigns.pets import WORDS, texts
from campaigns.wire import PORT, answer, request

CONNECTIONS = 4
COME_BACK_S = 0.05
SHED_AFTER_S = 4.9  # an answer does not wait longer for its capture: nothing is said of this one
BROKEN = (OSError, EOFError)


class Ledger:
    """Lines that are on disk when `note` returns."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("ab")

    def note(self, **entry: Any) -> None:
        self._file.write(json.dumps(entry).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


class Client:
    """Invokes, adds samples and labels what it was told is captured, each text once."""

    def __init__(self, address: str, token: str, function_id: str, ledger: Ledger, seed: int) -> None:
        self._address = address
        self._token = token
        self._path = f"/v1/functions/{function_id}"
        self._ledger = ledger
        self._random = random.Random(seed)
        of_kind = {kind: texts(kind, seed) for kind in WORDS}
        self._new = ((kind, next(of_kind[kind])) for kind in itertools.cycle(WORDS))
        self._to_label: list[tuple[str, str]] = []
        self.ending = False

    async def run(self) -> None:
        await asyncio.gather(*(self._come_back() for _ in range(CONNECTIONS)))

    async def _come_back(self) -> None:
        while not self.ending:
            try:
                reader, writer = await asyncio.open_connection(self._address, PORT)
                while not self.ending:
                    await self._one(reader, writer)
                writer.close()
            except BROKEN:
                await asyncio.sleep(COME_BACK_S)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        chance = self._random.random()
        if chance < 0.1 and self._to_label:
            kind, sample_id = self._to_label.pop(
                0
            )  # once: after a broken connection nobody knows, and nobody asks
            method, path = "PUT", f"{self._path}/samples/{sample_id}/annotation"
            body: dict[str, Any] = {"labelName": kind}
            entry = {"kind": "annotation", "sample": sample_id, "label": kind}
        elif chance < 0.15:
            kind, text = next(self._new)
            method, path = "POST", f"{self._path}/samples"
            body = {"data": text, "annotation": {"labelName": kind}}
            entry = {"kind": "sample", "label": kind, "text": text}
        else:
            kind, text = next(self._new)
            method, path, body = "POST", f"{self._path}/invoke", {"data": text}
            entry = {"kind": "captured", "text": text}
        sent = time.monotonic()
        writer.write(request(self._address, self._token, method, path, body))
        status, content = await answer(reader)
        entry |= {"seconds": round(time.monotonic() - sent, 3)}
        self._answered(kind, entry, status, content)

    def _answered(self, kind: str, entry: dict[str, Any], status: int, content: bytes) -> None:
        given = json.loads(content)
        if status != 200:
            entry |= {"kind": "refused", "status": status, "answer": given}
        elif entry["kind"] == "sample":
            entry |= {"sample": given["id"]}
        elif entry["kind"] == "captured" and entry["seconds"] >= SHED_AFTER_S:
            entry |= {"kind": "perhaps shed", "sample": given["sampleId"]}
        elif entry["kind"] == "captured":
            entry |= {"sample": given["sampleId"]}
            self._to_label.append((kind, given["sampleId"]))
        self._ledger.note(**entry)


async def main(address: str, token: str, function_id: str, file: str, seed: str) -> None:
    client = Client(address, token, function_id, Ledger(Path(file)), int(seed))

    def end() -> None:
        client.ending = True

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    await client.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
