"""What a call costs at two server processes beside one, and how many more they answer.

    python bench/scale.py --data FOLDER [--turns 40] [--out bench/results/scale.md]

A server of one process and one of several, each with a data folder of its own and taught the same, take turns of a few
texts under a closed loop of as many clients a process, so that what the machine does to one it does to both. Every text is
sent once. The processor time is that of all server processes, the parent's too, without the worker, which has nothing to train.
"""

import argparse
import asyncio
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

import load
import psutil
from invoke import process_cpu, requests_for, teach
from running_server import RunningServer, wait_for
from subjects import SUBJECTS, Sample

ADDRESSES = {1: "127.0.0.31", 2: "127.0.0.32"}
MANY = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """By the call."""

    seconds: float
    cpu: float  # processor seconds of the server's processes
    generator: float  # its share of one core
    largest: float  # of the processes that answer, the largest part that one has of their processor time


@dataclass
class Scaled:
    """A server of so many processes, with connections that stay open."""

    processes: int
    server: RunningServer
    function: str = ""

    def pids(self) -> tuple[list[int], list[int]]:
        """Of those that answer, and of the others but for the worker."""
        parent = psutil.Process(self.server.process.pid)
        answering = [c.pid for c in parent.children() if "noria.server.supervised" in c.cmdline()]
        return (answering, [parent.pid]) if answering else ([parent.pid], [])

    async def turn(self, open_load: load.Load, samples: Sequence[Sample]) -> Turn:
        requests = requests_for(self.server, self.function, list(samples), True)
        answering, others = self.pids()
        before = [process_cpu(pid) for pid in (*answering, *others)]
        result = await open_load.send(requests)
        used = [process_cpu(pid) - b for pid, b in zip((*answering, *others), before, strict=True)]
        assert result.failures == 0
        mine, n = used[: len(answering)], len(samples)
        return Turn(
            result.seconds / n, sum(used) / n, result.generator_cpu / result.seconds, max(mine) / sum(mine)
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder with the data sets")
    options.add_argument("--turns", type=int, default=40)
    options.add_argument("--samples", type=int, default=96, help="distinct texts a process and turn")
    options.add_argument("--clients", type=int, default=16, help="a process")
    options.add_argument("--encoder", default="bge-small-en-v1.5")
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = measure(given, Path(folder))
    print(report)
    if given.out:
        given.out.write_text(report)


def measure(given: argparse.Namespace, folder: Path) -> str:
    subject = SUBJECTS["texts"](given.data)
    samples = subject.fresh()
    scaled = []
    try:
        for n in (1, MANY):
            environment = {"NORIA_ENCODER": given.encoder, "NORIA_ENCODER_THREADS": str(n)}
            server = RunningServer(
                ADDRESSES[n], folder / str(n), environment, command=("serve", "--workers", str(n))
            )
            scaled.append(Scaled(n, server))
            server.start()
            wait_for(lambda at=scaled[-1]: len(at.pids()[0]) == at.processes, what="all processes")
            scaled[-1].function = teach(server, subject)
        turns = asyncio.run(all_turns(given, scaled, samples))
    finally:
        for each in scaled:
            each.server.stop()
    return as_markdown(given, turns)


async def all_turns(
    given: argparse.Namespace, scaled: list[Scaled], samples: Iterator[Sample]
) -> list[dict[int, Turn]]:
    order, turns = random.Random(1), []
    for number in range(given.turns + 1):
        turn = {}
        for each in order.sample(scaled, len(scaled)):
            # New connections each time: how they are spread is chance.
            async with load.Load(each.server.address, 5000, given.clients * each.processes) as open_load:
                turn[each.processes] = await each.turn(
                    open_load, [next(samples) for _ in range(given.samples * each.processes)]
                )
        if number:  # the first one warms up
            turns.append(turn)
    return turns


def as_markdown(given: argparse.Namespace, turns: list[dict[int, Turn]]) -> str:
    def ratio(of: str) -> str:
        """Two processes by one: the geometric mean over the turns, with its 95 % interval."""
        logs = [math.log(getattr(turn[MANY], of) / getattr(turn[1], of)) for turn in turns]
        mean, reach = statistics.fmean(logs), 1.96 * statistics.stdev(logs) / len(logs) ** 0.5
        return f"{math.exp(mean):.3f} [{math.exp(mean - reach):.3f}, {math.exp(mean + reach):.3f}]"

    def row(n: int) -> str:
        mine = [turn[n] for turn in turns]
        return (
            f"| {n} | {1000 * statistics.fmean(t.cpu for t in mine):.2f} |"
            f" {1 / statistics.fmean(t.seconds for t in mine):.0f} |"
            f" {statistics.fmean(t.generator for t in mine):.3f} |"
            f" {statistics.median(t.largest for t in mine):.2f} |"
        )

    return f"""# A call at two processes and at one

{time.strftime("%Y-%m-%d")}: {len(turns)} turns of {given.samples} distinct texts a process, {given.clients} clients a process in a closed loop on new
connections each turn, {given.encoder}, one encoder thread a process, SQLite, {os.cpu_count()} cores (load {os.getloadavg()[1]:.0f} by others and this
at the end: the processor time is what can be compared). Means with 95 % intervals. Repeat: `python bench/scale.py --data FOLDER`.

| ratio, two processes by one | |
|---|---|
| processor seconds a call | {ratio("cpu")} |
| seconds a call | {ratio("seconds")} |

| processes | processor ms a call | calls per second | generator's share of a core | largest share of one process, median |
|---|---|---|---|---|
{row(1)}
{row(MANY)}
"""


if __name__ == "__main__":
    main()
