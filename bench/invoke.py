"""What `/invoke` over HTTP costs beside a bare loop over the same encoder and head, on the same one core.

    python bench/invoke.py --data FOLDER [--of images] [--turns 120] [--out bench/results/invoke.md]

Each sample is sent once, so nothing is cached. Capture on, capture off and the bare loop take turns of a few, so
that what the machine does to one it does to all; server and bare loop on one core, the load generator on another, and
the server stands still during the bare loop's turn. Figures are means over the turns with their 95 % intervals.
"""

import argparse
import asyncio
import base64
import json
import math
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

import load
from running_server import RunningServer, wait_for
from subjects import SUBJECTS, Sample, Subject

# Calls before the first turn: at first a new function captures more.
WARM_UP = {"texts": 1500, "long-texts": 300, "images": 300, "rows": 1500}
SERVER_CORE, GENERATOR_CORE = "0", "1"
ENVIRONMENT = {"NORIA_ENCODER": "bge-small-en-v1.5", "NORIA_IMAGE_ENCODER": "", "NORIA_ENCODER_THREADS": "1"}
KINDS = ("on", "off", "bare")


@dataclass(frozen=True, slots=True)
class Turn:
    """One variant's samples of one turn, by the sample."""

    seconds: float
    cpu: float  # processor seconds
    generator: float = 0.0  # its share of its core
    median_s: float = 0.0


Turns = dict[str, Turn]  # by variant


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder with the data sets")
    options.add_argument("--of", choices=SUBJECTS, default="texts")
    options.add_argument("--turns", type=int, default=120)
    options.add_argument("--samples", type=int, default=48, help="distinct samples a variant and turn")
    options.add_argument("--clients", type=int, default=16)
    options.add_argument("--budget", type=float, default=200.0, help="captures a day while capture is on")
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    if os.cpu_count() and os.cpu_count() > 1:
        os.sched_setaffinity(0, {int(GENERATOR_CORE)})
    with tempfile.TemporaryDirectory() as folder:
        report = measure(given, Path(folder))
    print(report)
    if given.out:
        given.out.write_text(report)


def measure(given: argparse.Namespace, folder: Path) -> str:
    subject = SUBJECTS[given.of](given.data)
    samples = subject.fresh()
    server = RunningServer("127.0.0.21", folder, ENVIRONMENT)
    server.start()
    try:
        function = teach(server, subject)
        with server.http() as http:
            http.put(f"/v1/functions/{function}/capture", json={"budgetPerDay": given.budget})
        subprocess.run(
            ["taskset", "-a", "-p", "-c", SERVER_CORE, str(server.process.pid)], check=True, stdout=-3
        )
        first = [next(samples) for _ in range(WARM_UP[given.of])]
        load.run(server.address, 5000, requests_for(server, function, first, True), given.clients)
        before = captures(server, function)
        with BareLoop(folder, function) as bare:
            bare.run(first[:20])
            turns = asyncio.run(all_turns(given, server, function, samples, bare))
        captured = captures(server, function) - before
    finally:
        server.stop()
    return as_markdown(given, subject, turns, captured)


def teach(server: RunningServer, subject: Subject) -> str:
    with server.http() as http:
        function = http.post(
            "/v1/functions", json={"name": "bench", "input": subject.input, "output": "Classification"}
        ).json()
        path = f"/v1/functions/{function['id']}"
        for name, kind in subject.fields.items():
            http.post(f"{path}/fields", json={"name": name, "type": kind})
        for name in dict.fromkeys(label for _, label in subject.taught):
            http.post(f"{path}/labels", json={"name": name})
        for sample, label in subject.taught:
            http.post(
                f"{path}/samples", json={"data": subject.data(sample), "annotation": {"labelName": label}}
            )
        metrics = f"/v0.9/functions/{function['id']}/metrics"
        wait_for(lambda: not http.get(metrics).json()["isTraining"], 120, "training")
    return function["id"]


def requests_for(server: RunningServer, function: str, samples: list[Sample], capture: bool) -> list[bytes]:
    token = server.token()
    path = f"/v1/functions/{function}/invoke" + ("" if capture else "?capture=false")
    return [Subject.request(server.address, path, token, sample) for sample in samples]


