"""Noria, BentoML and FastAPI serving one and the same encoder and head, beside a bare loop over them, on the same core.

    python bench/serving.py --data FOLDER [--of texts,rows] [--clients 1,8,64] [--calls 5000]
        [--cores 0,1] [--out bench/results/serving.md]

Noria has capture on and asks for a token; the others have neither. Every input is distinct and sent to each of them once.
They take turns of a few inputs, in an order drawn anew, so that what the machine does to one it does to all; who has no
turn stands still. All share one core, the load generator has another; or all share as many as are named, each with as
many encoder threads or processes. The peers run in an environment of their own, made
with uv at the first run: Noria's locked dependencies, and what bench/peers/requirements.txt names.
"""

import argparse
import asyncio
import itertools
import math
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

import httpx
import load
import numpy as np
import psutil
from environments import PEERS, ROOT, RUN, environment
from invoke import ENVIRONMENT, GENERATOR_CORE, SERVER_CORE, WARM_UP, BareLoop, captures, teach
from prometheus_client.parser import text_string_to_metric_families
from running_server import RunningServer, wait_for
from subjects import SUBJECTS, Sample, Subject

PORT = 5000
BARE, NORIA, BUSY = "bare loop", "Noria", "Noria, captures much"
BENTOML, DEF, ASYNC_DEF = "BentoML", "FastAPI def", "FastAPI async def"
ADDRESSES = {NORIA: "127.0.0.21", BUSY: "127.0.0.24"}
BUDGETS = {NORIA: 200, BUSY: 20_000}  # captures a day: the default, and what makes a part of these few calls
WAITING = 4000  # connections of calls that come whatever the server makes of them
READY_S = 0.5  # to take connections, and to do what fell due while it stood still
TURN = {"texts": 400, "long-texts": 50, "images": 100, "rows": 1500}  # calls, of a second or two
RESAMPLED = 500  # times, for the interval of a percentile


@dataclass(frozen=True, slots=True)
class Turn:
    """One contender's calls of one turn."""

    seconds: float  # by the call
    cpu: float  # processor seconds by the call, of all its processes
    latencies_s: Sequence[float] = ()
    refused: int = 0  # answered with 503 or 429
    failed: int = 0  # answered with anything else but 200
    generator: float = 0.0  # its share of its core


Turns = list[dict[str, Turn]]  # by contender


@dataclass(frozen=True)
class Contender:
    """A server that takes one sample a call."""

    address: str
    pid: int
    path: str
    token: str = "none"

    def connections(self, clients: int) -> load.Load:
        return load.Load(self.address, PORT, clients)

    async def turn(self, samples: Sequence[Sample], clients: int) -> Turn:
        calls = [Subject.request(self.address, self.path, self.token, sample) for sample in samples]
        async with self.connections(clients) as connections:  # those of the last turn are closed by now
            await asyncio.sleep(READY_S)
            before = cpu_by_thread(self.pid)
            result = await connections.send(calls)
            cpu = sum(now - before.get(thread, 0.0) for thread, now in cpu_by_thread(self.pid).items())
        n = len(samples)
        share = result.generator_cpu / result.seconds
        refused = len(result.refused_s)
        return Turn(
            result.seconds / n, cpu / n, result.latencies_s, refused, result.failures - refused, share
        )

    async def overrun(self, samples: Iterator[Sample], per_second: float, seconds: float) -> load.LoadResult:
        """Calls at this rate, whatever the server makes of them."""
        mine = [next(samples) for _ in range(math.ceil(2 * per_second * seconds))]
        calls = [Subject.request(self.address, self.path, self.token, sample) for sample in mine]
        async with self.connections(WAITING) as connections:
            return await connections.arrive(calls, per_second, seconds)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder with the data sets")
    options.add_argument("--of", default=",".join(SUBJECTS))
    options.add_argument("--clients", default="1,8,64")
    options.add_argument("--calls", type=int, default=5000, help="distinct inputs a number of clients")
    options.add_argument(
        "--warm-up", type=int, help="calls to Noria before: at first a new function captures more"
    )
    options.add_argument(
        "--overload",
        type=float,
        default=5.0,
        help="seconds of twice as many calls as fit; others close what is idle for longer",
    )
    options.add_argument("--turn", type=int, help="of them in one turn; else as many as take a second or two")
    options.add_argument(
        "--cores",
        default=SERVER_CORE,
        help="of the servers, as in 0,1; each has as many threads or processes for encoding",
    )
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    if os.cpu_count() > 1 and given.cores == SERVER_CORE:
        os.sched_setaffinity(0, {int(GENERATOR_CORE)})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever stands still is let go and ended
    python = environment("peers", RUN, PEERS / "requirements.txt")
    report = head(given)
    for name in given.of.split(","):
        with tempfile.TemporaryDirectory() as folder:
            report += section(given, name, Path(folder), python)
        print(report, flush=True)
        if given.out:
            given.out.write_text(report)


