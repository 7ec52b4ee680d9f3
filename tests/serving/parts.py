"""A server process's parts without HTTP: storage in a file, the tiny encoder, the real writer."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from taught import ENCODERS, Taught

from noria.encoders.pool import EncoderPool
from noria.records.function import CaptureSettings
from noria.serving.answers import Answer
from noria.serving.events import Events
from noria.serving.intake import Intake
from noria.serving.invoking import Invoker
from noria.serving.live import LiveFunctions
from noria.serving.meters import Meters
from noria.storage import CaptureBatch, CaptureWriter, Storage, TrafficRow
from noria.work.train import Trainer

NEVER = CaptureSettings(budget_per_day=0.0)
SMALL = CaptureSettings(budget_per_day=1.0, shares={"Random": 1.0})
# A policy that has a small budget's idea of the traffic and then gets this one captures every call.
HUGE = CaptureSettings(budget_per_day=1_000_000.0, shares={"Random": 1.0})

Commit = Callable[[CaptureBatch], list[str]]


@dataclass
class Serving:
    storage: Storage
    live: LiveFunctions
    pool: EncoderPool
    writer: CaptureWriter
    invoker: Invoker
    function: Taught

    @classmethod
    def open(cls, storage: Storage, commit: Commit | None = None, limit: int = 1024) -> "Serving":
        """Serves a function of four cats and four dogs; `commit` and `limit` are the writer's."""
        function = Taught.new(storage, capture=SMALL).with_pets()
        live = LiveFunctions(storage, ENCODERS)
        pool = EncoderPool(ENCODERS, 1, 512)
        writer = CaptureWriter(commit or storage.captures.commit, limit, pause=lambda _: None)
        live.refresh(function.id)
        return cls(
            storage,
            live,
            pool,
            writer,
            Invoker(live, Intake(None), pool, writer, Events(), Meters()),
            function,
        )

    def close(self) -> None:
        self.pool.close()
        self.writer.close()

    def ask(self, text: str, **how: object) -> Answer:
        return asyncio.run(self.invoker.invoke(self.function.id, text, **how))

    def train(self) -> str:
        """Train what is wanted and follow it; the id of the version that is live then."""
        trainer = Trainer(self.storage, ENCODERS)
        trainer.run(self.storage.functions.get(self.function.id))
        self.live.refresh_changed()
        assert self.function.live is not None
        return self.function.live

    def make_live(self, version_id: str) -> None:
        self.storage.versions.set_live(self.function.id, version_id, "test", "test", datetime.now(UTC))
        self.live.refresh_changed()

    def set_capture(self, settings: CaptureSettings) -> None:
        self.storage.functions.update(self.function.id, capture=settings, at=datetime.now(UTC))
        self.live.refresh(self.function.id)

    def capture_everything(self) -> None:
        self.set_capture(HUGE)

    def settled(self) -> TrafficRow:
        """The traffic so far, all on disk."""
        self.writer.close()
        rows = self.storage.captures.traffic(self.function.id)
        names = ("n", "known_n", "known_correct", "shed", "outside", "captured")
        sums = {name: sum(getattr(row, name) for row in rows) for name in names}
        return TrafficRow(self.function.id, 0, None, **sums)
