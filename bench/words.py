"""What counted words would add to the encoder's view of texts, with many samples of a label.

    python bench/words.py --data FOLDER [--out bench/results/words.md]

Choices are not made on test parts: the training part of each set is cut in two, one half is drawn from and the other is judged.
Noria's head is trained as the worker trains it; counted words are TF-IDF with logistic regression, as in
the few-shot table; *both* is the mean of their probabilities.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from few_shot import KEPT, Embedded, served, tf_idf
from few_shot_sets import MOST_JUDGED, TEXTS, Task, texts

from noria.encoders import EncoderSet, label_embeddings
from noria.learning.arrays import FloatArray
from noria.records.function import Modality
from noria.settings import Settings

SIZES = (16, 64, 256)
SEEDS = 5
MOST = 300  # texts of a label to draw from
WAYS = ("Noria", "counted words", "both")


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path)
    options.add_argument("--kept", type=Path, default=KEPT)
    given = options.parse_args()
    report = HEADER
    with tempfile.TemporaryDirectory() as folder:
        encoders = EncoderSet.of(Settings(data=Path(folder)))
        for name in TEXTS:
            report += section(task_of(given.data, name), encoders, given.kept)
            print(report, flush=True)
    if given.out:
        given.out.write_text(report)


def task_of(data: Path, name: str) -> Task:
    rows = next(texts(data, name))
    labels = tuple(sorted({label for _, label in rows}))
    targets = np.array([labels.index(label) for _, label in rows])
    order = np.random.default_rng(9).permutation(len(rows))
    half, rest = order[: len(rows) // 2], order[len(rows) // 2 :][:MOST_JUDGED]
    pool = np.concatenate([half[targets[half] == k][:MOST] for k in range(len(labels))])
    return Task(
        name, labels, [rows[i][0] for i in pool], targets[pool], [rows[i][0] for i in rest], targets[rest]
    )


def section(task: Task, encoders: EncoderSet, folder: Path) -> str:
    names = label_embeddings(encoders, Modality.TEXT)
    assert names is not None  # every text encoder reads names
    ours = served(Embedded(task, encoders[Modality.TEXT], folder), names.of(task.labels), whiten=False)
    lines = []
    for size, n in sizes_of(task):
        scores = []
        for seed in range(SEEDS):
            drawn = task.draw(size, seed)
            one, other = ours(task, drawn).probabilities, tf_idf(task, drawn).probabilities
            scores.append([recall(each, task) for each in (one, other, one + other)])
        means = np.mean(scores, axis=0)
        gains = np.array(scores)[:, 2] - np.array(scores)[:, 0]
        error = gains.std(ddof=1) / SEEDS**0.5
        lines.append(
            f"| {size} ({n}) | {' | '.join(f'{mean:.1f}' for mean in means)} | {gains.mean():+.1f} ± {error:.1f} |"
        )
    table = "\n".join(lines)
    return (
        f"\n## {task.name}\n\n{len(task.labels)} labels, judged on {len(task.judged)}.\n\n{TABLE}\n{table}\n"
    )


def sizes_of(task: Task) -> Iterator[tuple[int, int]]:
    """Samples a label, while most labels have as many, and how many that makes."""
    counts = np.bincount(task.pool_targets)
    for size in SIZES:
        if np.median(counts) >= size:
            yield size, int(np.minimum(counts, size).sum())


def recall(probabilities: FloatArray, task: Task) -> float:
    """Macro recall, per cent."""
    right = probabilities.argmax(axis=1) == task.targets
    return 100 * float(np.mean([right[task.targets == k].mean() for k in np.unique(task.targets)]))


HEADER = f"""# Counted words beside the encoder

Made by `python bench/words.py --data FOLDER`: macro recall, per cent, mean of {SEEDS} draws, on halves of the training parts. *Both*: the mean of the
probabilities of Noria's head and of TF-IDF with logistic regression. Nothing of it is in Noria; it says what a head
that also counts words would gain.
"""
TABLE = f"""| samples a label (all) | {" | ".join(WAYS)} | both over Noria |
| --- | --- | --- | --- | --- |"""

if __name__ == "__main__":
    main()
