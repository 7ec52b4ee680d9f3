"""A server process without HTTP that answers calls as fast as it can, for the audit of its decisions.

python -m campaigns.deciding '{"data": FOLDER, "function": ID, "calls": N, "seed": S, …}'
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from campaigns.pets import WORDS, texts

from noria import app
from noria.app import Noria
from noria.encoders.features import features
from noria.encoders.hashing import HashingEncoder
from noria.records.content import Content
from noria.serving import capturing
from noria.settings import Settings
from noria.storage import writer

IN_FLIGHT = 32
TEXTS = 4000
HURRY = 20  # so many times more often than usual do processes share the budget when the clock runs ahead


@dataclass(frozen=True)
class Task:
    data: str
    function: str
    seed: int
    calls: int  # so many as fast as it can; with `days`, about so many spread over them
    days: float = 0.0  # on the policy's clock, which runs ahead; 0: it is the true one
    seconds: float = 0.0  # of true time in which these days pass
    ahead: float = 0.0  # days that the policy's clock is ahead at the start: another run's days before


class Precomputed:
    """In place of the encoder's threads: what a text's embedding is has been worked out before."""

    waiting = 0

    def __init__(self, asked: Sequence[str]) -> None:
        self._rows = {text: features(HashingEncoder(), text) for text in asked}

    async def embed(self, content: Content) -> np.ndarray:
        return self._rows[content.text]

    def close(self) -> None: ...


class FastClock:
    """The policy's clock, running ahead."""

    def __init__(self, speed: float, ahead_s: float) -> None:
        self._speed, self._ahead_s = speed, ahead_s
        self._began = time.time()

    def time(self) -> float:
        return self._began + self._ahead_s + self._speed * self.true_seconds()

    def true_seconds(self) -> float:
        """Since it was started."""
        return time.time() - self._began


def traffic(seed: int = 7) -> list[str]:
    """The texts that all processes are asked about, over and over."""
    of_kind = [texts(kind, seed) for kind in WORDS]
    return [next(kind) for _ in range(TEXTS // len(of_kind)) for kind in of_kind]


async def answer_all(noria: Noria, task: Task) -> None:
    asked, chosen, todo = traffic(), random.Random(task.seed), iter(range(task.calls))

    async def caller() -> None:
        for i in todo:
            await noria.invoker.invoke(task.function, asked[chosen.randrange(TEXTS)])
            if i % 100 == 0:
                await asyncio.sleep(0)  # lets the process follow changes and share the budget

    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))


async def answer_for_days(noria: Noria, task: Task) -> None:
    asked, chosen = traffic(), random.Random(task.seed)
    clock = FastClock(task.days * 86_400 / task.seconds, task.ahead * 86_400)
    capturing.time = clock  # type: ignore[assignment]

    async def caller() -> None:
        while clock.true_seconds() < task.seconds:
            await noria.invoker.invoke(task.function, asked[chosen.randrange(TEXTS)])
            await asyncio.sleep(2 * IN_FLIGHT * task.seconds / task.calls * chosen.random())

    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))


async def decide(task: Task) -> None:
    noria = Noria(Settings(data=Path(task.data), encoder="hashing", worker=False))
    noria.pool.close()
    noria.pool = noria.invoker._pool = Precomputed(traffic())  # type: ignore[assignment]
    print("ready", flush=True)
    sys.stdin.readline()  # until all are
    if task.days:
        app._SYNC_S /= HURRY
        writer.SUMS_EVERY_S /= HURRY
    await noria.start()
    began, cpu = time.perf_counter(), time.process_time()
    await (answer_for_days if task.days else answer_all)(noria, task)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    await noria.stop()
    print(json.dumps({"seconds": seconds, "cpu_s": cpu, "calls": task.calls}))


if __name__ == "__main__":
    asyncio.run(decide(Task(**json.loads(sys.argv[1]))))
