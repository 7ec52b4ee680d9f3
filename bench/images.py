"""Accuracy of image functions with few images a label, beside the plain recipe and ideas to get above it.

    python bench/images.py --data FOLDER [--seeds 5] [--out bench/results/images.md]

What is served is `EfficientNetLite0` and `train`, exactly as the worker calls them. The recipe is the network's 1,280
pooled features, centred, whitened, each of unit length, and logistic regression with C = 10. All see the same images:
2, 8 and 16 a label drawn from the train part by the seed, and at most 600 of the test part.
"""

import argparse
import io
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
from PIL import Image
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from noria.encoders.images import EfficientNetLite0
from noria.encoders.images.efficientnet_graph import BLOCKS, POOLED
from noria.learning.arrays import normalised
from noria.learning.training import train
from noria.learning.training_set import TrainingSet
from noria.learning.whitening import Whitening

SHOTS = (2, 8, 16)
SETS = ("trashnet", "fashion_mnist_small", "cifar10_small")
MOST_TEST = 600
MOST_TRAIN = 60  # of a label: what the seeds draw from
SIDE = 224
Rows = list[tuple[bytes, str]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    encoder = EfficientNetLite0(Path(tempfile.gettempdir()) / "noria-bench")
    lines, costs = [], {}
    with threadpool_limits(1):
        for name in SETS:
            learn, test = (
                some(rows, most)
                for rows, most in zip(images(given.data, name), (None, MOST_TEST), strict=True)
            )
            learn_y, test_y = (np.array([label for _, label in rows]) for rows in (learn, test))
            features = {}
            for view, embed in views(encoder).items():
                began = time.process_time()
                features[view] = [np.stack([embed(file) for file, _ in rows]) for rows in (learn, test)]
                costs.setdefault(view, []).append(
                    1000 * (time.process_time() - began) / (len(learn) + len(test))
                )
            for method, (view, answer) in METHODS.items():
                scores = accuracy(*features[view], learn_y, test_y, answer, given.seeds)
                lines.append((method, name, scores))
                print(method, name, scores, flush=True)
    report = as_markdown(given.seeds, lines, {view: statistics.fmean(ms) for view, ms in costs.items()})
    if given.out:
        given.out.write_text(report)
    print(report)


def images(folder: Path, name: str) -> Iterator[Rows]:
    """The train part, then the test part."""
    for part in ("train", "test"):
        if name == "trashnet":
            with zipfile.ZipFile(folder / f"trashnet_{part}.zip") as archive:
                files = [file for file in sorted(archive.namelist()) if file.endswith(".jpg")]
                yield [(archive.read(file), file.split("/")[-2]) for file in files]
        else:
            rows = parquet.read_table(folder / f"{name}.parquet").to_pylist()
            yield [(row["image"], row["label"]) for row in rows if row["split"] == part]


def some(rows: Rows, most: int | None) -> Rows:
    """At most so many in all, or MOST_TRAIN a label, drawn once for all seeds."""
    order = np.random.default_rng(0).permutation(len(rows))
    if most is not None:
        return [rows[i] for i in order[:most]]
    by_label: dict[str, Rows] = {}
    for i in order:
        by_label.setdefault(rows[i][1], []).append(rows[i])
    return [row for label in sorted(by_label) for row in by_label[label][:MOST_TRAIN]]


def views(encoder: EfficientNetLite0) -> dict[str, Callable[[bytes], np.ndarray]]:
    """What is fed to the heads, by name."""

    def outputs(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pooled, blocks = encoder._session.run(
            [POOLED, BLOCKS], {"pictures": np.ascontiguousarray(pixels)[None]}
        )
        return pooled[0], blocks[0]

    def both(pixels: np.ndarray) -> np.ndarray:
        return normalised(np.concatenate([normalised(part[None])[0] for part in outputs(pixels)])[None])[0]

    def mirrored(file: bytes) -> np.ndarray:
        pixels = pressed(file)
        return normalised((both(pixels) + both(pixels[:, ::-1]))[None])[0]

    return {
        "served": lambda file: encoder.embed([file])[0],
        "pooled": lambda file: outputs(pressed(file))[0],
        "mirrored": mirrored,
        "cropped": lambda file: both(cropped(file)),
        "large": lambda file: both(pressed(file, 288)),
    }


def pressed(file: bytes, side: int = SIDE) -> np.ndarray:
    return np.asarray(
        Image.open(io.BytesIO(file)).convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    )


def cropped(file: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(file)).convert("RGB")
    scale = SIDE / min(picture.size)
    picture = picture.resize([max(SIDE, round(s * scale)) for s in picture.size], Image.Resampling.BICUBIC)
    left, top = ((s - SIDE) // 2 for s in picture.size)
    return np.asarray(picture.crop((left, top, left + SIDE, top + SIDE)))


Answer = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def served(x: np.ndarray, y: np.ndarray, asked: np.ndarray, *, whiten: bool = True) -> np.ndarray:
    """As the worker trains."""
    n, k = len(y), int(y.max()) + 1
    digests = [int(i).to_bytes(8, "big") for i in np.random.default_rng(0).permutation(n)]
    given = TrainingSet(
        x, y, tuple(map(str, range(k))), digests, np.ones(n, np.float32), np.zeros(n, np.bool_), whiten=whiten
    )
    head = train(given, None).head
    return np.array([int(head.label_ids[i]) for i in head.logits(asked).argmax(axis=1)])


def recipe(x: np.ndarray, y: np.ndarray, asked: np.ndarray) -> np.ndarray:
    centre = x.mean(axis=0)
    x, asked = normalised(x - centre), normalised(asked - centre)
    whitening = Whitening.of(x, y)
    x, asked = normalised(whitening.rows(x)), normalised(whitening.rows(asked))
    model = LogisticRegression(C=10, tol=1e-4, max_iter=50, class_weight="balanced").fit(x, y)
    return model.predict(asked)


METHODS: dict[str, tuple[str, Answer]] = {
    "served": ("served", served),
    "plain recipe": ("pooled", recipe),
    "served, not whitened": ("served", lambda *given: served(*given, whiten=False)),
    "with the mirrored view": ("mirrored", served),
    "centre crop": ("cropped", served),
    "at 288 pixels": ("large", served),
}


def accuracy(
    learn: np.ndarray, test: np.ndarray, learn_y: np.ndarray, test_y: np.ndarray, answer: Answer, seeds: int
) -> dict[int, tuple[float, float]]:
    """Percent right, mean and standard deviation over the seeds, by images a label."""
    labels, y = np.unique(learn_y, return_inverse=True)
    found = {}
    for shots in SHOTS:
        right = []
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            chosen = np.concatenate(
                [rng.permutation(np.flatnonzero(y == k))[:shots] for k in range(len(labels))]
            )
            said = labels[answer(learn[chosen], y[chosen], test)]
            right.append(100 * float((said == test_y).mean()))
        found[shots] = (statistics.fmean(right), statistics.stdev(right))
    return found


def as_markdown(
    seeds: int, lines: list[tuple[str, str, dict[int, tuple[float, float]]]], costs: dict[str, float]
) -> str:
    by = {(method, name): scores for method, name, scores in lines}
    rows = []
    for method, (view, _) in METHODS.items():
        cells = [
            " / ".join(
                f"{by[method, name][shots][0]:.1f} ± {by[method, name][shots][1]:.1f}" for shots in SHOTS
            )
            for name in SETS
        ]
        mean = " / ".join(
            f"{statistics.fmean(by[method, name][shots][0] for name in SETS):.1f}" for shots in SHOTS
        )
        rows.append(f"| {method} | {' | '.join(cells)} | {mean} | {costs[view]:.1f} |")
    return f"""# Image functions with few images a label

{time.strftime("%Y-%m-%d")}: percent right with 2 / 8 / 16 images a label, mean ± standard deviation of {seeds} seeds, at most {MOST_TEST} test
images. The same images and splits for all rows. The last column is processor time on one core, decoding of these small
files among it. Repeat: `python bench/images.py --data FOLDER`.

| | {" | ".join(SETS)} | mean | ms an image |
|---|{"---|" * len(SETS)}---|---|
{chr(10).join(rows)}
"""


if __name__ == "__main__":
    sys.exit(main())
