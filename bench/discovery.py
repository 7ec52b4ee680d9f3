"""Discovery on the open streams: labels are withheld, and how many of them come back as groups, how pure, is counted.

    python bench/discovery.py --data FOLDER

Of each stream so many samples get their labels and so many others wait, drawn from the calls at random, all but
repeats. Of withheld labels no sample has a label. A group counts as a find if more than half of it is of withheld
labels, else as false; its purity is the share of its most frequent label. Thresholds were chosen on other draws.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from streams import STREAMS, Stream, load

from noria.learning.discovery import SMALLEST, discover

SIZES = ((100, 300), (300, 300), (1000, 500))  # samples with labels, and waiting
DRAWS = range(20, 30)  # thresholds were chosen on those before
RESULTS = Path(__file__).parent / "results" / "discovery.md"


@dataclass(frozen=True)
class Trial:
    there: int  # withheld labels with enough waiting samples for a group
    found: int
    purities: tuple[float, ...]  # of finds
    false: int  # groups of what has a label
    seconds: float


def trial(stream: Stream, n_known: int, n_waiting: int, n_withheld: int, draw: int) -> Trial:
    rng = np.random.default_rng(draw)
    labels, embeddings = np.array(stream.calls.labels), stream.calls.embeddings
    withheld = rng.choice(sorted(set(stream.calls.labels)), n_withheld, replace=False)
    order = np.array([i for i in rng.permutation(len(labels)) if stream.firsts[i] == i])
    known = order[~np.isin(labels[order], withheld)][:n_known]
    waiting = order[~np.isin(order, known)][:n_waiting]
    seeds = ~np.isin(stream.seeds.labels, withheld)
    targets = np.concatenate([np.array(stream.seeds.labels)[seeds], labels[known]])
    began = time.perf_counter()
    groups = discover(
        embeddings[waiting],
        np.concatenate([stream.seeds.embeddings[seeds], embeddings[known]]),
        np.unique(targets, return_inverse=True)[1].astype(np.int64),
    )
    seconds = time.perf_counter() - began
    counts = [np.unique(labels[waiting[list(group.members)]], return_counts=True) for group in groups]
    finds = [
        (names[n.argmax()], n.max() / n.sum())
        for names, n in counts
        if n[np.isin(names, withheld)].sum() > n.sum() / 2
    ]
    there = sum((labels[waiting] == label).sum() >= SMALLEST for label in withheld)
    named = {name for name, _ in finds} & set(withheld)
    return Trial(there, len(named), tuple(p for _, p in finds), len(groups) - len(finds), seconds)


def row(name: str, size: tuple[int, int], n_withheld: int, trials: Sequence[Trial]) -> str:
    there, found = sum(t.there for t in trials), sum(t.found for t in trials)
    purities = [p for t in trials for p in t.purities]
    cells = (
        name,
        f"{size[0]:,}",
        size[1],
        n_withheld,
        f"{found} of {there}" if n_withheld else "–",
        f"{100 * np.mean(purities):.0f} %" if purities else "–",
        f"{sum(t.false for t in trials)} in {len(trials)}",
        f"{1000 * np.median([t.seconds for t in trials]):.0f}",
    )
    return "| " + " | ".join(map(str, cells)) + " |"


HEAD = """# Discovery of labels that nobody has thought of

Groups of waiting samples that look alike and like nothing that has a label, on four open streams, with none, one, two or
(of Banking77's 77) ten labels withheld. *Found*: withheld labels that a group is mostly of, among those with at least five
samples waiting. *Purity*: the mean share of a find's most frequent label. *False groups*: those of labels that are there,
in so many draws. Thresholds were chosen on other draws. Made by `python bench/discovery.py --data FOLDER`.

| stream | with labels | waiting | withheld | found | purity | false groups | ms |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--streams", nargs="*", default=STREAMS)
    given = parser.parse_args()
    rows = []
    for name in given.streams:
        stream = load(given.data, name)
        n_labels = len(set(stream.calls.labels))
        for size in SIZES:
            for withheld in sorted({0, 1, 10 if n_labels > 20 else min(2, n_labels - 2)}):
                rows.append(row(name, size, withheld, [trial(stream, *size, withheld, d) for d in DRAWS]))
                print(rows[-1], flush=True)
    RESULTS.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
