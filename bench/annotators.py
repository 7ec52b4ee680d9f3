"""People who label the same queue at once: labels a second, how long an answer takes, and how long anybody had nothing to do.

    python bench/annotators.py --out bench/results/annotators.md

Each is a session of its own that makes the requests of the page Capture over HTTP, against one `noria serve` on SQLite:
items fetched ahead under leases, an answer for each. `look` is how long a person looks at an item, on average; with 0 s
the people are scripts, and the figure is what the server can take. A fifth of the items is asked of two.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]
from annotators import Annotator, work_together
from large_function import Size, build
from running_server import RunningServer

ADDRESS = "127.0.0.72"
CROWDS = ((1, 0.0), (10, 0.0), (10, 1.0), (30, 1.0))  # people, seconds that each looks at an item
OVERLAP = 0.2


class Row(NamedTuple):
    people: int
    look_s: float
    answers: int
    answers_a_second: float
    median_ms: float
    p95_ms: float
    idle_share: float
    twice: int  # items that one person was shown twice, or more than two people


def measured(people: int, look_s: float, staged: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        server = RunningServer(ADDRESS, Path(folder))
        Path(folder).mkdir(exist_ok=True)
        function_id = build(
            f"sqlite:///{folder}/noria.db", "many hands", Size(20, staged + 2000, 1000, staged, hours=24)
        )
        server.start()
        try:
            with server.http() as http:
                http.put(f"/v1/functions/{function_id}/capture", json={"overlap": OVERLAP}).raise_for_status()
                label_ids = [label["id"] for label in http.get(f"/v1/functions/{function_id}/labels").json()]
            crowd = [Annotator(f"person {i}", server, function_id, look_s) for i in range(people)]
            seconds = work_together(crowd, label_ids, 1800)
        finally:
            server.stop()
    took = sorted(1000 * one for person in crowd for one in person.took_s)
    shown = [id for person in crowd for id in person.given]
    return Row(
        people, look_s, len(took), len(took) / seconds, statistics.median(took),
        statistics.quantiles(took, n=20, method="inclusive")[-1],
        sum(person.idle_s for person in crowd) / (people * seconds), sum(shown.count(id) > 2 for id in set(shown)),
    )  # fmt: skip


def table(rows: list[Row], staged: int) -> str:
    lines = [
        "# People who label at once",
        "",
        f"`python bench/annotators.py`: a queue of {staged:,} items, a fifth of them asked of two people, until it is empty. One",
        f"server on SQLite with its trainer beside it, {platform.machine()}, {os.cpu_count()} cores that the people's scripts and others used as well.",
        "",
        "| people | look at an item | answers | answers a second | an answer, median | p95 | without work | asked of more than two |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {r.people} | {r.look_s:g} s | {r.answers:,} | {r.answers_a_second:.1f} | {r.median_ms:.0f} ms | {r.p95_ms:.0f} ms "
        f"| {r.idle_share:.1%} | {r.twice} |"
        for r in rows
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--staged", type=int, default=2000)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = []
    for people, look_s in CROWDS:
        rows.append(measured(people, look_s, options.staged))
        print(rows[-1], flush=True)
    if options.out:
        options.out.write_text(table(rows, options.staged), encoding="utf-8")


if __name__ == "__main__":
    main()
