"""How often the first answers are right: those by the labels' names alone, before there is a sample.

    python bench/zero_shot.py --data FOLDER [--out bench/results/zero-shot.md]

As a server answers a function with labels and nothing else. Judged on the test parts of the few-shot table; its rules
were chosen on the development halves.
"""

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from few_shot_sets import IMAGES, TEXTS, load

from noria.encoders import EncoderSet, identity
from noria.learning.calibration import ece
from noria.records.function import Modality
from noria.records.label import Label
from noria.serving.zero_shot import ZeroShotHeads
from noria.settings import Settings

HEADER = """# Before the first sample

Made by `python bench/zero_shot.py --data FOLDER` with {encoders}: per cent right when nothing is known but the labels' names, on the test part (as in the
[few-shot table](few-shot.md)), beside always saying the most frequent label. *ECE*: expected calibration error.

| set | labels | right | macro recall | always the same label | ECE |
| --- | --- | --- | --- | --- | --- |
"""


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        encoders = EncoderSet.of(Settings(data=Path(folder)))
        heads = ZeroShotHeads(encoders)
        rows = [row(given.data, encoders, heads, name) for name in (*TEXTS, *IMAGES)]
        names = " and ".join(identity(encoders[modality]) for modality in (Modality.TEXT, Modality.IMAGE))
    report = HEADER.format(encoders=names) + "".join(rows)
    print(report)
    if given.out:
        given.out.write_text(report)


def row(data: Path, encoders: EncoderSet, heads: ZeroShotHeads, name: str) -> str:
    modality = Modality.TEXT if name in TEXTS else Modality.IMAGE
    task = load(data, name, "test")
    at = datetime.now(UTC)
    head = heads.head(modality, [Label(each, "function", each, at) for each in task.labels])
    p = head.probabilities(np.concatenate([encoders[modality].embed([sample]) for sample in task.judged]))
    right = p.argmax(axis=1) == task.targets
    recall = np.mean([right[task.targets == k].mean() for k in np.unique(task.targets)])
    most = np.bincount(task.targets).max() / len(task.targets)
    shares = " | ".join(f"{100 * share:.1f}" for share in (right.mean(), recall, most, ece(p, task.targets)))
    return f"| {name} | {len(task.labels)} | {shares} |\n"


if __name__ == "__main__":
    main()
