"""Writes docs/reference/capacity.md: what a machine carries, worked out from the figures in bench/results.

    python bench/capacity.py

Nothing is measured here and no figure is typed in: what the page says follows from the other benchmarks, and changes with them.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "capacity.md"
BUSY = 0.6  # of a core: above it waiting grows faster than traffic
DAY_S = 86_400
BUDGET = 200  # captures a day and function
RATES = (10, 100, 1_000, 10_000)  # calls a second
MANY = 1_000  # functions of the second part
CORES_A_HOST = 16


def cells(file: str, begins: str) -> list[str]:
    """Of the table row in this file that begins so. Raises LookupError."""
    for line in (RESULTS / f"{file}.md").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"| {begins}"):
            return [cell.strip() for cell in line.strip().strip("|").split("|")]
    raise LookupError(f"no row “{begins}” in {file}.md")


def number(cell: str) -> float:
    """The first one in it."""
    found = re.search(r"-?\d[\d,]*(\.\d+)?", cell)
    if found is None:
        raise LookupError(f"no number in “{cell}”")
    return float(found[0].replace(",", ""))


def rows(file: str) -> list[list[float]]:
    """The rows of numbers of the file's tables."""
    lines = (RESULTS / f"{file}.md").read_text(encoding="utf-8").splitlines()
    return [
        [number(cell) for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| \d", line)
    ]


@dataclass(frozen=True)
class Measured:
    text_ms: float  # of a processor, a call over HTTP with capture
    image_ms: float
    bare_ms: float  # the encoder's and the head's part of a text's
    two_processes: float  # processor time a call, times that of one process
    functions: list[list[float]]  # rows of functions.md
    retrain: list[tuple[float, float]]  # samples, seconds from an annotation to its first answer
    few: float  # samples of the largest list that was measured …
    list_ms: float  # … and of one of its pages
    queue_ms: float
    search_ms: float  # among 100,000 embeddings

    @property
    def function_mb(self) -> float:
        first, last = self.functions[0], self.functions[-1]
        return (last[2] - first[2]) / (last[0] - first[0])

    @property
    def function_idle_ms(self) -> float:
        first, last = self.functions[0], self.functions[-1]
        return (last[4] - first[4]) / (last[0] - first[0])


def measured() -> Measured:
    dashboard = (RESULTS / "dashboard.md").read_text(encoding="utf-8")
    few = re.search(r"a function with ([\d,]+) samples", dashboard)
    if few is None:
        raise LookupError("dashboard.md does not say how many samples")
    return Measured(
        text_ms=number(cells("invoke", "capture on (")[2]),
        image_ms=number(cells("invoke-images", "capture on (")[2]),
        bare_ms=number(cells("invoke", "bare loop")[2]),
        two_processes=number(cells("scale", "processor seconds a call")[1]),
        functions=rows("functions"),
        retrain=[(row[0], row[1]) for row in rows("retrain")],
        few=number(few[1]),
        list_ms=number(cells("dashboard", "Samples: all")[2]),
        queue_ms=number(cells("dashboard", "Capture: the next 40 items")[2]),
        search_ms=number(cells("search", "100,000 | 384")[2]),
    )


def cores(rate: float, ms: float) -> float:
    return rate * ms / 1000 / BUSY


def said(count: float) -> str:
    return f"{count:.1f}" if count < 3 else f"{math.ceil(count):,}"


def page(m: Measured) -> str:
    table = "\n".join(
        f"| {rate:,} | {said(cores(rate, m.text_ms))} | {said(cores(rate, m.image_ms))} |" for rate in RATES
    )
    retrain = ", ".join(f"{seconds:.1f} s at {samples:,.0f}" for samples, seconds in m.retrain)
    most = m.functions[-1]
    text_cores = cores(10_000, m.text_ms)
    hosts = math.ceil(text_cores / CORES_A_HOST)
    captures = MANY * BUDGET / DAY_S
    many = m.functions[0][2] + MANY * m.function_mb
    idle_cores = MANY * m.function_idle_ms / 1000
    train_s = next(seconds for samples, seconds in m.retrain if samples > 9_000)
    return f"""# Capacity

What a machine carries, worked out by `python bench/capacity.py` from [what was measured](../../bench/results). The machine of all
measurements has two cores of a server, without a GPU; take yours as so many times faster as its cores are. Where a figure was measured while others used the machine
too, it says so there.

## Calls

A text of Banking77 takes {m.text_ms:.1f} ms of a processor by HTTP, captures included, of which {m.bare_ms:.1f} are the encoder's and the head's; a photo of 640 × 480
takes {m.image_ms:.0f} ms ([texts](../../bench/results/invoke.md), [photos](../../bench/results/invoke-images.md)). Two processes need {m.two_processes:.2f} times that for each call
([scale](../../bench/results/scale.md)). Cores for so many calls a second, each core {BUSY:.0%} busy:

| calls a second | cores, texts | cores, photos |
|---|---|---|
{table}

One process uses a bit more than one core: `--workers` as many as cores. Longer texts cost more, in proportion to their words; those that came
lately cost no encoder.

## Memory

A process holds {m.functions[0][2]:.0f} MB before the first call, and {m.function_mb:.2f} MB for each function that it has answered of
({m.functions[-1][0]:,.0f} functions of 77 labels: {most[2]:.0f} MB; [many functions](../../bench/results/functions.md)); the worker {most[3]:.0f} MB there. Search keeps
[up to `NORIA_SEARCH_MEMORY`](settings.md) more.

## Learning

From an annotation to the first answer of the new version: {retrain} samples ([retrain](../../bench/results/retrain.md)). A worker trains one function at a time, so one that people
label all day keeps a worker of its own busy; the others wait for at most as long as one run takes.

## People

At {m.few:,.0f} samples a page of the list comes within {m.list_ms:.0f} ms, the next items to label within {m.queue_ms:.0f} (p95; [dashboard](../../bench/results/dashboard.md)). Search reads every
embedding: {m.search_ms:.0f} ms among 100,000 ([search](../../bench/results/search.md)), so some {1000 * 100_000 / m.search_ms / 1e6:.0f} million in a second.

## On paper: {MANY:,} functions, 10,000 texts a second

Nobody has run this. It is what the figures above ask for, and where they would first stop being true.

| what | how many | where it runs |
|---|---|---|
| server processes | {math.ceil(text_cores)}: {text_cores:.0f} cores at {BUSY:.0%} | {hosts} hosts of {CORES_A_HOST} cores, `noria serve --no-worker --workers {CORES_A_HOST}` behind a balancer |
| memory of each | {many / 1000:.1f} GB if each answers of all {MANY:,} functions | {CORES_A_HOST * many / 1000:.0f} GB a host |
| following {MANY:,} functions | {idle_cores:.2f} of each process's core | the same; with NOTIFY rows are read when something changed |
| captures | {captures:.1f} a second, at {BUDGET} a day and function | PostgreSQL, beside hourly sums |
| annotations | as many as captures at most: {captures:.1f} a second | PostgreSQL |
| training | {captures * train_s:.1f} workers busy if each annotation were a run of {train_s:.1f} s; a run takes all that wait | two or three hosts with `noria worker` |
| images | one object a captured image | the object store |

**What breaks first.**

1. *The sums.* Each process adds up what it answered and writes it once a second: with calls of all functions on all processes that is a row for nearly every call, so
   up to 10,000 rows a second that {math.ceil(text_cores)} processes change together. Nobody has measured how many one PostgreSQL takes. Let the balancer keep a
   function with a few processes (by the path): then a process adds a hundred calls to one row.
2. *The latest answers and the feedback window* are with one process each; the same balancing mends both.
3. *PostgreSQL's connections*: up to 32 a process under load, so {32 * math.ceil(text_cores):,}; a pooler in front that keeps sessions, or fewer, larger hosts.
4. *Workers that look.* Each reads the list of functions twenty times a second; at ten workers that is 200 reads of {MANY:,} rows a second.
5. *The store* is the least of it: {captures:.1f} images a second.

What does not grow with traffic: the disk. What is not captured leaves only hourly sums, {MANY * 24 * 77 / 1e6:.1f} million rows a day where all of 77 labels are answered every hour in all functions.
"""


if __name__ == "__main__":
    PAGE.write_text(page(measured()), encoding="utf-8")
