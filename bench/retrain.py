"""Seconds from an annotation by HTTP to the first answer of the version that learnt it, and what calls notice of the training.

    python bench/retrain.py --data FOLDER [--sizes 100,1000,10000,100000] [--database postgresql://…/empty] [--out bench/results/retrain.md]

Functions of 100 labels, bge-small. Samples are written into the tables with vectors drawn around the 77 labels of Banking77's
train split, and 23 mixtures of two of these: a label's mean, drawn nearer to that of all until a head of 100,000 is right on
about 85 to 90 of 100, and the deviations of three texts from theirs. Their texts are made words, four of them their label's own, which
are counted too: with these nearly all are told apart. The clock starts when the annotation's request is sent
and stops when an invoke answers with a model that the function did not have before. Then texts that were not sent before
arrive at a gentle rate, by chance, captured as usual, in turns while the function rests and while it is annotated and trained
without a pause.
"""

import argparse
import asyncio
import itertools
import json
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

import httpx
import numpy as np
import psutil
from banking import texts_and_labels
from large_function import Labels, Size, Vectors, build
from load import Load
from running_server import RunningServer, wait_for

from noria.encoders import choose_text_encoder
from noria.learning.arrays import FloatArray, normalised

ADDRESS = "127.0.0.73"
ENCODER = "bge-small-en-v1.5"
SIZES = (100, 1000, 10_000, 100_000)
LABELS = 100
SHRINK, SPREAD = 0.6, 1.3  # of the distances of labels' means, and of the deviations from them
PER_SECOND = 20.0
LONGEST_S = 900.0


@dataclass(frozen=True, slots=True)
class Result:
    size: int
    first: float  # seconds from the annotation to the first version of all
    later: list[float]  # seconds of each further one
    run: float  # of these, the training run as versions tell it, median
    accuracy: float  # out of fold, in [0, 1]
    rest: list[list[float]]  # latencies in seconds, a list a turn, while nothing trains …
    training: list[list[float]]  # … and while it does
    trained: int  # versions that came meanwhile


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--seconds", type=float, default=20, help="of calls, in each of four turns")
    parser.add_argument("--database", help="the URL of an empty PostgreSQL database")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    load_before = os.getloadavg()
    vectors, texts = subjects(given.data)
    results = []
    for size in map(int, given.sizes.split(",")):
        results.append(measure(size, vectors, texts, given.repeats, given.seconds, given.database))
        print(time_row(results[-1]), call_row(results[-1]), sep="\n", flush=True)
    report = as_markdown(results, given.repeats, given.seconds, given.database, load_before[1])
    print(report)
    if given.out:
        given.out.write_text(report)


def subjects(data: Path) -> tuple[Vectors, Iterator[str]]:
    """Vectors of samples by label, and texts for calls, each another."""
    rows, others = texts_and_labels(data, 40)
    found = choose_text_encoder(ENCODER).embed([text for text, _ in rows])
    names = sorted({label for _, label in rows})
    of = np.array([names.index(label) for _, label in rows])
    means = np.stack([found[of == i].mean(axis=0) for i in range(len(names))])
    deviations = found - means[of]
    pairs = np.random.default_rng(7).integers(len(names), size=(LABELS - len(names), 2))
    centres = np.concatenate([means, means[pairs].mean(axis=1)])
    centres = centres.mean(axis=0) + SHRINK * (centres - centres.mean(axis=0))

    def drawn(rng: np.random.Generator, labels: Labels) -> FloatArray:
        shares = (0.7, 0.55, 0.45)  # whose squares add up to 1
        parts = [share * deviations[rng.integers(len(deviations), size=len(labels))] for share in shares]
        return normalised((centres[labels] + SPREAD * sum(parts)).astype(np.float32))

    return drawn, map("{} ({})".format, itertools.cycle(others), itertools.count())


def measure(
    size: int, vectors: Vectors, texts: Iterator[str], repeats: int, seconds: float, database: str | None
) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        environment = {"NORIA_ENCODER": ENCODER} | ({"NORIA_DATABASE": database} if database else {})
        server = RunningServer(ADDRESS, Path(folder), environment)
        function_id = build(server.database_url, f"retrain {size}", Size(LABELS, size, size, 0, 1), vectors)
        server.start()
        try:
            with server.http() as http:
                return measured(server, Function(http, function_id, texts), size, repeats, seconds)
        finally:
            server.stop()