async def all_turns(
    given: argparse.Namespace,
    server: RunningServer,
    function: str,
    samples: Iterator[Sample],
    bare: "BareLoop",
) -> list[Turns]:
    turns, order = [], random.Random(1)
    async with load.Load(server.address, 5000, given.clients) as open_load:

        async def served(mine: list[Sample], capture: bool) -> Turn:
            requests = requests_for(server, function, mine, capture)
            cpu = process_cpu(server.process.pid)
            result = await open_load.send(requests)
            cpu = process_cpu(server.process.pid) - cpu
            assert result.failures == 0, result.failures
            n, share = len(mine), result.generator_cpu / result.seconds
            return Turn(result.seconds / n, cpu / n, share, statistics.median(result.latencies_s))

        for _ in range(given.turns):
            turn = {}
            for kind in order.sample(KINDS, len(KINDS)):
                mine = [next(samples) for _ in range(given.samples)]
                if kind == "bare":
                    with standing_still(server):
                        turn[kind] = bare.run(mine)
                else:
                    turn[kind] = await served(mine, kind == "on")
            turns.append(turn)
    return turns


@contextmanager
def standing_still(server: RunningServer) -> Iterator[None]:
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


class BareLoop:
    """The loop in a process of its own, bound to one core, the server's unless another is named."""

    def __init__(self, folder: Path, function: str, core: str = SERVER_CORE) -> None:
        script = str(Path(__file__).parent / "bare_loop.py")
        self._process = subprocess.Popen(
            ["taskset", "-c", core, sys.executable, script, str(folder), function],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, samples: list[Sample]) -> Turn:
        told = [base64.b64encode(s).decode() if isinstance(s, bytes) else s for s in samples]
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        took = json.loads(self._process.stdout.readline())
        return Turn(took["seconds"] / len(samples), took["cpu"] / len(samples))


def captures(server: RunningServer, function: str) -> int:
    with server.http() as http:
        return http.get(f"/v1/functions/{function}/capture").json()["captured"]


def process_cpu(pid: int) -> float:
    """Seconds of processor time that the threads of a process have had, to the nanosecond."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def as_markdown(given: argparse.Namespace, subject: Subject, turns: list[Turns], captured: int) -> str:
    def ratio(a: str, b: str, of: Callable[[Turn], float]) -> str:
        """How much faster a is than b: the geometric mean over the turns, with its 95 % interval."""
        logs = [math.log(of(turn[b]) / of(turn[a])) for turn in turns]
        mean, reach = statistics.fmean(logs), 1.96 * statistics.stdev(logs) / len(logs) ** 0.5
        return f"{math.exp(mean):.3f} [{math.exp(mean - reach):.3f}, {math.exp(mean + reach):.3f}]"

    def row(name: str, a: str, b: str) -> str:
        return f"| {name} | {ratio(a, b, lambda t: t.seconds)} | {ratio(a, b, lambda t: t.cpu)} |"

    def figures(name: str, kind: str) -> str:
        mine = [turn[kind] for turn in turns]
        cells = [
            f"{1 / statistics.fmean(t.seconds for t in mine):.0f}",
            f"{1000 * statistics.fmean(t.cpu for t in mine):.2f}",
        ]
        if kind != "bare":
            cells.append(f"{statistics.fmean(t.generator for t in mine):.2f}")
            cells.append(f"{1000 * statistics.median(t.median_s for t in mine):.1f}")
        return f"| {name} | {' | '.join(cells + [''] * (4 - len(cells)))} |"

    return f"""# `/invoke` with {given.of} over HTTP beside a bare loop

{time.strftime("%Y-%m-%d")}: {len(turns)} turns of {given.samples} {given.of} a variant, {len(turns) * given.samples:,} distinct ones each,
every one sent once, {given.clients} clients in a closed loop, {captured} captured. Server and bare loop on one and the same
core, the generator on another; {subject.described}. Means with 95 % intervals.
Repeat: `python bench/invoke.py --data FOLDER --of {given.of}`.

| ratio | throughput | processor time |
|---|---|---|
{row("server, capture on / bare loop", "on", "bare")}
{row("server, capture off / bare loop", "off", "bare")}
{row("capture on / capture off", "on", "off")}

| | per second | processor ms a call | generator's share of its core | median ms |
|---|---|---|---|---|
{figures(f"capture on ({given.budget:g} a day)", "on")}
{figures("capture off", "off")}
{figures("bare loop", "bare")}
"""


if __name__ == "__main__":
    main()
