"""Accuracy of the served head at few samples a label, beside the plain recipe on the same draws.

    python bench/accuracy.py --data FOLDER --out bench/results/accuracy.md

FOLDER holds banking77.csv.gz and sms_spam.csv.gz with the columns text, label and split (train, test).
Served: `train()` as the server calls it, label names included. Plain: logistic regression with C=10 on centred,
normalised embeddings, nothing else. Both are judged on the whole test part. Embeddings are kept in the temporary
folder, so that a second run takes seconds.
"""

import argparse
import csv
import gzip
import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from noria.encoders import Encoder, choose_text_encoder, embed_labels, identity
from noria.learning.arrays import BoolArray, FloatArray, IntArray, normalised
from noria.learning.calibration import ece
from noria.learning.training import TrainingSet, train
from noria.learning.zero_shot import zero_shot_head

SETS = ("banking77", "sms_spam")
PER_LABEL = (2, 4, 8, 16)
SEEDS = range(5)


@dataclass(frozen=True)
class Data:
    embeddings: FloatArray
    targets: IntArray
    in_test: BoolArray
    label_names: list[str]


@dataclass(frozen=True)
class Score:
    accuracy: float
    macro_recall: float
    ece: float


def load(folder: Path, name: str, encoder: Encoder) -> Data:
    with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    label_names = sorted({row["label"] for row in rows})
    place = {label: i for i, label in enumerate(label_names)}
    return Data(
        embed([row["text"] for row in rows], encoder),
        np.array([place[row["label"]] for row in rows]),
        np.array([row["split"] == "test" for row in rows]),
        label_names,
    )


def embed(texts: list[str], encoder: Encoder) -> FloatArray:
    content = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
    kept = Path(tempfile.gettempdir()) / "noria-bench" / f"{identity(encoder)}-{content}.npy"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        np.save(kept, encoder.embed(texts))
    return np.asarray(np.load(kept), dtype=np.float32)


def draw(data: Data, per_label: int, seed: int) -> IntArray:
    """Positions of that many training samples of each label."""
    rng = np.random.default_rng(seed)
    candidates = [np.flatnonzero(~data.in_test & (data.targets == k)) for k in range(len(data.label_names))]
    return np.concatenate([rng.permutation(rows)[:per_label] for rows in candidates])


def served(data: Data, drawn: IntArray, names: tuple[FloatArray, BoolArray]) -> FloatArray:
    given = TrainingSet(
        data.embeddings[drawn],
        data.targets[drawn],
        tuple(data.label_names),
        [hashlib.sha256(b"%d" % i).digest() for i in drawn],
        np.ones(len(drawn), np.float32),
        np.zeros(len(drawn), np.bool_),
        *names,
    )
    return train(given, None).head.probabilities(data.embeddings[data.in_test])


def plain(data: Data, drawn: IntArray) -> FloatArray:
    centre = data.embeddings[drawn].mean(axis=0)
    model = LogisticRegression(C=10, max_iter=300, tol=1e-5)
    model.fit(normalised(data.embeddings[drawn] - centre), data.targets[drawn])
    return np.asarray(
        model.predict_proba(normalised(data.embeddings[data.in_test] - centre)), dtype=np.float32
    )


def score(probabilities: FloatArray, truth: IntArray) -> Score:
    right = probabilities.argmax(axis=1) == truth
    recalls = [right[truth == k].mean() for k in np.unique(truth)]
    return Score(float(right.mean()), float(np.mean(recalls)), ece(probabilities, truth))


def rows(name: str, data: Data, encoder: Encoder) -> Iterator[str]:
    truth = data.targets[data.in_test]
    names = embed_labels(encoder, data.label_names)
    zero = zero_shot_head(data.label_names, names[0]).probabilities(data.embeddings[data.in_test])
    yield row(name, 0, [score(zero, truth)], None)
    for per_label in PER_LABEL:
        draws = [draw(data, per_label, seed) for seed in SEEDS]
        ours = [score(served(data, drawn, names), truth) for drawn in draws]
        theirs = [score(plain(data, drawn), truth) for drawn in draws]
        yield row(name, per_label, ours, theirs)


def row(name: str, per_label: int, ours: list[Score], theirs: list[Score] | None) -> str:
    cells = [name, str(per_label or "none, zero-shot")]
    for part in ("accuracy", "macro_recall"):
        cells.append(spread([getattr(s, part) for s in ours]))
        cells.append(spread([getattr(s, part) for s in theirs]) if theirs else "")
    if theirs:
        gains = np.array([s.accuracy - p.accuracy for s, p in zip(ours, theirs, strict=True)])
        cells.append(f"{gains.mean() * 100:+.1f} ± {gains.std(ddof=1) / len(gains) ** 0.5 * 100:.1f}")
    else:
        cells.append("")
    cells.append(f"{np.mean([s.ece for s in ours]) * 100:.1f}")
    cells.append(f"{np.mean([s.ece for s in theirs]) * 100:.1f}" if theirs else "")
    return f"| {' | '.join(cells)} |"


def spread(values: list[float]) -> str:
    deviation = f" ({np.std(values, ddof=1) * 100:.1f})" if len(values) > 1 else ""
    return f"{np.mean(values) * 100:.1f}{deviation}"


HEADER = """# Accuracy at few samples a label

Made by `bench/accuracy.py` with {encoder}. Per cent on the whole test part, mean of {n} draws (standard deviation
over the draws in brackets); the gain is paired, with its standard error. Served: the head as the server trains it,
label names as examples included. Plain: logistic regression with C=10 on centred, normalised embeddings of the same
draws. ECE: expected calibration error.

| set | samples a label | served: accuracy | plain | served: macro recall | plain | gain in accuracy | served: ECE | plain |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    encoder = choose_text_encoder()
    lines = []
    for name in SETS:
        for line in rows(name, load(given.data, name, encoder), encoder):
            print(line, flush=True)
            lines.append(line)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(HEADER.format(encoder=identity(encoder), n=len(SEEDS)) + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
