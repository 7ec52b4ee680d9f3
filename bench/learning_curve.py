"""How often what 100 more labels brought lies in the interval that was told before.

    python bench/learning_curve.py --data FOLDER [--seeds 4] [--out bench/results/learning-curve.md]

Samples of a set come in random order, and each 50 more a version is trained as the server trains it. From every version on
from which the curve says something, it is told what 100 more bring, and looked at what they brought: to the cross-validated score,
and to the score on 600 samples of the test part, as if these had been held out.
"""

import argparse
import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from accuracy import Data, load
from images import MOST_TEST, SETS, images, some
from threadpoolctl import threadpool_limits

from noria.encoders import choose_text_encoder
from noria.encoders.images.efficientnet import EfficientNetLite0And2
from noria.estimate.learning_curve import MORE, Gain, Point, learning_curve
from noria.learning.training import TrainingSet, can_train, train

STEP, LAST = 50, 700
TEXTS = ("banking77", "sms_spam", "hate_offensive")
MEASURES = ("cross-validated", "held out")


@dataclass(frozen=True)
class Told:
    """One prediction beside what came."""

    gain: Gain | None  # None: not told
    brought: float


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--seeds", type=int, default=4)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    rows = []
    with threadpool_limits(1):
        for name, data, whiten in subjects(given.data):
            runs = [trajectory(data, seed, whiten) for seed in range(given.seeds)]
            for i, measure in enumerate(MEASURES):
                rows.append(row(name, measure, [t for run in runs for t in told(run[i], bool(i))]))
                print(rows[-1], flush=True)
    report = as_markdown(given.seeds, rows)
    if given.out:
        given.out.write_text(report)
    print(report)


def subjects(folder: Path):
    encoder = choose_text_encoder()
    for name in TEXTS:
        yield name, load(folder, name, encoder), False
    learn, test = (
        some(list(part), most)
        for part, most in zip(images(folder, SETS[0]), (LAST, MOST_TEST // 2), strict=True)
    )
    network = EfficientNetLite0And2(Path(tempfile.gettempdir()) / "noria-bench")
    labels = sorted({label for _, label in learn})
    rows = np.concatenate([network.embed([file]) for file, _ in learn + test])
    targets = np.array([labels.index(label) for _, label in learn + test])
    yield SETS[0], Data(rows, targets, np.arange(len(targets)) >= len(learn), labels), True


def trajectory(data: Data, seed: int, whiten: bool) -> tuple[list[Point], list[Point]]:
    """Scores of versions, cross-validated and on the test part."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(np.flatnonzero(~data.in_test))
    test = rng.permutation(np.flatnonzero(data.in_test))[:MOST_TEST]
    validated, held_out = [], []
    for n in range(STEP, min(LAST, len(order)) + 1, STEP):
        drawn = order[:n]
        if not can_train(np.bincount(data.targets[drawn]).tolist()):
            continue
        digests = [hashlib.sha256(b"%d" % i).digest() for i in drawn]
        ones, none = np.ones(n, np.float32), np.zeros(n, np.bool_)
        ids = tuple(data.label_names)
        made = train(
            TrainingSet(data.embeddings[drawn], data.targets[drawn], ids, digests, ones, none, whiten=whiten),
            None,
        )
        scores = made.scores
        right = made.head.logits(data.embeddings[test]).argmax(axis=1)
        seen = float(
            np.mean(
                [made.head.label_ids[i] == ids[t] for i, t in zip(right, data.targets[test], strict=True)]
            )
        )
        validated.append(Point(n, scores["cv_accuracy"], int(scores["n_scored"])))
        held_out.append(Point(n, seen, len(test)))
    return validated, held_out


def told(points: Sequence[Point], same_samples: bool) -> list[Told]:
    later = {p.n: p.score for p in points}
    found = []
    for i, point in enumerate(points):
        if point.n + MORE not in later:
            continue
        gain = learning_curve(points[: i + 1], np.random.default_rng(1), same_samples=same_samples).gain
        found.append(Told(gain if isinstance(gain, Gain) else None, later[point.n + MORE] - point.score))
    return found


def row(name: str, measure: str, every: Sequence[Told]) -> list[str]:
    said = [(t.gain, t.brought) for t in every if t.gain]
    inside = np.mean([g.low <= b <= g.high for g, b in said]) if said else float("nan")
    width = np.median([g.high - g.low for g, _ in said]) if said else float("nan")
    off = np.mean([g.value - b for g, b in said]) if said else float("nan")
    brought = np.mean([b for _, b in said]) if said else float("nan")
    points = [f"{100 * x:.1f}" for x in (brought, off, width)]
    return [name, measure, f"{len(said)} of {len(every)}", f"{100 * inside:.0f}", *points]


def as_markdown(seeds: int, rows: Sequence[Sequence[str]]) -> str:
    body = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return f"""# What 100 more labels bring, told and seen

Made by `bench/learning_curve.py`, {seeds} orders of each set, a version every {STEP} samples up to {LAST}, each prediction from the versions up to then.
The interval means to hold the later score 80 times in 100. Bias: what was told less what came. All in points of accuracy.

| set | score | told | held, % | brought | bias | median width |
| --- | --- | --- | --- | --- | --- | --- |
{body}
"""


if __name__ == "__main__":
    main()
