"""What `/invoke` over HTTP costs beside a bare loop over the same encoder and head, on the same one core.

    python bench/invoke.py --data FOLDER [--rounds 5] [--out bench/results/invoke.md]

Each text is sent once, so nothing is cached. Server and bare loop are bound to one core in turn, the load generator to
another; rounds alternate, so that a noisy machine disturbs all alike. Figures are medians of the ratios by round.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

import load
from banking import texts_and_labels
from running_server import RunningServer, wait_for

PER_LABEL = 8
WARM_UP = 1500  # calls before the first round: a new function captures more than its budget's pace at first
SERVER_CORE, GENERATOR_CORE = "0", "1"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder with banking77.csv.gz")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--texts", type=int, default=1700, help="distinct texts a variant and round")
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
    train, pool = texts_and_labels(given.data, PER_LABEL)
    server = RunningServer(
        "127.0.0.21", folder, {"NORIA_ENCODER": "bge-small-en-v1.5", "NORIA_ENCODER_THREADS": "1"}
    )
    server.start()
    try:
        function = teach(server, train)
        subprocess.run(
            ["taskset", "-a", "-p", "-c", SERVER_CORE, str(server.process.pid)], check=True, stdout=-3
        )
        warm_up(server, function, pool[-WARM_UP:], given.clients)
        del pool[-WARM_UP:]
        rows = [one_round(i, given, server, function, pool, folder) for i in range(given.rounds)]
    finally:
        server.stop()
    return as_markdown(given, rows)


def teach(server: RunningServer, train: list[tuple[str, str]]) -> str:
    with server.http() as http:
        function = http.post(
            "/v1/functions", json={"name": "bench", "input": "Text", "output": "Classification"}
        ).json()
        path = f"/v1/functions/{function['id']}"
        for name in dict.fromkeys(label for _, label in train):
            http.post(f"{path}/labels", json={"name": name})
        for text, label in train:
            http.post(f"{path}/samples", json={"data": text, "annotation": {"labelName": label}})
        metrics = f"/v0.9/functions/{function['id']}/metrics"
        wait_for(lambda: not http.get(metrics).json()["isTraining"], 120, "training")
    return function["id"]


def warm_up(server: RunningServer, function: str, texts: list[str], clients: int) -> None:
    load.run(server.address, 5000, requests_for(server, function, texts, True), clients)


def requests_for(server: RunningServer, function: str, texts: list[str], capture: bool) -> list[bytes]:
    token = server.token()
    path = f"/v1/functions/{function}/invoke" + ("" if capture else "?capture=false")
    return [load.post_bytes(server.address, path, token, text) for text in texts]


def one_round(
    i: int, given: argparse.Namespace, server: RunningServer, function: str, pool: list[str], folder: Path
) -> dict[str, float]:
    """Three variants on their own third of this round's texts, in an order that turns with the rounds."""
    n = given.texts
    per_round = 3 * n
    mine = pool[(i * per_round) % max(1, len(pool) - per_round) :][:per_round]
    if i * per_round + per_round > len(pool):
        mine = [f"{text} ({i})" for text in mine]  # still distinct from everything sent before
    parts = {"on": mine[:n], "off": mine[n : 2 * n], "bare": mine[2 * n :]}
    with server.http() as http:
        http.put(f"/v1/functions/{function}/capture", json={"budgetPerDay": given.budget})
    row: dict[str, float] = {}
    order = ["on", "off", "bare"]
    for kind in order[i % 3 :] + order[: i % 3]:
        if kind == "bare":
            row |= bare(server, function, parts[kind], folder)
        else:
            row |= served(kind, server, function, parts[kind], given.clients)
    return row


def served(
    kind: str, server: RunningServer, function: str, texts: list[str], clients: int
) -> dict[str, float]:
    requests = requests_for(server, function, texts, kind == "on")
    captured = captures(server, function)
    cpu = process_cpu(server.process.pid)
    result = load.run(server.address, 5000, requests, clients)
    assert result.failures == 0, result.failures
    cpu = process_cpu(server.process.pid) - cpu
    return {
        f"{kind}_rate": result.per_second,
        f"{kind}_cpu_ms": 1000 * cpu / result.requests,
        f"{kind}_generator": result.generator_cpu / result.seconds,
        f"{kind}_captured": captures(server, function) - captured,
        f"{kind}_p50_ms": 1000 * statistics.median(result.latencies_s),
    }


def captures(server: RunningServer, function: str) -> int:
    with server.http() as http:
        return http.get(f"/v1/functions/{function}/capture").json()["captured"]


def bare(server: RunningServer, function: str, texts: list[str], folder: Path) -> dict[str, float]:
    file = folder / "texts.json"
    file.write_text(json.dumps(texts))
    command = ["taskset", "-c", SERVER_CORE, sys.executable, str(Path(__file__).parent / "bare_loop.py")]
    done = subprocess.run(
        [*command, str(folder), function, str(file)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def process_cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def as_markdown(given: argparse.Namespace, rows: list[dict[str, float]]) -> str:
    def ratio(a: str, b: str) -> str:
        values = [row[a] / row[b] for row in rows]
        return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"

    def middle(name: str) -> str:
        return f"{statistics.median(row[name] for row in rows):.2f}"

    return f"""# `/invoke` over HTTP beside a bare loop

{time.strftime("%Y-%m-%d")}: {len(rows)} rounds of {given.texts} distinct texts a variant, each sent once, {given.clients} clients
in a closed loop; server and bare loop on one and the same core, the generator on another. bge-small int8, 77 labels.
Medians, with the smallest and largest round. Repeat: `python bench/invoke.py --data FOLDER`.

| ratio | throughput | processor time |
|---|---|---|
| server, capture on / bare loop | {ratio("on_rate", "bare_rate")} | {ratio("bare_cpu_ms", "on_cpu_ms")} |
| server, capture off / bare loop | {ratio("off_rate", "bare_rate")} | {ratio("bare_cpu_ms", "off_cpu_ms")} |
| capture on / capture off | {ratio("on_rate", "off_rate")} | {ratio("off_cpu_ms", "on_cpu_ms")} |

| | per second | processor ms a call | captured a round | generator's share of its core | median ms |
|---|---|---|---|---|---|
| capture on ({given.budget:g} a day) | {middle("on_rate")} | {middle("on_cpu_ms")} | {middle("on_captured")} | {middle("on_generator")} | {middle("on_p50_ms")} |
| capture off | {middle("off_rate")} | {middle("off_cpu_ms")} | {middle("off_captured")} | {middle("off_generator")} | {middle("off_p50_ms")} |
| bare loop | {middle("bare_rate")} | {middle("bare_cpu_ms")} | | | |
"""


if __name__ == "__main__":
    main()
