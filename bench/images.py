"""Accuracy of image functions with few images a label, beside the plain recipe and ideas to get above it.

    python bench/images.py --data FOLDER [--seeds 5] [--out bench/results/images.md]

What is served is the default image encoder and `train`, as the worker calls them but without the labels' names: what these
are worth shows `few_shot.py`. The recipe is Lite0's 1,280
pooled features, centred, whitened, each of unit length, and logistic regression with C = 10. All see the same images:
2, 8 and 16 a label drawn from the train part by the seed, and at most 600 of the test part.
"""

import argparse
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from few_shot import whitened
from few_shot_sets import Rows, images
from PIL import Image
from threadpoolctl import threadpool_limits

from noria.encoders import ImageEncoder
from noria.encoders.images.efficientnet import (
    LITE0,
    LITE2,
    EfficientNetLite0,
    EfficientNetLite0And2,
    Weights,
    framed,
)  # fmt: skip
from noria.encoders.images.efficientnet_graph import BLOCKS, POOLED
from noria.encoders.onnx_session import onnx_session
from noria.learning.arrays import normalised
from noria.learning.training import train
from noria.learning.training_set import TrainingSet

SHOTS = (2, 8, 16)
SETS = ("trashnet", "fashion_mnist_small", "cifar10_small")
MOST_TEST = 600
MOST_TRAIN = 60  # of a label: what the seeds draw from


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    folder = Path(tempfile.gettempdir()) / "noria-bench"
    lines, costs = [], {}
    with threadpool_limits(1):
        for name in SETS:
            learn, test = (
                some(rows, most)
                for rows, most in zip(images(given.data, name), (None, MOST_TEST), strict=True)
            )
            learn_y, test_y = (np.array([label for _, label in rows]) for rows in (learn, test))
            seen = Seen([file for file, _ in learn + test], folder)
            for method, (features, answer) in METHODS.items():
                x, ms = features(seen)
                costs.setdefault(method, []).append(ms)
                scores = accuracy(x[: len(learn)], x[len(learn) :], learn_y, test_y, answer, given.seeds)
                lines.append((method, name, scores))
                print(method, name, scores, f"{ms:.1f} ms", flush=True)
    report = as_markdown(given.seeds, lines, {method: statistics.fmean(ms) for method, ms in costs.items()})
    if given.out:
        given.out.write_text(report)
    print(report)


def some(rows: Rows, most: int | None) -> Rows:
    """At most so many in all, or MOST_TRAIN a label, drawn once for all seeds."""
    order = np.random.default_rng(0).permutation(len(rows))
    if most is not None:
        return [rows[i] for i in order[:most]]
    by_label: dict[str, Rows] = {}
    for i in order:
        by_label.setdefault(rows[i][1], []).append(rows[i])
    return [row for label in sorted(by_label) for row in by_label[label][:MOST_TRAIN]]


class Look(NamedTuple):
    """One pass of one network over a picture."""

    network: Weights
    frame: Callable[[Image.Image, int], np.ndarray]  # (picture, side) -> (side, side, 3)
    side: int
    mirrored: bool = False


class Seen:
    """Pictures as the networks see them; each look is taken once, with its processor time."""

    def __init__(self, files: list[bytes], folder: Path) -> None:
        self.files = files
        self._folder = folder
        self._looks: dict[Look, tuple[np.ndarray, np.ndarray, float]] = {}

    def embedded(self, encoder: Callable[[Path], ImageEncoder]) -> tuple[np.ndarray, float]:
        """(n, d) and milliseconds an image."""
        made = encoder(self._folder)
        began = time.process_time()
        rows = np.concatenate([made.embed([file]) for file in self.files])
        return rows, self._ms(began)

    def outputs(self, look: Look) -> tuple[np.ndarray, np.ndarray, float]:
        """Pooled features (n, 1280), those before the last layer (n, 320 or so) and milliseconds an image."""
        if look not in self._looks:
            session = onnx_session(look.network.graph(self._folder))
            began = time.process_time()
            pairs = [
                session.run([POOLED, BLOCKS], {"pictures": self._pixels(file, look)}) for file in self.files
            ]
            pooled, blocks = (np.concatenate(part) for part in zip(*pairs, strict=True))
            self._looks[look] = pooled, blocks, self._ms(began)
        return self._looks[look]

    def _pixels(self, file: bytes, look: Look) -> np.ndarray:
        pixels = look.frame(Image.open(io.BytesIO(file)).convert("RGB"), look.side)
        return np.ascontiguousarray(pixels[:, ::-1] if look.mirrored else pixels)[None]

    def _ms(self, began: float) -> float:
        return 1000 * (time.process_time() - began) / len(self.files)


