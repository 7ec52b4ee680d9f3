"""What texts that are longer than the encoder takes at once gain by being read window by window.

    python bench/long_texts.py --texts FILE [FILE …] [--out bench/results/long-texts.md]

FILE: a CSV with a header and the columns category (or label) and text, as bench/telling.py reads them. Of each set those texts are taken
that one window can't hold. Half of them are drawn from, the other half is judged, by heads trained as the worker trains
them, without the names of labels; both ways see the same draws.
"""

import argparse
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from few_shot import served, tf_idf
from few_shot_sets import Task
from telling import read

from noria.encoders import choose_text_encoder, identity
from noria.encoders.onnx_text import WINDOWS, OnnxText
from noria.learning.arrays import FloatArray, normalised

SIZES = (2, 4, 8)
SEEDS = 20
MOST = 60  # texts of a label
MOST_READ = 100_000  # texts of a file
LEAST = 12  # texts of a label that is taken up


@dataclass(frozen=True)
class Embedded:
    """Texts by their beginning and by all windows, with the milliseconds of processor that one takes."""

    beginning: FloatArray
    whole: FloatArray
    beginning_ms: float
    whole_ms: float


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--texts", type=Path, nargs="+", required=True)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    encoder = choose_text_encoder()
    network: OnnxText = encoder._network  # type: ignore[attr-defined]
    report = HEADER.format(name=identity(encoder), windows=WINDOWS, seeds=SEEDS)
    for file in given.texts:
        report += section(file, network)
        print(report, flush=True)
    if given.out:
        given.out.write_text(report)


def section(file: Path, network: OnnxText) -> str:
    rows = chosen(*read(file, MOST_READ), network)
    labels = tuple(sorted({label for _, label in rows}))
    seen = embedded([text for text, _ in rows], network)
    targets = np.array([labels.index(label) for _, label in rows])
    half = np.random.default_rng(1).permutation(len(rows))
    pool, judged = half[: len(rows) // 2], half[len(rows) // 2 :]
    task = Task(
        file.stem, labels, [rows[i][0] for i in pool], targets[pool], [rows[i][0] for i in judged], targets[judged],
    )  # fmt: skip
    ways = {
        "its beginning": served(part(seen.beginning, pool, judged), None, False, words=False),
        f"up to {WINDOWS} windows": served(part(seen.whole, pool, judged), None, False, words=False),
        "TF-IDF, LR, on all of it": tf_idf,
    }
    right = {
        (way, size): np.array([accuracy(answer, task, size, seed) for seed in range(SEEDS)])
        for way, answer in ways.items()
        for size in SIZES
    }
    first, second, _ = ways
    gains = [right[second, size] - right[first, size] for size in SIZES]
    lines = [
        f"| {way} | {' | '.join(f'{right[way, size].mean():.1f}' for size in SIZES)} | {ms} |"
        for way, ms in zip(ways, (f"{seen.beginning_ms:.0f}", f"{seen.whole_ms:.0f}", ""), strict=True)
    ]
    lines.append(
        f"| **gained** | {' | '.join(f'{g.mean():+.1f} ± {g.std(ddof=1) / SEEDS**0.5:.1f}' for g in gains)} | |"
    )
    tokens = [sum(map(len, network.windows(text))) for text, _ in rows]
    return (
        f"""
## {file.stem}

{len(rows)} texts, {len(labels)} labels; tokens that are read: median {np.median(tokens):.0f}, {np.mean(np.array(tokens) >= 512 * WINDOWS):.0%} have more.

| read | {" | ".join(f"{size} a label" for size in SIZES)} | ms of processor a text |
|---|{"---|" * len(SIZES)}---|
"""
        + "\n".join(lines)
        + "\n"
    )


def chosen(labels: list[str], texts: list[str], network: OnnxText) -> list[tuple[str, str]]:
    """(text, label), of those that one window can't hold; labels with few of them are left out."""
    taken: Counter[str] = Counter()
    found = []
    for label, text in zip(labels, texts, strict=True):
        if taken[label] < MOST and len(network.windows(text)) > 1:
            taken[label] += 1
            found.append((text, label))
    return [(text, label) for text, label in found if taken[label] >= LEAST]


def embedded(texts: list[str], network: OnnxText) -> Embedded:
    began = time.process_time()
    beginning = normalised(np.stack([network._pooled(network.windows(text)[0]) for text in texts]))
    between = time.process_time()
    whole = network.embed(texts)
    ms = 1000 / len(texts)
    return Embedded(beginning, whole, (between - began) * ms, (time.process_time() - between) * ms)


def part(rows: FloatArray, pool: np.ndarray, judged: np.ndarray) -> SimpleNamespace:
    """As few_shot.py has a task through an encoder."""
    return SimpleNamespace(pool=rows[pool], judged=rows[judged], ms=0.0)


def accuracy(way, task: Task, size: int, seed: int) -> float:
    answers = way(task, task.draw(size, seed))
    return float(100 * (answers.probabilities.argmax(axis=1) == task.targets).mean())


HEADER = """# Long texts

Made by `python bench/long_texts.py --texts FILE …` with {name}: texts longer than the network takes at once (512 tokens), read from their beginning only,
and window by window, {windows} at most. Per cent right, mean of {seeds} draws, half of the texts to draw from and half to judge; what is gained, with its standard error,
over the same draws.
"""

if __name__ == "__main__":
    main()
