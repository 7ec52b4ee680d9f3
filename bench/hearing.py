"""How soon a change made elsewhere is answered with, and what it costs to look for changes in quiet times, on PostgreSQL.

    python bench/hearing.py [CHANGES] [QUIET_S]

One server process without its worker, in here, with 20 functions in memory; another connection changes one of them.
"""

import asyncio
import os
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from conftest import _initdb, _unprivileged
from own_postgres import own_postgres

from noria.app import Noria
from noria.settings import Settings
from noria.storage import open_storage

FUNCTIONS = 20


async def measure(url: str, changes: int, quiet_s: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        other = open_storage(url, folder)
        now = datetime.now(UTC)
        project = other.projects.create("bench", now)
        ids = [
            other.functions.create(project.id, f"f{n}", "Text", "Classification", now).id
            for n in range(FUNCTIONS)
        ]
        noria = Noria(Settings(data=Path(folder), database=url, worker=False, encoder="hashing"))
        await noria.start()
        for id in ids:
            await noria.live.get(id)
        await asyncio.sleep(3)
        took: list[float] = []
        thread = threading.Thread(target=change, args=(noria, other, ids, changes, took))
        thread.start()
        while thread.is_alive():
            await asyncio.sleep(0.05)
        p50, p95 = np.percentile(np.array(took) * 1000, [50, 95])
        print(f"{changes} changes: answered with after {p50:.1f} ms (p50), {p95:.1f} ms (p95)")
        before, began = time.process_time(), time.monotonic()
        await asyncio.sleep(quiet_s)
        spent = (time.process_time() - before) / (time.monotonic() - began)
        print(f"quiet for {quiet_s:g} s: {spent * 1000:.1f} ms of processor time a second")
        await noria.stop()
        other.close()


def change(noria: Noria, other, ids: list[str], changes: int, took: list[float]) -> None:  # type: ignore[no-untyped-def]
    for n in range(changes):
        time.sleep(0.2 + 0.1 * (n % 7) / 7)  # at any moment between two looks
        id = ids[n % FUNCTIONS]
        other.functions.update(id, decision_threshold=(n % 90 + 1) / 100, at=datetime.now(UTC))
        began = time.monotonic()
        while (live := noria.live.peek(id)) and live.function.decision_threshold != (n % 90 + 1) / 100:
            time.sleep(0.0005)
        took.append(time.monotonic() - began)


def main(changes: int = 100, quiet_s: float = 20) -> None:
    initdb = _initdb()
    assert initdb is not None
    with own_postgres(initdb.parent, _unprivileged()) as database:
        asyncio.run(measure(database.url, changes, quiet_s))
    os._exit(0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