def pressed(picture: Image.Image, side: int) -> np.ndarray:
    return np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC))


def cropped(picture: Image.Image, side: int) -> np.ndarray:
    scale = side / min(picture.size)
    picture = picture.resize([max(side, round(s * scale)) for s in picture.size], Image.Resampling.BICUBIC)
    left, top = ((s - side) // 2 for s in picture.size)
    return np.asarray(picture.crop((left, top, left + side, top + side)))


Features = Callable[[Seen], tuple[np.ndarray, float]]


def encoded(encoder: Callable[[Path], ImageEncoder]) -> Features:
    return lambda seen: seen.embedded(encoder)


def roots(rows: np.ndarray) -> np.ndarray:
    return normalised(np.sign(rows) * np.sqrt(np.abs(rows)))


def pooled(*looks: Look, roots: Callable[[np.ndarray], np.ndarray] = roots, added: bool = False) -> Features:
    """The looks' pooled features side by side, or added up."""

    def features(seen: Seen) -> tuple[np.ndarray, float]:
        found = [seen.outputs(look) for look in looks]
        parts = [roots(rows) for rows, _, _ in found]
        return normalised(sum(parts) if added else np.hstack(parts)), sum(ms for *_, ms in found)

    return features


def with_blocks(look: Look) -> Features:
    """Beside what the classifier would see, what stands before its last layer."""

    def features(seen: Seen) -> tuple[np.ndarray, float]:
        rows, blocks, ms = seen.outputs(look)
        return normalised(np.hstack([roots(rows), 0.7 * roots(blocks)])), ms

    return features


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
    return whitened(x, y, asked).argmax(axis=1)


FRAMED = Look(LITE0, framed, 224)
MIRROR = FRAMED._replace(mirrored=True)
PAIR = (Look(LITE0, framed, 192), Look(LITE2, framed, 224, mirrored=True))

METHODS: dict[str, tuple[Features, Answer]] = {
    "served: Lite0, and Lite2 in the mirror": (encoded(EfficientNetLite0And2), served),
    "plain recipe": (pooled(Look(LITE0, pressed, 224), roots=np.asarray), recipe),
    "served, not whitened": (encoded(EfficientNetLite0And2), lambda *given: served(*given, whiten=False)),
    "served, without roots": (pooled(*PAIR, roots=normalised), served),
    "Lite0 alone (`efficientnet-lite0`)": (encoded(EfficientNetLite0), served),
    "Lite0, pressed": (pooled(Look(LITE0, pressed, 224)), served),
    "Lite0, centre crop": (pooled(Look(LITE0, cropped, 224)), served),
    "Lite0 at 288 pixels": (pooled(Look(LITE0, framed, 288)), served),
    "Lite0, mirrored too": (pooled(FRAMED, MIRROR, added=True), served),
    "Lite0, pre-head features too": (with_blocks(FRAMED), served),
    "Lite2 alone at 260 pixels": (pooled(Look(LITE2, framed, 260)), served),
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
    for method in METHODS:
        cells = [
            " / ".join(
                f"{by[method, name][shots][0]:.1f} ± {by[method, name][shots][1]:.1f}" for shots in SHOTS
            )
            for name in SETS
        ]
        mean = " / ".join(
            f"{statistics.fmean(by[method, name][shots][0] for name in SETS):.1f}" for shots in SHOTS
        )
        rows.append(f"| {method} | {' | '.join(cells)} | {mean} | {costs[method]:.1f} |")
    return f"""# Image functions with few images a label

{time.strftime("%Y-%m-%d")}: percent right with 2 / 8 / 16 images a label, mean ± standard deviation of {seeds} seeds, at most {MOST_TEST} test
images. The same images and splits for all rows, without the labels' names. The last column is processor time on one core, decoding of these small
files among it. Repeat: `python bench/images.py --data FOLDER`.

| | {" | ".join(SETS)} | mean | ms an image |
|---|{"---|" * len(SETS)}---|---|
{chr(10).join(rows)}
"""


if __name__ == "__main__":
    sys.exit(main())