class Function:
    """One function of the server, and texts to annotate and to call it with."""

    def __init__(self, http: httpx.Client, id: str, texts: Iterator[str]) -> None:
        self._http, self._texts = http, texts
        self.path = f"/v1/functions/{id}"
        self._metrics = f"/v0.9/functions/{id}/metrics"
        self._names = itertools.cycle(label["name"] for label in http.get(f"{self.path}/labels").json())

    def models(self) -> list[dict[str, Any]]:
        return list(self._http.get(f"{self.path}/models").json())

    def annotated(self) -> float:
        """When another sample was annotated."""
        body = {"data": next(self._texts)}
        sample = self._http.post(f"{self.path}/samples", json=body).raise_for_status().json()
        began, body = time.perf_counter(), {"labelName": next(self._names)}
        self._http.put(f"{self.path}/samples/{sample['id']}/annotation", json=body).raise_for_status()
        return began

    def answered_by_a_new_one(self) -> float | None:
        """Seconds from an annotation until the version that learnt it answers; None where the gate kept it back."""
        before = {model["id"] for model in self.models()}
        began = self.annotated()
        while (took := time.perf_counter() - began) < LONGEST_S:
            said = self._http.post(
                f"{self.path}/invoke?capture=false", json={"data": next(self._texts)}
            ).json()
            took = time.perf_counter() - began
            new = [model for model in self.models() if model["id"] not in before]
            if said.get("modelId") in {model["id"] for model in new}:
                return took
            if new and not any(model["live"] for model in new):
                return None
            time.sleep(0.01)
        raise AssertionError("no version came")

    def requests(self, token: str) -> Iterator[bytes]:
        """Calls, each with another text."""
        for text in self._texts:
            body = json.dumps({"data": text}).encode()
            head = (
                f"POST {self.path}/invoke HTTP/1.1\r\nHost: {ADDRESS}:5000\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            yield head.encode() + body

    def on(self, http: httpx.Client) -> "Function":
        """The same through another connection, for another thread."""
        return Function(http, self.path.rsplit("/", 1)[1], self._texts)

    def settled(self) -> None:
        wait_for(
            lambda: not self._http.get(self._metrics).json()["isTraining"], LONGEST_S, "the end of a run"
        )


def measured(server: RunningServer, function: Function, size: int, repeats: int, seconds: float) -> Result:
    first = function.answered_by_a_new_one()
    assert first is not None
    at_rest(server, function)
    later = [function.answered_by_a_new_one() for _ in range(repeats)]
    newest = function.models()[:repeats]
    calls = function.requests(server.token())
    arrive(calls, 5)  # the first calls are slower
    rest, training, trained = [], [], 0
    for _ in range(2):
        at_rest(server, function)
        rest.append(arrive(calls, seconds))
        before = len(function.models())
        with annotated_without_pause(server, function):
            training.append(arrive(calls, seconds))
        trained += len(function.models()) - before
    return Result(
        size,
        first,
        [each for each in later if each is not None],
        statistics.median(model["trainSeconds"] for model in newest),
        newest[0]["scores"]["cv_accuracy"],
        rest,
        training,
        trained,
    )


@contextmanager
def annotated_without_pause(server: RunningServer, function: Function) -> Iterator[None]:
    """Annotate a sample as soon as the version of the one before is there."""
    ending = threading.Event()

    def annotate() -> None:
        with server.http() as http:
            mine = function.on(http)
            while not ending.is_set():
                known = len(mine.models())
                mine.annotated()
                while len(mine.models()) == known and not ending.wait(0.2):
                    pass

    thread = threading.Thread(target=annotate)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def at_rest(server: RunningServer, function: Function) -> None:
    """Wait until nothing trains, and no process of the server's works: predictions are up, regularisation is chosen."""
    function.settled()
    assert server.process is not None
    top = psutil.Process(server.process.pid)
    end = time.monotonic() + LONGEST_S
    while time.monotonic() < end:
        before = _processor_time(top)
        time.sleep(2)
        if _processor_time(top) - before < 0.2:
            return
    raise AssertionError("the server goes on working")


def _processor_time(top: psutil.Process) -> float:
    used = 0.0
    for each in [top, *top.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            used += sum(each.cpu_times()[:2])
    return used


def arrive(requests: Iterator[bytes], seconds: float) -> list[float]:
    """Latencies in seconds."""

    async def once() -> list[float]:
        async with Load(ADDRESS, 5000, 32) as load:
            result = await load.arrive(requests, PER_SECOND, seconds)
            assert not result.failures, f"{result.failures} of {result.requests} calls failed"
            return result.latencies_s

    return asyncio.run(once())


def ms(latencies: list[float], percent: int) -> float:
    return 1000 * statistics.quantiles(latencies, n=100, method="inclusive")[percent - 1]


def time_row(found: Result) -> str:
    later = f"{statistics.median(found.later):.2f} ({min(found.later):.2f} to {max(found.later):.2f})"
    return (
        f"| {found.size:,} | {later} | {found.run:.2f} | {found.first:.1f} | {100 * found.accuracy:.1f} % |"
    )


def call_row(found: Result) -> str:
    rest, training = ([each for turn in turns for each in turn] for turns in (found.rest, found.training))
    noise = ms(found.rest[1], 99) / ms(found.rest[0], 99)
    return (
        f"| at {found.size:,} | {ms(rest, 50):.1f} / {ms(rest, 99):.1f} | {ms(training, 50):.1f} / {ms(training, 99):.1f} "
        f"| **{ms(training, 99) / ms(rest, 99):.2f}** | {noise:.2f} | {1000 * max(training):.0f} | {found.trained} |"
    )


def as_markdown(
    results: list[Result], repeats: int, seconds: float, database: str | None, load: float
) -> str:
    return "\n".join(
        [
            "# From an annotation to the first answer of the new version, and what calls notice of it",
            "",
            f"`python bench/retrain.py --data FOLDER`, {time.strftime('%Y-%m-%d')}: functions of {LABELS} labels, bge-small, vectors of 384",
            f"dimensions drawn around Banking77's labels (its module tells how), {'PostgreSQL' if database else 'SQLite'}, everything on one machine of",
            f"{os.cpu_count()} cores ({platform.machine()}), whose load by others was {load:.1f} over the five minutes before.",
            "",
            f"Median (smallest to largest) of {repeats} annotations one after the other; beside it the first version of all, which is fitted anew.",
            "",
            "| samples | seconds | of these, the training run | the first version | accuracy out of fold |",
            "|---|---|---|---|---|",
            *map(time_row, results),
            "",
            f"Then {PER_SECOND:g} calls a second by chance, each with another text, captured as usual: {seconds:g} s while the function rests, {seconds:g} s while",
            "it is annotated again as soon as a version is there, and both once more. Milliseconds; the noise is what the p99 of the second rest is",
            "to that of the first.",
            "",
            "| samples | at rest, p50 / p99 | in training, p50 / p99 | p99 in training / at rest | noise | slowest in training | versions meanwhile |",
            "|---|---|---|---|---|---|---|",
            *map(call_row, results),
            "",
        ]
    )


if __name__ == "__main__":
    main()
