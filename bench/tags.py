"""Tags at few samples a tag, beside scikit-learn's one-vs-rest logistic regression on the same draws.

    python bench/tags.py --data FOLDER --out bench/results/tags.md

FOLDER holds banking77.csv.gz with the columns text, label and split (train, test). No open set of texts with several
labels each is at hand, so one is made: a sample joins one, two or three requests of different intents, drawn at random,
and has their intents as its tags. So tags occur together by chance alone, which is easier than in life, and a text may
ask for three things that nobody asks for at once, which is harder. Twenty of the 77 intents take part, drawn for each seed;
samples to learn from join requests of the train part, those to judge on requests of the test part.

Served: `train_tags()` as the server calls it, tags answered at 0.5, and at the thresholds that it suggests. Plain:
`OneVsRestClassifier(LogisticRegression())` as it comes, and with C=10 and balanced classes on centred embeddings, which is
the served fit without calibration. Embeddings are kept in the temporary folder.
"""

import argparse
import csv
import gzip
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from accuracy import embed
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score
from sklearn.multiclass import OneVsRestClassifier

from noria.encoders import Encoder, choose_text_encoder, identity
from noria.learning.arrays import BoolArray, FloatArray, normalised
from noria.learning.tags_training import TagsTrainingSet, train_tags

PER_TAG = (2, 8, 16, 64)
SEEDS = range(5)
N_TAGS = 20
N_JUDGED = 600
SIZES, SHARES = (1, 2, 3), (0.4, 0.4, 0.2)


@dataclass(frozen=True)
class Made:
    """Samples in rounds: each tag occurs once in each round, so that the first n rounds hold it n times."""

    embeddings: FloatArray
    present: BoolArray  # (n, k)
    rounds: np.ndarray  # type: ignore[type-arg]  # (n,)


@dataclass(frozen=True)
class Score:
    average_precision: float  # macro
    f1: float  # macro, at 0.5
    f1_suggested: float | None  # macro, at the suggested thresholds
    brier: float


