"""Import and export of a large table: rows a second, whether the bar moves, and the memory it takes.

    python bench/importing_tables.py --data FOLDER [--rows 100000] [--out bench/results/importing-tables.md]

Rows of telco_churn again and again with other amounts, as CSV, sent by `noria import` to a server with the tiny encoder,
which trains the function while they come; then exported, and imported and exported once more.
"""

import argparse
import csv
import gzip
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

import httpx
from importing import Memory, memory
from running_server import RunningServer

ADDRESS = "127.0.0.87"
_AMOUNTS = ("MonthlyCharges", "TotalCharges")


@dataclass(slots=True)
class Step:
    """One command from its beginning to its end."""

    words: str
    seconds: float
    positions: list[int] = field(default_factory=list)  # as the bar showed them, every half second
    memory: Memory | None = None


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "rows.csv"
        write_table(given.data, table, given.rows)
        report = as_markdown(given.rows, table, *measure(Path(folder), table, given.rows))
    print(report)
    if given.out:
        given.out.write_text(report)


def write_table(data: Path, path: Path, n: int) -> None:
    with gzip.open(data / "telco_churn.csv.gz", "rt", newline="") as source:
        rows = list(csv.DictReader(source))
    chance = random.Random(0)
    with path.open("w", newline="", encoding="utf-8") as out:
        table = csv.DictWriter(out, [name for name in rows[0] if name != "split"], extrasaction="ignore")
        table.writeheader()
        for i in range(n):
            row = dict(rows[i % len(rows)])
            for name in _AMOUNTS:
                if row[name].strip():
                    row[name] = f"{float(row[name]) * chance.uniform(0.9, 1.1) + i / 1e6:.6f}"
            table.writerow(row)


def measure(folder: Path, table: Path, n: int) -> tuple[Memory, list[Step]]:
    server = RunningServer(ADDRESS, folder / "data").start()
    try:
        with server.http() as http:
            first, second = (make(http, name) for name in ("churn", "copy"))
            before = memory(server)
            out, again = folder / "out.csv", folder / "again.csv"
            steps = [
                command(server, http, "import", first, table),
                command(server, http, "export", first, out),
                command(server, http, "import", second, out),
                command(server, http, "export", second, again),
            ]
            assert out.read_bytes() == again.read_bytes()
            assert len(out.read_text().splitlines()) == n + 1
    finally:
        server.stop()
    return before, steps


def make(http: httpx.Client, name: str) -> str:
    return str(http.post("/v1/functions", json={"name": name, "input": "Tabular"}).json()["id"])


def command(server: RunningServer, http: httpx.Client, word: str, function: str, file: Path) -> Step:
    environment = {
        **os.environ,
        "NORIA_HOST": ADDRESS,
        "NORIA_DATA": str(server.data),
        "NORIA_CLIENT_ID": server.client_id,
        "NORIA_CLIENT_SECRET": server.client_secret,
    }
    began = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, "-m", "noria.cli", word, function, str(file)], env=environment
    )
    step = Step(word, 0.0)
    while running.poll() is None:
        step.memory = memory(server, running.pid)
        for job in http.get(f"/v1/functions/{function}/{word}s").json()[:1]:
            if job["state"] in ("checking", "running") and job["position"]:
                step.positions.append(job["position"])
        time.sleep(0.5)
    step.seconds = time.perf_counter() - began
    assert running.returncode == 0
    print(word, f"{step.seconds:.0f} s", step.memory, file=sys.stderr)
    return step


def as_markdown(n: int, table: Path, before: Memory, steps: list[Step]) -> str:
    lines = [f"| before | | | | {before.server:.0f} | {before.worker:.0f} | |"]
    for step in steps:
        assert step.memory is not None
        lines.append(
            f"| {step.words} | {step.seconds:.0f} | {n / step.seconds:,.0f} | {len(set(step.positions))} | "
            f"{step.memory.server:.0f} | {step.memory.worker:.0f} | {step.memory.importer:.0f} |"
        )
    return f"""# Import and export of a table

{time.strftime("%Y-%m-%d")}: {n:,} rows of 19 fields (telco_churn again and again with other amounts) in a CSV of {table.stat().st_size / 1e6:.0f} MB, by `noria import` and
`noria export`; the server, with the tiny text encoder, trains the functions meanwhile, on {os.cpu_count()} cores with other
work on them. What is exported, imported into another function and exported again is the same byte for byte. Memory is the highest
resident so far, in MB: that of the worker is of training, on all rows at once, that of the other two of the import; places of the bar are different ones seen twice a second. Repeat: `python bench/importing_tables.py --data FOLDER`.

| | seconds | rows a second | places of the bar | server | worker | command |
|---|---|---|---|---|---|---|
{chr(10).join(lines)}
"""


if __name__ == "__main__":
    main()