def section(given: argparse.Namespace, name: str, folder: Path, python: Path) -> str:
    subject = SUBJECTS[name](given.data)
    samples = subject.fresh()
    cores = given.cores.split(",")
    with ExitStack() as stack:
        ours = {each: Ours.begin(stack, folder, cores, subject, each) for each in BUDGETS}
        contenders = {each: noria.contender() for each, noria in ours.items()}
        served = (ours[NORIA].folder, ours[NORIA].function)
        contenders |= peers(stack, python, folder, served, cores, subject.input == "Image")
        first = [next(samples) for _ in range(given.warm_up or WARM_UP[name])]
        for label, each in contenders.items():
            calls = [Subject.request(each.address, each.path, each.token, sample) for sample in first]
            assert load.run(each.address, PORT, calls if label in ours else calls[:200], 8).failures == 0
        before = Books.of(ours)
        bare = BareLoops([stack.enter_context(BareLoop(*served, core)) for core in cores])
        bare.run(first[:20])
        results = {
            n: asyncio.run(all_turns(given, name, contenders, samples, bare, n))
            for n in map(int, given.clients.split(","))
        }
        report = as_markdown(given, name, subject, results, Books.of(ours).since(before))
        if given.overload:
            bare_s = statistics.fmean(turn[BARE].seconds for turns in results.values() for turn in turns)
            contenders.pop(BUSY)
            report += overload(given, contenders, samples, 1 / bare_s)
    return report


@dataclass(frozen=True, slots=True)
class Ours:
    """A server of Noria's with one function."""

    server: RunningServer
    folder: Path
    function: str

    @classmethod
    def begin(
        cls, stack: ExitStack, folder: Path, cores: Sequence[str], subject: Subject, name: str
    ) -> "Ours":
        mine = folder / str(BUDGETS[name])
        server = RunningServer(
            ADDRESSES[name],
            mine,
            {**ENVIRONMENT, "NORIA_ENCODER_THREADS": str(len(cores))},
            under=("taskset", "-c", ",".join(cores)),
        )
        stack.callback(server.stop)
        server.start()
        function = teach(server, subject)
        with server.http() as http:
            http.put(
                f"/v1/functions/{function}/capture", json={"budgetPerDay": BUDGETS[name]}
            ).raise_for_status()
        return cls(server, mine, function)

    def contender(self) -> Contender:
        path = f"/v1/functions/{self.function}/invoke"
        return Contender(self.server.address, self.server.process.pid, path, self.server.token())

    def drawn(self) -> int:
        """Calls that the policy wanted captured."""
        with self.server.http() as http:
            told = http.get("/metrics").text
        return sum(
            int(sample.value)
            for family in text_string_to_metric_families(told)
            for sample in family.samples
            if sample.name == "noria_invokes_total" and sample.labels["end"] in ("captured", "shed")
        )


def overload(
    given: argparse.Namespace, contenders: dict[str, Contender], samples: Iterator[Sample], capacity: float
) -> str:
    """What becomes of twice as many calls as the bare loop could answer."""

    def row(name: str, each: Contender) -> str:
        with standing_still({other.pid for other in contenders.values()} - {each.pid}):
            result = asyncio.run(each.overrun(samples, 2 * capacity, given.overload))
        answered = 1000 * np.percentile(result.latencies_s, (50, 99))
        refused = 1000 * np.percentile(result.refused_s or [math.nan], (50, 99))
        told = f"{refused[0]:.0f} | {refused[1]:.0f}" if result.refused_s else "– | –"
        return (
            f"| {name} | {len(result.latencies_s) / result.seconds / capacity:.2f} | {answered[0]:.0f} |"
            f" {answered[1]:.0f} | {len(result.refused_s) / result.requests:.0%} | {told} |"
        )

    rows = [row(name, each) for name, each in contenders.items()]
    return f"""
Twice as many calls as the bare loop answers, {2 * capacity:.0f} a second by chance for {given.overload:g} seconds, over {WAITING} connections; what has no
free one waits for it, and that counts:

| | answered per second ÷ bare loop | p50 of answers, ms | p99, ms | refused | p50 of refusals, ms | p99, ms |
|---|---|---|---|---|---|---|
{chr(10).join(rows)}
"""


