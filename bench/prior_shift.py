"""Errors that weighing answers by the class balance saves, when the balance of the calls is not that of training.

    python bench/prior_shift.py --data FOLDER [--seeds 10] [--out bench/results/prior-shift.md]

A head as the product trains it, from annotated samples drawn as evenly from the labels as people tend to bring them;
3,000 calls drawn with another balance. Answers are the likeliest label as it is, and after each probability is multiplied
by the label's share: as estimated without a label of the new calls, from how often each label is answered and the
out-of-fold confusion of the training samples [Lipton2018]; and as it truly is, a bound. Paired over seeds.

Then as Metrics suggests it: weights by 100 or 300 labels of these calls, the unsure drawn far more often, where these labels prove
that errors are saved; what they save on the other calls.
"""

import argparse
import csv
import gzip
import hashlib
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

sys.path[:0] = [str(Path(__file__).parent)]

from streams import KEPT, load

from noria.encoders import choose_text_encoder
from noria.estimate.accuracy import CountedLabel, TooFew
from noria.estimate.sums import LabelSums, TrafficSums
from noria.estimate.weighing import weighing
from noria.learning.training import TrainingSet, train

CALLS = 3000
LEAST_SHARE = 0.25  # of an even share: no label is ruled out
SIZES = {"sms_spam": (40, 200), "hate_offensive": (60, 300), "banking77": (300, 900)}
WAYS = ("as it is", "estimated", "true")
LABELLED = (100, 300)
DRAWS = 5  # of so many labels, a seed

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Suggested:
    """Weights by some labels, tried on the calls that have none."""

    helps: bool  # surely, by the labels
    said: float  # share of the errors that the labels say is saved
    saved: float  # and that truly is


@dataclass(frozen=True)
class Outcome:
    ways: Mapping[str, tuple[float, float]]  # (error rate, macro recall)
    suggested: Mapping[int, Sequence[Suggested]]  # by the number of labels


@dataclass(frozen=True)
class Texts:
    embeddings: NDArray[np.float32]
    targets: NDArray[np.int64]
    names: tuple[str, ...]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    lines = []
    for name, sizes in SIZES.items():
        texts = read(given.data, name)
        for size in sizes:
            runs = [run(texts, name, size, seed) for seed in range(given.seeds)]
            lines += [line(name, size, what, [each[what] for each in runs]) for what in runs[0]]
            print("\n".join(lines[-3:]), flush=True)
    if given.out:
        given.out.write_text(as_markdown(lines, given.seeds), encoding="utf-8")


def read(folder: Path, name: str) -> Texts:
    if name == "sms_spam":
        return _spam(folder)
    rows = load(folder, name).calls
    _, first = np.unique(rows.contents, return_index=True)
    names = tuple(sorted(set(rows.labels)))
    targets = np.array([names.index(rows.labels[i]) for i in first])
    return Texts(rows.embeddings[first], targets, names)


def _spam(folder: Path) -> Texts:
    with gzip.open(folder / "sms_spam.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list({row["text"]: row["label"] for row in csv.DictReader(file)}.items())
    rows = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[:2500]]
    kept = KEPT / "prior-shift-sms_spam.npy"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        encoder = choose_text_encoder()
        np.save(kept, np.vstack([encoder.embed([text]) for text, _ in rows]))
    return Texts(
        np.load(kept), np.array([label == "spam" for _, label in rows], dtype=np.int64), ("ham", "spam")
    )


