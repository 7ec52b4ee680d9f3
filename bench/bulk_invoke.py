"""`noria bulk-invoke` beside a bare loop over the same encoder and head, in processor time and in wall time.

    python bench/bulk_invoke.py [--dask] [--rows 6000] [--turns 3] [--out FILE]

Teaches a function Banking77's first examples, then answers the questions of the demo's stream again and again, each copy with
a number of its own, from Parquet to Parquet. The bare loop is one process that has the texts in memory: encoder, head, largest
probability. It takes turns with the command on one and on two processes; with --dask, clusters of one and of two workers take turns.
Processor time is that of all processes: of the command and its pool, of the scheduler and the workers. The time of a row is
that of all rows less that of the first thousand, with which every process and worker has begun. Results are written
behind each turn.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

import psutil
import pyarrow
from dask_cluster import DaskCluster
from invoke import process_cpu
from pyarrow import parquet

from noria.demo import banking77
from noria.encoders import EncoderSet
from noria.encoders.features import features
from noria.records.function import Modality, Output
from noria.records.ids import new_id
from noria.records.sample import Annotation, AnnotationSource, NewSample, Origin
from noria.serving.intake import text_content
from noria.settings import Settings
from noria.storage import open_storage
from noria.work.same_encoder import same_encoder
from noria.work.train import Trainer


class Taken(NamedTuple):
    seconds: float
    cpu: float  # processor seconds of all processes
    client: float = 0.0  # those of the command itself and its pool
    answering: float = 0.0  # those of the thread of each Dask worker that answers


FIRST = 1000  # rows: two chunks, so that both of two workers have one
BARE = Path(__file__).with_name("bare_loop.py")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=6000)
    options.add_argument("--turns", type=int, default=3)
    options.add_argument("--dask", action="store_true")
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    os.environ["NORIA_ENCODER"] = "bge-small-en-v1.5"
    # Dask's workers look at their own stacks a hundred times a second otherwise, also while they wait for the processor.
    os.environ["DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED"] = "False"
    with tempfile.TemporaryDirectory() as name:
        for report in measure(Path(name), given.rows, given.turns, given.dask):
            print(report, flush=True)
            if given.out:
                given.out.write_text(report)


def measure(folder: Path, rows: int, turns: int, on_dask: bool) -> Iterator[str]:
    """What is known behind each turn."""
    function = teach(folder)
    stream = [str(row.content) for row in banking77.load().stream]
    texts = [f"{stream[n % len(stream)]} {n}" for n in range(rows)]
    parquet.write_table(pyarrow.table({"text": texts}), folder / "in.parquet")
    parquet.write_table(pyarrow.table({"text": texts[:FIRST]}), folder / "first.parquet")

    def bulk(file: str, *more: str) -> Taken:
        words = ["bulk-invoke", function, file, "out.parquet", "--anew", *more]
        command = [sys.executable, "-m", "noria.cli", *words, "--data", str(folder)]
        return timed(lambda: subprocess.run(command, cwd=folder, check=True, capture_output=True))

    def dask(file: str, cluster: DaskCluster) -> Taken:
        pids = [process.pid for process in (cluster.scheduler, *cluster.workers)]
        workers = [process.pid for process in cluster.workers]
        before, by_thread = sum(map(process_cpu, pids)), {pid: threads(pid) for pid in workers}
        taken = bulk(file, "--dask", cluster.address)
        cpu = taken.cpu + sum(map(process_cpu, pids)) - before
        used = [max(cpu - by_thread[pid].get(tid, 0) for tid, cpu in threads(pid).items()) for pid in workers]
        return Taken(taken.seconds, cpu, taken.cpu, sum(used))

    with clusters(folder) if on_dask else nullcontext({}) as by_workers:
        ways: dict[str, Callable[[str], Taken]]
        if on_dask:
            ways = {
                "1 worker": lambda file: dask(file, by_workers[1]),
                "2 workers": lambda file: dask(file, by_workers[2]),
            }
        else:
            ways = {
                "bare loop": lambda file: bare(
                    folder, function, texts if file == "in.parquet" else texts[:FIRST]
                ),
                "1 process": lambda file: bulk(file, "--processes", "1"),
                "2 processes": lambda file: bulk(file, "--processes", "2"),
            }
        whole: dict[str, list[Taken]] = {name: [] for name in ways}
        first: dict[str, list[Taken]] = {name: [] for name in ways}
        for turn in range(turns):
            for name, way in ways.items():
                whole[name].append(way("in.parquet"))
                first[name].append(way("first.parquet"))
            yield written(whole, first, rows, turn + 1, on_dask)


@contextmanager
def clusters(folder: Path) -> Iterator[dict[int, DaskCluster]]:
    """By the number of their workers, of one thread each."""
    addresses = iter(f"127.0.0.{n}" for n in range(41, 60))
    found: dict[int, DaskCluster] = {}
    try:
        for workers in (1, 2):
            found[workers] = DaskCluster(lambda: next(addresses), folder / f"cluster-{workers}")
            found[workers].start(workers)
        yield found
    finally:
        for cluster in found.values():
            cluster.stop()


def teach(folder: Path) -> str:
    """The id of a function in a new data folder, with a live version."""
    settings = Settings(data=folder, encoder="bge-small-en-v1.5")
    storage = open_storage(settings.database_url, settings.blobs_url)
    encoder = EncoderSet.of(settings).checked(same_encoder(storage))[Modality.TEXT]
    at = datetime.now(UTC)
    project = storage.projects.default(at)
    function = storage.functions.create(project.id, "bench", "Text", Output.CLASSIFICATION, at)
    seeds = banking77.load().seeds
    labels = {
        name: storage.labels.add(function.id, name, None, None, at).id
        for name in sorted({row.label for row in seeds})
    }
    for row in seeds:
        text = str(row.content)
        said = Annotation(labels[row.label], at, "bench", AnnotationSource.API)
        vector = features(encoder, text).tobytes()
        storage.samples.add(
            NewSample(new_id("sample"), function.id, text_content(text), Origin.API, vector, annotation=said),
            at,
        )
    storage.functions.want_training(function.id, datetime.now(UTC))
    Trainer(storage, EncoderSet.of(settings)).run(storage.functions.get(function.id))
    assert storage.functions.get(function.id).live_version_id
    storage.close()
    return function.id


def timed(run: Callable[[], object]) -> Taken:
    """With the processor time of children."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run()
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def bare(folder: Path, function: str, texts: list[str]) -> Taken:
    """The loop alone, without what its process takes to start."""
    command = [sys.executable, str(BARE), str(folder), function]
    done = subprocess.run(command, input=json.dumps(texts) + "\n", check=True, capture_output=True, text=True)
    answer = json.loads(done.stdout)
    return Taken(answer["seconds"], answer["cpu"])


