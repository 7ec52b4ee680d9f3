"""Client processes that keep ledgers of what a server acknowledged, and the server, whatever is done to it meanwhile."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from campaigns.pets import WORDS
from pictures import picture
from running_server import RunningServer, wait_for

from noria.encoders.images import PixelEncoder
from noria.errors import DatabaseUnusable
from noria.records.function import CaptureSettings, Output
from noria.records.ids import new_id
from noria.records.sample import Annotation, AnnotationSource, NewSample, Origin
from noria.serving.capturing import FunctionCapture
from noria.serving.intake import image_content
from noria.storage import Storage, open_storage

TESTS = Path(__file__).parents[1]
CLIENTS = 3
PATIENCE_S = 240
_OURS = 10**9  # pictures from here on are sent by no client
COLOURS = ("red", "blue")
AT_RANDOM = {"Random": 1.0}
SMALL_BUDGET = CaptureSettings(budget_per_day=1, shares=AT_RANDOM)
HUGE_BUDGET = CaptureSettings(
    budget_per_day=10_000_000, shares=AT_RANDOM, queue_limit=1_000_000, keep_every_decision=True
)


@dataclass
class Campaign:
    """A function of texts and one of images, which capture every call, and clients of both."""

    server: RunningServer
    ledgers: Path
    texts: str
    images: str
    label_ids: dict[str, str]
    random: Random = field(default_factory=Random)
    clients: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @classmethod
    def begin(cls, server: RunningServer, ledgers: Path) -> "Campaign":
        """The server is started with both functions there.   ledgers: the folder that clients keep theirs in."""
        server.data.mkdir(parents=True, exist_ok=True)
        with storage_of(server) as storage:
            own = [f"of a client {i}" for i in range(CLIENTS)]
            texts, of_texts = _new_function(storage, "Text", [*WORDS, *own])
            images, of_images = _new_function(storage, "Image", COLOURS)
            for i in range(6):
                _teach_picture(storage, images, of_images[COLOURS[i % 2]], picture(COLOURS[i % 2], _OURS + i))
        server.start()
        campaign = cls(server, ledgers, texts, images, of_texts | of_images)
        with campaign.storage() as storage:
            live = lambda: storage.functions.get(images).live_version_id  # noqa: E731
            wait_for(live, PATIENCE_S, "a first version")
        return campaign

    @property
    def functions(self) -> tuple[str, str]:
        return self.texts, self.images

    @contextmanager
    def storage(self) -> Iterator[Storage]:
        """Opened for one look and closed again, so that a killed server's successor finds what was left behind."""
        with storage_of(self.server) as storage:
            yield storage

    # --- clients

    def start_clients(self, under: tuple[str, ...] = ()) -> None:
        """The last one only calls.   under: a command that runs them, such as one that enters a network."""
        token = self.server.token()
        for i, ledger in enumerate(self._ledgers()):
            told = {
                "address": self.server.address, "token": token, "texts": self.texts, "images": self.images,
                "label": self.label_ids[f"of a client {i}"], "ledger": str(ledger), "seed": i,
                "calls_only": i == CLIENTS - 1,
            }  # fmt: skip
            command = [*under, sys.executable, "-m", "campaigns.acknowledging_client", json.dumps(told)]
            self.clients.append(subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(TESTS)}))

    def stop_clients(self) -> None:
        """In order: what they were told is in their ledgers."""
        for client in self.clients:
            client.terminate()
        for client in self.clients:
            client.wait(60)

    def close(self) -> None:
        for client in self.clients:
            client.kill()
            client.wait()
        self.server.stop()

    def acknowledged(self) -> list[dict[str, Any]]:
        """What the clients hold now; a line that is being written is left out."""
        files = [file for file in self._ledgers() if file.exists()]
        lines = [line for file in files for line in file.read_bytes().split(b"\n")[:-1]]
        return [json.loads(line) for line in lines]

    def _ledgers(self) -> list[Path]:
        return [self.ledgers / f"client_{i}.jsonl" for i in range(CLIENTS)]

    # --- time

    def pause(self, at_most_s: float) -> None:
        time.sleep(self.random.uniform(0.05, at_most_s))

    def wait_until_trained(self) -> float:
        """What is wanted now is trained on within the bound; returns how long that took, in seconds."""
        began = time.monotonic()
        with self.storage() as storage:
            for function_id in self.functions:
                wanted = storage.functions.get(function_id).wanted_seq
                done = lambda: storage.functions.get(function_id).done_seq >= wanted  # noqa: B023, E731
                wait_for(done, PATIENCE_S, "training of what was wanted")
        return time.monotonic() - began


@contextmanager
def storage_of(server: RunningServer) -> Iterator[Storage]:
    files = server.environment.get("NORIA_BLOBS") or server.data / "blobs"
    storage = wait_for(lambda: _opened(server.database_url, files), what="the database")
    yield storage
    storage.close()


def _opened(url: str, files: str | Path) -> Storage | None:
    try:
        return open_storage(url, files)
    except DatabaseUnusable:  # it recovers from a kill of its own
        return None


def _new_function(storage: Storage, modality: str, names: Any) -> tuple[str, dict[str, str]]:
    """Its policy has a small budget's idea of the traffic, and a huge budget: every call is captured."""
    at = datetime.now(UTC)
    project = storage.projects.default(at)
    function = storage.functions.create(
        project.id, f"kills {modality}", modality, Output.CLASSIFICATION, at, HUGE_BUDGET
    )
    policy = FunctionCapture(SMALL_BUDGET)
    policy.follow(HUGE_BUDGET, {})
    storage.policy_state.save(function.id, policy.to_dict(), at)
    return function.id, {name: storage.labels.add(function.id, name, None, None, at).id for name in names}


def _teach_picture(storage: Storage, function_id: str, label_id: str, file: bytes) -> None:
    at, content = datetime.now(UTC), image_content(file)
    annotation = Annotation(label_id, at, "test", AnnotationSource.API)
    embedding = PixelEncoder().embed([content.readable])[0].tobytes()
    new = NewSample(new_id("sample"), function_id, content, Origin.API, embedding, annotation=annotation)
    storage.samples.add(new, at)