def balances(name: str, own: Array, rng: np.random.Generator) -> dict[str, Array]:
    """The balances of the calls, by what happened to them."""
    if name == "sms_spam":
        return {"its own": own, "spam × 3": tilted(own, [1], 3.0), "half is spam": np.array([0.5, 0.5])}
    if name == "hate_offensive":
        return {
            "its own": own,
            "neither × 3": tilted(own, [1], 3.0),
            "hate speech × 4": tilted(own, [0], 4.0),
        }
    few = rng.permutation(len(own))[: len(own) // 8]
    return {
        "its own": own,
        "an eighth of the labels × 5": tilted(own, few, 5.0),
        "an eighth of the labels × 20": tilted(own, few, 20.0),
    }


def tilted(shares: Array, labels: Sequence[int] | NDArray[np.int64], factor: float) -> Array:
    tilted = shares.copy()
    tilted[np.asarray(labels)] *= factor
    return tilted / tilted.sum()


def run(texts: Texts, name: str, size: int, seed: int) -> dict[str, Outcome]:
    """By what happened to the balance."""
    rng = np.random.default_rng([seed, size])
    targets, k = texts.targets, len(texts.names)
    taught = _evenly(targets, size // k, rng)
    rest = np.setdiff1d(np.arange(len(targets)), taught)
    training_set = TrainingSet(
        texts.embeddings[taught],
        targets[taught],
        texts.names,
        [hashlib.sha256(str(i).encode()).digest() for i in taught],
        np.ones(len(taught), dtype=np.float32),
        np.zeros(len(taught), dtype=bool),
    )
    made = train(training_set, None)
    confusion = _confusion(training_set, made.record.digests, made.record.predicted, k)
    found = {}
    for what, share in balances(name, np.bincount(targets, minlength=k) / len(targets), rng).items():
        weight = (share / np.bincount(targets[rest], minlength=k))[targets[rest]]
        rows = rng.choice(rest, CALLS, p=weight / weight.sum())
        p, true = made.head.probabilities(texts.embeddings[rows]).astype(float), targets[rows]
        answered = np.bincount(p.argmax(axis=1), minlength=k) / CALLS
        weights = dict(zip(WAYS, (np.ones(k), balance(answered, confusion), share), strict=True))
        found[what] = Outcome(
            {way: _scores((p * w).argmax(axis=1), true) for way, w in weights.items()},
            {wanted: [suggested(p, true, wanted, rng) for _ in range(DRAWS)] for wanted in LABELLED},
        )
    return found


def suggested(p: Array, true: NDArray[np.int64], wanted: int, rng: np.random.Generator) -> Suggested:
    """p: (n, k) of the calls."""
    ordered = np.sort(p, axis=1)
    weight = 0.25 + 1.5 * (1 - ordered[:, -1] + ordered[:, -2]) ** 2
    propensity = np.minimum(1.0, weight * wanted / weight.sum())
    drawn = rng.random(len(p)) < propensity
    answers, ids = p.argmax(axis=1), [str(k) for k in range(p.shape[1])]
    counted = [
        CountedLabel(
            bool(answers[i] == true[i]), ids[answers[i]], ids[true[i]], p[i].max(), float(propensity[i]), 0.0
        )
        for i in np.flatnonzero(drawn)
    ]
    by_label = {id: LabelSums(n=float((answers == k).sum())) for k, id in enumerate(ids)}
    found = weighing(counted, p[drawn], ids, TrafficSums(n=len(p), by_label=by_label))
    if isinstance(found, TooFew):
        return Suggested(False, 0.0, 0.0)
    weighed = (p * np.array(list(found.weights.values()))).argmax(axis=1)[~drawn]
    before, after = ((each != true[~drawn]).mean() for each in (answers[~drawn], weighed))
    return Suggested(
        found.helps, found.saved / found.errors if found.errors else 0.0, float(1 - after / before)
    )


def balance(answered: Array, confusion: Array) -> Array:
    """Shares of the true labels, (k,), that give these shares of answers; non-negative and sum to 1."""
    k = len(answered)
    shares, _ = nnls(np.vstack([confusion, np.full(k, 10.0)]), np.append(answered, 10.0))
    shares = np.maximum(shares, LEAST_SHARE / k)
    return np.asarray(shares / shares.sum())


def _evenly(targets: NDArray[np.int64], per_label: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """So many rows of each label, at least two, at most half of what there is."""
    of_label = [rng.permutation(np.flatnonzero(targets == j)) for j in range(targets.max() + 1)]
    return np.concatenate([rows[: min(max(2, per_label), len(rows) // 2)] for rows in of_label])


def _confusion(
    training_set: TrainingSet, digests: Sequence[bytes], predicted: NDArray[np.int32], k: int
) -> Array:
    """Out of fold, P(answered | true) as (answered, true), with one right answer a label added."""
    by_digest = dict(zip(digests, predicted.tolist(), strict=True))
    counts = np.eye(k)
    for digest, true in zip(training_set.digests, training_set.targets.tolist(), strict=True):
        if (answered := by_digest[digest]) >= 0:
            counts[answered, true] += 1
    return np.asarray(counts / counts.sum(axis=0))


def _scores(answers: NDArray[np.int64], true: NDArray[np.int64]) -> tuple[float, float]:
    right = answers == true
    return 1 - float(right.mean()), float(np.mean([right[true == j].mean() for j in np.unique(true)]))


def line(name: str, size: int, what: str, outcomes: Sequence[Outcome]) -> str:
    cells, runs = [name, str(size), what], [each.ways for each in outcomes]
    for way in WAYS:
        errors = [each[way][0] for each in runs]
        cells.append(f"{statistics.mean(errors):.1%}")
        if way != WAYS[0]:
            saved = [1 - each[way][0] / each[WAYS[0]][0] for each in runs]
            cells[-1] += f" ({_spread(saved)})"
    recall = [each["estimated"][1] - each[WAYS[0]][1] for each in runs]
    by_labels = [_of_labels([each.suggested[wanted] for each in outcomes]) for wanted in LABELLED]
    return "| " + " | ".join([*cells, _spread(recall), *by_labels]) + " |"


def _of_labels(by_seed: Sequence[Sequence[Suggested]]) -> str:
    """How often weights were suggested, and what these saved; what all would have saved."""
    every = [each for some in by_seed for each in some]
    taken = [each for each in every if each.helps]
    saved = f": saved {100 * statistics.mean(e.saved for e in taken):+.0f} %" if taken else ""
    wrong = sum(each.saved <= 0 for each in taken)
    all_saved = statistics.mean(each.saved for each in every)
    return f"{len(taken)} of {len(every)}{saved}, {wrong} wrong (all {100 * all_saved:+.0f} %)"


def _spread(values: Sequence[float]) -> str:
    """Mean and standard error, in percent."""
    error = statistics.stdev(values) / len(values) ** 0.5
    return f"{100 * statistics.mean(values):+.0f} ± {100 * error:.0f} %"


def as_markdown(lines: Sequence[str], seeds: int) -> str:
    head = [
        "stream",
        "samples",
        "balance of the calls",
        "errors",
        "estimated balance (saved)",
        "true balance (saved)",
        "macro recall, estimated balance",
        *(f"suggested by {wanted} labels" for wanted in LABELLED),
    ]
    return "\n".join(
        [
            "# Errors saved by weighing answers with the class balance",
            "",
            f"Mean of {seeds} seeds, paired, ± standard error; {CALLS:,} calls each. Samples are drawn evenly from the labels.",
            f"Weights by labels: {DRAWS} draws a seed; how many were suggested, what these saved on the calls without a label, how many "
            "of these saved nothing there, and in brackets what all drawn weights would have saved.",
            "Repeat: `python bench/prior_shift.py --data FOLDER`.",
            "",
            "| " + " | ".join(head) + " |",
            "|" + "---|" * len(head),
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    main()
