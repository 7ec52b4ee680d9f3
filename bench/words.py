"""What counted words add to the encoder's view of texts, with many samples of a label.

    python bench/words.py --data FOLDER [--out bench/results/words.md]

Choices are not made on test parts: the training part of each set is cut in two, one half is drawn from and the other is judged.
Noria's head is trained as the worker trains it, and once more without the words; TF-IDF with logistic regression is that of the
few-shot table, *mean* the mean of its probabilities and of the head's without words.
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
from noria.learning.calibration import log_loss
from noria.records.function import Modality
from noria.settings import Settings

SIZES = (32, 64, 256)
SEEDS = 5
MOST = 300  # texts of a label to draw from
WAYS = ("without words", "**Noria**", "TF-IDF", "mean")


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
    seen, of_labels = Embedded(task, encoders[Modality.TEXT], folder), names.of(task.labels)
    bare, ours = (served(seen, of_labels, whiten=False, words=words) for words in (False, True))
    lines = []
    for size, n in sizes_of(task):
        scores, losses = [], []
        for seed in range(SEEDS):
            drawn = task.draw(size, seed)
            one, both, counted = (way(task, drawn).probabilities for way in (bare, ours, tf_idf))
            scores.append([recall(each, task) for each in (one, both, counted, one + counted)])
            losses.append([log_loss(each, task.targets) for each in (one, both)])
        gains = np.diff(np.array(scores)[:, :2], axis=1)
        error = gains.std(ddof=1) / SEEDS**0.5
        before, after = np.mean(losses, axis=0)
        lines.append(
            f"| {size} ({n}) | {' | '.join(f'{mean:.1f}' for mean in np.mean(scores, axis=0))} | {gains.mean():+.1f} ± {error:.1f} "
            f"| {before:.3f} → {after:.3f} |"
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

Made by `python bench/words.py --data FOLDER`: macro recall, per cent, mean of {SEEDS} draws, on halves of the training parts. *Mean*: of the
probabilities of the head without words and of TF-IDF with logistic regression. Log-loss: without words → Noria.
[How words are counted](../../docs/decisions/words.md).
"""
TABLE = f"""| samples a label (all) | {" | ".join(WAYS)} | Noria over without | log-loss |
| --- | --- | --- | --- | --- | --- | --- |"""

if __name__ == "__main__":
    main()