def threads(pid: int) -> dict[int, float]:
    """Processor seconds by thread."""
    return {each.id: each.user_time + each.system_time for each in psutil.Process(pid).threads()}


def written(
    whole: dict[str, list[Taken]], first: dict[str, list[Taken]], rows: int, turns: int, on_dask: bool
) -> str:
    def a_row(name: str, of: str = "cpu") -> float:
        """Milliseconds."""
        some = [getattr(w, of) - getattr(f, of) for w, f in zip(whole[name], first[name], strict=True)]
        return 1000 * statistics.median(some) / (rows - FIRST)

    about = (
        f"{time.strftime('%Y-%m-%d')}: {rows:,} questions of customers of a bank, bge-small, 77 labels, from Parquet to Parquet; "
        f"medians of {turns} turns on {os.cpu_count()} cores (load {os.getloadavg()[1]:.0f} by others and this at the end: the "
        f"processor time is what can be compared). A row's is that of all rows less that of the first {FIRST:,}. "
        f"Repeat: `python bench/bulk_invoke.py {'--dask ' if on_dask else ''}--rows {rows} --turns {turns}`.\n\n"
    )
    if not on_dask:
        lines = [
            f"| {name} | {a_row(name):.2f} | {a_row('bare loop') / a_row(name):.2f} | "
            f"{statistics.median(taken.cpu for taken in first[name]):.1f} |\n"
            for name in whole
        ]
        return (
            "# Bulk invoke beside a bare loop\n\n"
            + about
            + "| | processor ms a row, of all processes | bare loop ÷ this | "
            f"processor s, starting and the first {FIRST:,} rows |\n| --- | --- | --- | --- |\n"
            + "".join(lines)
        )
    lines = [
        f"| {name} | {a_row(name, 'answering'):.2f} | {a_row(name, 'client'):.2f} | {a_row(name):.2f} | "
        f"{a_row(name, 'seconds'):.0f} |\n"
        for name in whole
    ]
    both = [f"{a_row('2 workers', of) / a_row('1 worker', of):.3f}" for of in ("answering", "cpu")]
    return (
        "## On Dask workers\n\n"
        + about
        + "| | processor ms a row: threads that answer | the command, which reads, sends and "
        "writes | all processes | ms a row by the clock |\n| --- | --- | --- | --- | --- |\n"
        + "".join(lines)
        + "\n"
        f"Two workers ÷ one: {both[0]} by the threads that answer, {both[1]} by all processes. The event loops of scheduler, workers and client look "
        "around fifty times a second, so what all processes take grows with the time that a row waits for a busy machine.\n"
    )


if __name__ == "__main__":
    main()