def peers(
    stack: ExitStack, python: Path, folder: Path, served: tuple[Path, str], cores: Sequence[str], file: bool
) -> dict[str, Contender]:
    def started(address: str, *command: str) -> int:
        paths = os.pathsep.join(map(str, (PEERS, ROOT / "bench", ROOT / "src")))
        environment = {
            **os.environ, "PYTHONPATH": paths, "NORIA_DATA": str(served[0]), "NORIA_FUNCTION": served[1],
            "WORKERS": str(len(cores)), "BENTOML_DO_NOT_TRACK": "true", "BENTOML_HOME": str(folder / "bentoml"),
        }  # fmt: skip
        with (folder / f"{address}.log").open("ab") as log:
            process = subprocess.Popen(
                ["taskset", "-c", ",".join(cores), str(python), "-m", *command],
                cwd=PEERS, env=environment, stdout=log, stderr=log,
            )  # fmt: skip
        stack.callback(end, process)
        wait_for(lambda: answers(address), what=command[0])
        return process.pid

    at = ["--host", "127.0.0.22", "--port", str(PORT)]
    bento = started("127.0.0.22", "bentoml", "serve", "bentoml_service:Classifier", *at)
    at[1] = "127.0.0.23"
    fast = started(
        "127.0.0.23", "uvicorn", "fastapi_app:app", "--no-access-log", "--workers", str(len(cores)), *at
    )
    of_file = "/file" if file else ""
    return {
        BENTOML: Contender("127.0.0.22", bento, "/invoke_file" if file else "/invoke"),
        DEF: Contender("127.0.0.23", fast, f"{of_file}/def"),
        ASYNC_DEF: Contender("127.0.0.23", fast, f"{of_file}/async-def"),
    }


class BareLoops:
    """One on each core, at the same time."""

    def __init__(self, loops: Sequence[BareLoop]) -> None:
        self._loops = loops

    def run(self, samples: Sequence[Sample]) -> Turn:
        parts = [list(samples[i :: len(self._loops)]) for i in range(len(self._loops))]
        with ThreadPoolExecutor() as threads:
            turns = list(threads.map(lambda loop, part: loop.run(part), self._loops, parts))
        n = len(samples)
        return Turn(
            max(len(part) * turn.seconds for part, turn in zip(parts, turns, strict=True)) / n,
            sum(len(part) * turn.cpu for part, turn in zip(parts, turns, strict=True)) / n,
        )


def answers(address: str) -> bool:
    """Whether a server does; with what makes no difference."""
    try:
        return httpx.get(f"http://{address}:{PORT}/docs", timeout=2, trust_env=False).status_code > 0
    except httpx.TransportError:
        return False


def end(process: subprocess.Popen[bytes]) -> None:
    mine = tree(process.pid)
    process.terminate()
    for each in psutil.wait_procs(mine, timeout=10)[1]:
        each.kill()


def cpu_by_thread(pid: int) -> dict[str, float]:
    """Processor seconds of each thread of a server's processes; of a pool, idle ones end now and then, and theirs with them."""
    threads = [thread for each in tree(pid) for thread in Path(f"/proc/{each.pid}/task").glob("*/schedstat")]
    return {str(thread): int(thread.read_text().split()[0]) / 1e9 for thread in threads}


def tree(pid: int) -> list[psutil.Process]:
    top = psutil.Process(pid)
    return [top, *top.children(recursive=True)]


async def all_turns(
    given: argparse.Namespace,
    name: str,
    contenders: dict[str, Contender],
    samples: Iterator[Sample],
    bare: "BareLoops",
    clients: int,
) -> Turns:
    turns, order = [], random.Random(clients)
    size = given.turn or TURN[name]
    for _ in range(math.ceil(given.calls / size)):
        mine, turn = list(itertools.islice(samples, size)), {}
        for who in order.sample([BARE, *contenders], len(contenders) + 1):
            active = contenders.get(who)
            with standing_still({each.pid for each in contenders.values()} - {active and active.pid}):
                if active is None:
                    turn[who] = bare.run(mine)
                else:
                    turn[who] = await active.turn(mine, clients)
        turns.append(turn)
    return turns


@contextmanager
def standing_still(pids: Iterable[int]) -> Iterator[None]:
    processes = [each for pid in pids for each in tree(pid)]
    for each in processes:
        each.suspend()
    try:
        yield
    finally:
        for each in reversed(processes):
            each.resume()


@dataclass(frozen=True, slots=True)
class Books:
    """What became of the captures of a run, by Noria's functions."""

    drawn: Mapping[str, int]  # calls that the policy drew
    stored: Mapping[str, int]

    @classmethod
    def of(cls, ours: Mapping[str, Ours]) -> "Books":
        return cls(
            {name: each.drawn() for name, each in ours.items()},
            {name: captures(each.server, each.function) for name, each in ours.items()},
        )

    def since(self, before: "Books") -> "Books":
        def more(now: Mapping[str, int], then: Mapping[str, int]) -> dict[str, int]:
            return {name: n - then[name] for name, n in now.items()}

        return Books(more(self.drawn, before.drawn), more(self.stored, before.stored))


