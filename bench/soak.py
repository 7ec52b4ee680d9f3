"""A server for a while at four fifths of what it can answer: does its memory stay, does a call fail, does the tail grow?

    python bench/soak.py --data FOLDER [--minutes 20] [--processes 2] [--out bench/results/soak.md]

Banking77's texts, each sent once, arrive by chance at 0.8 of the rate of a closed loop of the minute before; somebody labels
one item of the queue every few seconds, so that the function retrains all the time. Memory is the resident one of the server's processes
and of the worker.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

import load
import numpy as np
import psutil
from invoke import teach
from running_server import RunningServer, wait_for
from subjects import SUBJECTS, Sample, Subject

ADDRESS = "127.0.0.33"
CLIENTS = 64
SHARE = 0.8
FINDING_S = 60.0  # of closed loop, to see what the server can answer
LOOK_S = 5.0
LABEL_EVERY_S = 3.0
KINDS = {"noria.server.supervised": "server", "noria.work.worker": "worker"}


@dataclass
class Watched:
    """What the processes hold while they are looked at, in MB, summed over those of a kind."""

    parent: psutil.Process
    at: list[float] = field(default_factory=list)
    held: dict[str, list[float]] = field(default_factory=dict)
    labelled: int = 0
    ends: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        began = time.perf_counter()
        while not self.ends.wait(LOOK_S):
            now = dict.fromkeys(("server", "worker"), 0.0)
            for process in [self.parent, *self.parent.children(recursive=True)]:
                words = " ".join(process.cmdline())
                kind = next((kind for part, kind in KINDS.items() if part in words), "server")
                now[kind] += process.memory_info().rss / 1e6
            self.at.append(time.perf_counter() - began)
            for kind, megabytes in now.items():
                self.held.setdefault(kind, []).append(megabytes)

    def label(self, server: RunningServer, function: str) -> None:
        with server.http() as http:
            path = f"/v1/functions/{function}"
            labels = http.get(f"{path}/labels").json()
            while not self.ends.wait(LABEL_EVERY_S):
                for item in http.get(f"{path}/capture/queue?count=1").json()["items"]:
                    body = {"labelId": labels[self.labelled % len(labels)]["id"]}
                    http.put(f"{path}/samples/{item['sampleId']}/annotation", json=body).raise_for_status()
                    self.labelled += 1


def requests_of(server: RunningServer, function: str, samples: Iterator[Sample]) -> Iterator[bytes]:
    """With a token that is asked anew before it ends."""
    while True:
        token, until = server.token(), time.monotonic() + 600
        while time.monotonic() < until:
            yield Subject.request(server.address, f"/v1/functions/{function}/invoke", token, next(samples))


async def soak(
    server: RunningServer, function: str, samples: Iterator[Sample], seconds: float
) -> tuple[float, load.LoadResult, Watched]:
    requests = requests_of(server, function, samples)
    async with load.Load(server.address, 5000, CLIENTS) as open_load:
        found = [await open_load.send([next(requests) for _ in range(500)])]
        while sum(each.seconds for each in found) < FINDING_S:
            found.append(await open_load.send([next(requests) for _ in range(500)]))
        assert not sum(each.failures for each in found)
        limit = sum(each.requests for each in found) / sum(each.seconds for each in found)
        watched = Watched(psutil.Process(server.process.pid))
        beside = [
            threading.Thread(target=watched.look),
            threading.Thread(target=watched.label, args=(server, function)),
        ]
        for thread in beside:
            thread.start()
        try:
            result = await open_load.arrive(requests, SHARE * limit, seconds)
        finally:
            watched.ends.set()
            for thread in beside:
                thread.join()
    return limit, result, watched


def as_markdown(given: argparse.Namespace, limit: float, result: load.LoadResult, watched: Watched) -> str:
    ms = 1000 * np.array(result.latencies_s)
    parts = np.array_split(ms, 4)
    rows = "\n".join(
        f"| {['first', 'second', 'third', 'last'][n]} | {np.median(part):.0f} | {np.quantile(part, 0.95):.0f} |"
        f" {np.quantile(part, 0.99):.0f} | {part.max():.0f} |"
        + "".join(
            f" {statistics.fmean(q):.0f} |"
            for q in (np.array_split(watched.held[kind], 4)[n] for kind in ("server", "worker"))
        )
        for n, part in enumerate(parts)
    )
    half = len(watched.at) // 2
    slopes = {
        kind: np.polyfit(np.array(watched.at[half:]) / 3600, held[half:], 1)[0]
        for kind, held in watched.held.items()
    }
    return f"""# A long while under load

{time.strftime("%Y-%m-%d")}: {given.minutes:g} minutes of {result.requests / result.seconds:.0f} texts a second, {SHARE:.0%} of the {limit:.0f} that a closed loop of {CLIENTS} clients got in the minute before; {result.requests:,} calls,
each of another text, and {watched.labelled:,} labels given meanwhile, the function retraining. `noria serve --workers {given.processes}`, {given.encoder}, SQLite, {os.cpu_count()} cores that others
used as well (load {os.getloadavg()[2]:.1f} over the last quarter of an hour, this included). Repeat: `python bench/soak.py --data FOLDER`.

**{result.failures} calls failed.** In the second half the memory of the server's processes changed by {slopes["server"]:+.0f} MB an hour, the worker's by {slopes["worker"]:+.0f}.

| quarter | median ms | p95 | p99 | longest | server MB | worker MB |
|---|---|---|---|---|---|---|
{rows}

The generator used {result.generator_cpu / result.seconds:.0%} of a core. A latency counts from when the call came, waiting for one of the {CLIENTS} connections included.
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder with the data sets")
    options.add_argument("--minutes", type=float, default=20)
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--encoder", default="bge-small-en-v1.5")
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    subject = SUBJECTS["texts"](given.data)
    with tempfile.TemporaryDirectory() as folder:
        environment = {"NORIA_ENCODER": given.encoder, "NORIA_ENCODER_THREADS": str(given.processes)}
        command = ("serve", "--workers", str(given.processes))
        server = RunningServer(ADDRESS, Path(folder), environment, command=command).start()
        try:
            wait_for(lambda: server.http().get("/ready").status_code == 200)
            function = teach(server, subject)
            limit, result, watched = asyncio.run(soak(server, function, subject.fresh(), 60 * given.minutes))
        finally:
            server.stop()
    report = as_markdown(given, limit, result, watched)
    print(report)
    if given.out:
        given.out.write_text(report)


if __name__ == "__main__":
    main()
