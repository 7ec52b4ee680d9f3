"""What many functions cost a server that has nothing to do: memory, processor time, the time of a start; and a call among them.

    python bench/functions.py --data FOLDER [--counts 0 100 400 1000] [--out bench/results/functions.md]

Each function has Banking77's 77 labels and two texts of each, is trained and has answered. The first is taught over HTTP, the others are copies of it.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

import httpx
import psutil
from banking import texts_and_labels
from invoke import teach
from running_server import RunningServer, wait_for
from subjects import Subject

ADDRESS = "127.0.0.34"
REST_S = 10.0  # before a server that did something is looked at
LOOK_S = 20.0
CALLS = 300
TEXTS_A_LABEL = 2


@dataclass(frozen=True, slots=True)
class Row:
    functions: int
    start_s: float  # until it answers /ready
    memory: tuple[float, float]  # server and worker, MB
    idle: tuple[float, float]  # processor ms a second
    call_ms: tuple[float, float]  # median and p95, each function in turn


def processes(server: RunningServer) -> tuple[psutil.Process, psutil.Process]:
    parent = psutil.Process(server.process.pid)
    (worker,) = (c for c in parent.children() if "noria.work.worker" in c.cmdline())
    return parent, worker


def used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return 1000 * (times.user + times.system)


def look(server: RunningServer, ids: list[str], texts: list[str]) -> Row:
    server.stop()
    began = time.perf_counter()
    server.start()
    with server.http() as http:
        wait_for(lambda: http.get("/ready").status_code == 200)
        start_s = time.perf_counter() - began
        for id in ids:
            http.post(f"/v1/functions/{id}/invoke", json={"data": "are you there?"}).raise_for_status()
        times = [
            call(http, ids[n % len(ids)], f"{texts[n % len(texts)]} {n}") for n in range(CALLS if ids else 0)
        ]
    time.sleep(REST_S)
    both = processes(server)
    before = [used(process) for process in both]
    time.sleep(LOOK_S)
    idle = [(used(process) - b) / LOOK_S for process, b in zip(both, before, strict=True)]
    memory = [process.memory_info().rss / 1e6 for process in both]
    calls = (statistics.median(times), statistics.quantiles(times, n=20)[-1]) if times else (0.0, 0.0)
    return Row(len(ids), start_s, (memory[0], memory[1]), (idle[0], idle[1]), calls)


def call(http: httpx.Client, id: str, text: str) -> float:
    began = time.perf_counter()
    http.post(f"/v1/functions/{id}/invoke", json={"data": text}).raise_for_status()
    return 1000 * (time.perf_counter() - began)


def fill(server: RunningServer, ids: list[str], count: int, subject: Subject) -> None:
    """Up to so many functions."""
    if count and not ids:
        ids.append(teach(server, subject))
    with server.http() as http:
        while len(ids) < count:
            answer = http.post(f"/v1/functions/{ids[0]}/copy", json={"name": f"copy {len(ids)}"})
            ids.append(answer.raise_for_status().json()["function"]["id"])
        for id in ids:
            wait_for(lambda at=id: http.get(f"/v1/functions/{at}/models").json(), 1200)
            wait_for(lambda at=id: not http.get(f"/v0.9/functions/{at}/metrics").json()["isTraining"], 1200)


def as_markdown(rows: list[Row]) -> str:
    lines = "\n".join(
        f"| {row.functions:,} | {row.start_s:.1f} | {row.memory[0]:.0f} | {row.memory[1]:.0f} | {row.idle[0]:.0f} |"
        f" {row.idle[1]:.0f} | {row.call_ms[0]:.1f} | {row.call_ms[1]:.1f} |"
        for row in rows
    )
    return f"""# Many functions

{time.strftime("%Y-%m-%d")}: functions of 77 labels with {TEXTS_A_LABEL} texts each, trained, every one in memory; bge-small, SQLite, one server and its worker on
{os.cpu_count()} cores that others used as well (load {os.getloadavg()[1]:.0f}). Idle is the mean of {LOOK_S:g} s in which nothing is asked; calls come one after the other, {CALLS} of them, to each function in
turn. Repeat: `python bench/functions.py --data FOLDER`.

| functions | start, s | server, MB | worker, MB | server idle, processor ms a second | worker idle | a call, median ms | p95 |
|---|---|---|---|---|---|---|---|
{lines}
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder with the data sets")
    options.add_argument("--counts", type=int, nargs="+", default=[0, 100, 400, 1000])
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    taught, pool = texts_and_labels(given.data, TEXTS_A_LABEL)
    subject = Subject("Text", "", taught, pool)
    ids: list[str] = []
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        environment = {"NORIA_ENCODER": "bge-small-en-v1.5", "NORIA_ENCODER_THREADS": "1"}
        server = RunningServer(ADDRESS, Path(folder), environment).start()
        try:
            for count in given.counts:
                fill(server, ids, count, subject)
                rows.append(look(server, ids, list(map(str, pool))))
                print(rows[-1], flush=True)
        finally:
            server.stop()
    report = as_markdown(rows)
    print(report)
    if given.out:
        given.out.write_text(report)


if __name__ == "__main__":
    main()