def head(given: argparse.Namespace) -> str:
    n = len(given.cores.split(","))
    turn = given.turn or ", ".join(f"{TURN[name]} {name.replace('-', ' ')}" for name in given.of.split(","))
    where = "one and the same core, the load generator on another"
    if n > 1:
        where = f"the same {n} cores, the load generator beside them, a bare loop on each"
    return f"""# Serving beside BentoML, FastAPI and a bare loop

{time.strftime("%Y-%m-%d")}, load by others {os.getloadavg()[2]:.1f} on {os.cpu_count()} cores before the start. All serve the same encoder and head, one
onnxruntime thread a call, on {where}; closed loop, new connections each turn,
half a second before its first call. Every input is distinct
and sent to each of them once, in turns of {turn}; who has no turn stands still. Noria: one process, {n} encoder thread{"s"[: n > 1]}, a token checked, capture on at
the default budget of {BUDGETS[NORIA]} a day; a second server of it has {BUDGETS[BUSY]:,}, so that a good part of these
calls is captured. BentoML: its API service, workers: {n}, default threads. FastAPI: uvicorn, workers: {n}, an endpoint that is `def` (pool of
threads) and one that is `async def` (on the event loop). Access logs are off. Means over the turns with their 95 % intervals,
percentiles over all calls; `÷ Noria` above 1 says that Noria is faster.
Repeat: `python bench/serving.py --data FOLDER --of {given.of} --clients {given.clients} --calls {given.calls} --cores {given.cores}`.
"""


def as_markdown(
    given: argparse.Namespace, name: str, subject: Subject, results: dict[int, Turns], books: Books
) -> str:
    rows = [row(n, turns, each) for n, turns in results.items() for each in turns[0]]
    n_calls = sum(len(turn[NORIA].latencies_s) for turns in results.values() for turn in turns)
    drawn = ", ".join(f"{name} {n}" for name, n in books.drawn.items())
    busiest = max(each.generator for turns in results.values() for turn in turns for each in turn.values())
    return f"""
## {name[0].upper()}{name[1:].replace("-", " ")}

{subject.described}. {n_calls:,} distinct inputs to each. Drawn for capture: {drawn}; lost: {sum(books.drawn.values()) - sum(books.stored.values())}.
The generator took at most {busiest:.2f} of its core.

| clients | | throughput ÷ bare loop | processor time of bare loop ÷ its own | p50 ms | p95 ms | p99 ms | p99 ÷ Noria's | refused | failed |
|---|---|---|---|---|---|---|---|---|---|
{chr(10).join(rows)}
"""


def row(clients: int, turns: Turns, name: str) -> str:
    mine = [turn[name] for turn in turns]
    speed = ratio([turn[BARE].seconds / turn[name].seconds for turn in turns])
    if name == BARE:
        per_second, ms = (
            1 / statistics.fmean(t.seconds for t in mine),
            1000 * statistics.fmean(t.cpu for t in mine),
        )
        return f"| {clients} | {name} | 1 ({per_second:.0f} per second) | 1 ({ms:.2f} ms) | | | | | | |"
    processor = ratio([turn[BARE].cpu / turn[name].cpu for turn in turns])
    ms = 1000 * np.percentile(np.concatenate([t.latencies_s for t in mine]), (50, 95, 99))
    tail = tails(turns, name) if name != NORIA else "1"
    return (
        f"| {clients} | {name} | {speed} | {processor} | {ms[0]:.1f} | {ms[1]:.1f} | {ms[2]:.1f} | {tail} |"
        f" {sum(t.refused for t in mine)} | {sum(t.failed for t in mine)} |"
    )


def ratio(of_turns: Sequence[float]) -> str:
    """The geometric mean over the turns, with its 95 % interval."""
    logs = [math.log(each) for each in of_turns]
    mean, reach = statistics.fmean(logs), 1.96 * statistics.stdev(logs) / len(logs) ** 0.5
    return f"{math.exp(mean):.3f} [{math.exp(mean - reach):.3f}, {math.exp(mean + reach):.3f}]"


def tails(turns: Turns, name: str) -> str:
    """p99 by Noria's, with the 95 % interval of resampled turns."""
    chance = np.random.default_rng(1)

    def of(some: Sequence[int]) -> float:
        ours, theirs = (
            np.percentile(np.concatenate([turns[i][each].latencies_s for i in some]), 99)
            for each in (NORIA, name)
        )
        return float(theirs / ours)

    drawn = [of(chance.integers(len(turns), size=len(turns))) for _ in range(RESAMPLED)]
    low, high = np.percentile(drawn, (2.5, 97.5))
    return f"{of(range(len(turns))):.2f} [{low:.2f}, {high:.2f}]"


if __name__ == "__main__":
    main()
