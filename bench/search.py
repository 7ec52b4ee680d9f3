"""What a search costs, by the number of samples: held in memory, read at the first time, and read each time.

    python bench/search.py --out bench/results/search.md

Random embeddings of unit length: exact search costs the same whatever is in them. A function's samples stand in a SQLite
file of their own; the second of a row's searches is the first that finds them in memory.
"""

import argparse
import asyncio
import platform
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from noria.encoders import EncoderSet
from noria.encoders.hashing import HashingEncoder
from noria.encoders.pool import EncoderPool
from noria.records.content import Content
from noria.records.function import Modality, Output
from noria.records.ids import new_id
from noria.records.sample import NewSample, Origin
from noria.serving.intake import Intake
from noria.serving.live import LiveFunctions
from noria.serving.searching import Searcher
from noria.storage import Storage, open_storage

SIZES = ((1_000, 384), (10_000, 384), (100_000, 384), (10_000, 1600), (10_000, 2560), (100_000, 2560))
SEARCHES = 30
CHUNK = 1000


class Row(NamedTuple):
    n: int
    n_dimensions: int
    held_ms: float
    slowest_ms: float
    first_s: float
    unheld_s: float
    megabytes: float


def filled(storage: Storage, n: int, n_dimensions: int) -> str:
    """A search function with so many random embeddings."""
    at, rng = datetime.now(UTC), np.random.default_rng(0)
    project = storage.projects.default(at)
    function = storage.functions.create(project.id, f"{n} x {n_dimensions}", Modality.TEXT, Output.SEARCH, at)
    for start in range(0, n, CHUNK):
        rows = rng.standard_normal((CHUNK, n_dimensions), dtype=np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        news = [
            NewSample(
                new_id("sample"), function.id, Content(f"text {i}", i.to_bytes(32, "big")), Origin.API, row.tobytes()
            )
            for i, row in enumerate(rows, start)
        ]  # fmt: skip
        storage.samples.add_many(news, at)
    return function.id


def measured(folder: Path, n: int, n_dimensions: int) -> Row:
    storage = open_storage(f"sqlite:///{folder}/noria.db")
    encoders = EncoderSet({Modality.TEXT: HashingEncoder})
    live, pool = LiveFunctions(storage, encoders), EncoderPool(encoders, 1, 8)
    function = filled(storage, n, n_dimensions)
    places = storage.vectors.places(function)
    ids = [
        s.id for s in storage.vectors.samples(function, places[:: max(1, n // SEARCHES)][:SEARCHES]).values()
    ]

    def times(memory: int, ids: list[str]) -> tuple[list[float], float]:
        searcher = Searcher(storage, live, Intake(None), pool, memory=memory)
        taken = []
        for id in ids:
            began = time.perf_counter()
            asyncio.run(searcher.similar(function, id, 10))
            taken.append(time.perf_counter() - began)
        searcher.close()
        return taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    unheld, _ = times(0, ids[:3])
    held, megabytes = times(10**12, ids)
    pool.close()
    storage.close()
    return Row(
        n, n_dimensions, 1e3 * statistics.median(held[1:]), 1e3 * max(held[1:]), held[0],
        statistics.median(unheld), megabytes,
    )  # fmt: skip


def table(rows: list[Row]) -> str:
    lines = [
        "# Exact search",
        "",
        "`python bench/search.py`: cosine distances of one embedding to all of a function, the ten nearest, with their",
        f"rows read. {platform.machine()}, two cores that others used meanwhile, numpy {np.__version__}, SQLite. Memory is the",
        "whole process's.",
        "",
        "| samples | dimensions | a search, median | slowest | the first, which reads all | each, read anew | memory |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        lines.append(
            f"| {row.n:,} | {row.n_dimensions:,} | {row.held_ms:.1f} ms | {row.slowest_ms:.0f} ms "
            f"| {row.first_s:.2f} s | {row.unheld_s:.2f} s | {row.megabytes:,.0f} MB |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path)
    out = parser.parse_args().out
    rows = []
    for n, n_dimensions in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measured(Path(folder), n, n_dimensions))
        print(rows[-1], flush=True)
    if out:
        out.write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