def requests(folder: Path, split: str) -> dict[str, list[str]]:
    """Texts by intent."""
    found: dict[str, list[str]] = defaultdict(list)
    with gzip.open(folder / "banking77.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["split"] == split:
                found[row["label"]].append(row["text"].strip())
    return found


def groups(rng: np.random.Generator, k: int) -> Iterator[list[int]]:
    """One round: all tags once, in groups of one to three."""
    order = rng.permutation(k).tolist()
    while order:
        size = int(rng.choice(SIZES, p=SHARES))
        yield [order.pop() for _ in range(min(size, len(order)))]


def made(
    texts: dict[str, list[str]], intents: list[str], n_rounds: int, rng: np.random.Generator, encoder: Encoder
) -> Made:
    joined, tags, rounds = [], [], []
    queues = {intent: rng.permutation(texts[intent]).tolist() for intent in intents}
    for number in range(n_rounds):
        for group in groups(rng, len(intents)):
            parts = []
            for t in group:
                queue = queues[intents[t]]
                parts.append(queue[number % len(queue)])
            joined.append(" ".join(parts))
            tags.append([t in group for t in range(len(intents))])
            rounds.append(number)
    return Made(embed(joined, encoder), np.array(tags), np.array(rounds))


def served(learn: Made, judge: Made, n: int, intents: list[str]) -> Score:
    inside = learn.rounds < n
    rows, present = learn.embeddings[inside], learn.present[inside]
    digests = [hashlib.sha256(b"%d" % i).digest() for i in range(len(rows))]
    given = TagsTrainingSet(rows, present, np.ones_like(present), tuple(intents), digests)
    head = train_tags(given, None).head
    p = np.zeros(judge.present.shape, dtype=np.float32)
    thresholds = np.full(p.shape[1], 0.5, dtype=np.float32)
    place = [intents.index(label_id) for label_id in head.label_ids]
    p[:, place], thresholds[place] = head.probabilities(judge.embeddings), head.suggested
    return score(p, judge.present, thresholds)


def plain(learn: Made, judge: Made, n: int, tuned: bool) -> Score:
    inside = learn.rounds < n
    rows, asked = learn.embeddings[inside], judge.embeddings
    one = LogisticRegression(max_iter=1000)
    if tuned:
        centre = rows.mean(axis=0)
        rows, asked = normalised(rows - centre), normalised(asked - centre)
        one = LogisticRegression(C=10, class_weight="balanced", max_iter=1000)
    model = OneVsRestClassifier(one).fit(rows, learn.present[inside].astype(int))
    return score(model.predict_proba(asked).astype(np.float32), judge.present, None)


def score(p: FloatArray, truth: BoolArray, thresholds: FloatArray | None) -> Score:
    suggested = None
    if thresholds is not None:
        suggested = float(f1_score(truth, p >= thresholds, average="macro", zero_division=0))
    return Score(
        float(average_precision_score(truth, p, average="macro")),
        float(f1_score(truth, p >= 0.5, average="macro", zero_division=0)),
        suggested,
        float(((p - truth) ** 2).mean()),
    )


def line(n: int, ours: list[Score], bare: list[Score], tuned: list[Score]) -> str:
    cells = [str(n)]
    for part in ("average_precision", "f1"):
        cells += [spread([getattr(s, part) for s in scores]) for scores in (ours, tuned, bare)]
    cells.append(spread([s.f1_suggested or 0.0 for s in ours]))
    best = [max(t.average_precision, b.average_precision) for t, b in zip(tuned, bare, strict=True)]
    gains = np.array([s.average_precision - other for s, other in zip(ours, best, strict=True)])
    cells.append(f"{gains.mean() * 100:+.1f} ± {gains.std(ddof=1) / len(gains) ** 0.5 * 100:.1f}")
    cells += [f"{np.mean([s.brier for s in scores]) * 100:.1f}" for scores in (ours, tuned, bare)]
    return f"| {' | '.join(cells)} |"


def spread(values: list[float]) -> str:
    return f"{np.mean(values) * 100:.1f} ({np.std(values, ddof=1) * 100:.1f})"


HEADER = """# Tags at few samples a tag

Made by `bench/tags.py` with {encoder}. Samples are made of one to three joined requests of Banking77 [Casanueva2020], their
intents being the tags: {tags} tags a draw, {judged} samples to judge on, means of {n} draws in per cent (standard deviation over the
draws in brackets). That tags meet by chance and that texts are joined is not as in life; what it tells is how the served head stands
beside the plain ones on the same samples. Served: as the server trains it. Balanced: one-vs-rest logistic regression of
scikit-learn with C=10 and balanced classes on centred embeddings. Plain: `OneVsRestClassifier(LogisticRegression())` as it comes.
AP: macro average precision. F1: macro, at 0.5, and for served at the suggested thresholds too. The gain is in AP over the better
of the two, paired, with its standard error. Brier: mean square of probability less 0 or 1; less is better.

| samples a tag | AP: served | balanced | plain | F1: served | balanced | plain | F1: served, suggested | gain in AP | Brier: served | balanced | plain |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    encoder = choose_text_encoder()
    to_learn, to_judge = requests(given.data, "train"), requests(given.data, "test")
    enough = sorted(intent for intent, texts in to_learn.items() if len(texts) >= max(PER_TAG))
    found: dict[int, list[tuple[Score, Score, Score]]] = defaultdict(list)
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        intents = sorted(rng.choice(enough, N_TAGS, replace=False).tolist())
        learn = made(to_learn, intents, max(PER_TAG), rng, encoder)
        judge = made(to_judge, intents, round(N_JUDGED * 1.8 / N_TAGS), rng, encoder)
        for n in PER_TAG:
            found[n].append(
                (
                    served(learn, judge, n, intents),
                    plain(learn, judge, n, tuned=False),
                    plain(learn, judge, n, tuned=True),
                )
            )
        print(f"seed {seed}: {len(learn.rounds)} to learn from, {len(judge.rounds)} to judge on", flush=True)
    lines = [line(n, *map(list, zip(*found[n], strict=True))) for n in PER_TAG]
    print("\n".join(lines))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    header = HEADER.format(encoder=identity(encoder), tags=N_TAGS, judged=f"about {N_JUDGED}", n=len(SEEDS))
    given.out.write_text(header + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
