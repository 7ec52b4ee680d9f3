"""How many wrong annotations are found among samples some of whose labels were swapped on purpose.

    python bench/label_errors.py --data FOLDER --out bench/results/label-errors.md

FOLDER holds banking77.csv.gz and sms_spam.csv.gz with the columns text, label and split. Of the training part so many
samples a label are drawn, a share of them gets another label at random, evenly among the others, and `train()` tells
which it suspects, from the same out-of-fold predictions that the server has. Where cleanlab is installed, its
`find_label_issues` is asked on the same probabilities. The data sets have wrong labels of their own, which count here as false
alarms: precision is understated.
"""

import argparse
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from accuracy import Data, draw, load

from noria.encoders import choose_text_encoder, embed_labels, identity
from noria.estimate.label_errors import NOT_SUSPECTED, label_errors
from noria.learning.arrays import BoolArray, FloatArray, IntArray
from noria.learning.calibration import sharpness
from noria.learning.crossval import plan_for
from noria.learning.examples import Examples, best
from noria.learning.head import DEFAULT_C, softmax
from noria.learning.training import TrainingSet

SETS = (("banking77", 10), ("banking77", 40), ("sms_spam", 300))
SHARES = (0.05, 0.10)
SEEDS = range(5)
CLEANLAB = ("prune_by_noise_rate", "both", "confident_learning")

Finder = Callable[[FloatArray, IntArray], IntArray]  # -> (n,), the suggested label or NOT_SUSPECTED


@dataclass(frozen=True)
class Found:
    precision: float
    recall: float
    mended: float  # of those found, the share whose suggested label is the true one


def ours(probabilities: FloatArray, given: IntArray) -> IntArray:
    return label_errors(probabilities, given).suggested


def likeliest(probabilities: FloatArray, given: IntArray) -> IntArray:
    """Whatever the model answers otherwise, as a baseline."""
    answers = probabilities.argmax(axis=1)
    return np.where(answers == given, NOT_SUSPECTED, answers)


def cleanlab(how: str) -> Finder:
    from cleanlab.filter import find_label_issues

    def find(probabilities: FloatArray, given: IntArray) -> IntArray:
        # cleanlab wants labels without gaps; an out-of-fold head knows all of them here
        issues = find_label_issues(given, probabilities.astype(np.float64), filter_by=how, n_jobs=1)
        return np.where(issues, probabilities.argmax(axis=1), NOT_SUSPECTED)

    return find


def finders() -> dict[str, Finder]:
    known: dict[str, Finder] = {"noria": ours, "model says otherwise": likeliest}
    try:
        return known | {f"cleanlab, {how}": cleanlab(how) for how in CLEANLAB}
    except ImportError:
        return known


def out_of_fold(
    data: Data, drawn: IntArray, targets: IntArray, names: tuple[FloatArray, BoolArray]
) -> tuple[FloatArray, IntArray, IntArray]:
    """Probabilities as training has them, (m, k); the given labels, and which of the drawn samples these are."""
    given = TrainingSet(
        data.embeddings[drawn],
        targets,
        tuple(data.label_names),
        [hashlib.sha256(b"%d" % i).digest() for i in drawn],
        np.ones(len(drawn), np.float32),
        np.zeros(len(drawn), np.bool_),
        *names,
    )
    examples = Examples.of(given, DEFAULT_C)
    examples, held_out = best(examples, plan_for(len(drawn), len(examples.label_ids)))
    seen = held_out.scored
    factor = sharpness(held_out.logits[seen], examples.targets[seen])
    place = {digest: i for i, digest in enumerate(given.digests)}
    which = np.array([place[digest] for digest in examples.digests])
    return softmax(held_out.logits[seen] * np.float32(factor)), examples.targets[seen], which[seen]


def swapped(targets: IntArray, share: float, k: int, rng: np.random.Generator) -> IntArray:
    wrong = rng.permutation(len(targets))[: round(share * len(targets))]
    noisy = targets.copy()
    noisy[wrong] = (noisy[wrong] + rng.integers(1, k, len(wrong))) % k
    return noisy


def judged(suggested: IntArray, given: IntArray, true: IntArray) -> Found:
    found, wrong = suggested != NOT_SUSPECTED, given != true
    hits = found & wrong
    return Found(
        hits.sum() / max(found.sum(), 1),
        hits.sum() / max(wrong.sum(), 1),
        (suggested[hits] == true[hits]).mean() if hits.any() else 0.0,
    )


def rows(name: str, per_label: int, data: Data, names: tuple[FloatArray, BoolArray]) -> Iterator[str]:
    k = len(data.label_names)
    for share in SHARES:
        found: dict[str, list[Found]] = {}
        for seed in SEEDS:
            drawn = draw(data, per_label, seed)
            noisy = swapped(data.targets[drawn], share, k, np.random.default_rng(1000 + seed))
            probabilities, given, which = out_of_fold(data, drawn, noisy, names)
            true = data.targets[drawn][which]
            for finder, find in finders().items():
                found.setdefault(finder, []).append(judged(find(probabilities, given), given, true))
        for finder, each in found.items():
            cells = [f"{name}, {per_label} a label", f"{share:.0%}", finder]
            for part in ("precision", "recall", "mended"):
                values = 100 * np.array([getattr(f, part) for f in each])
                cells.append(f"{values.mean():.0f} ± {values.std(ddof=1):.0f}")
            yield f"| {' | '.join(cells)} |"


HEADER = """# Wrong annotations found

Made by `bench/label_errors.py` with {encoder}. Per cent, mean ± standard deviation of {n} draws. Precision: of the suspected
annotations, those that were swapped; recall: of the swapped, those suspected; right suggestion: of these, those whose
suggested label is the true one. Counted over the samples that cross-validation scored: all, or a fifth of the largest set.
Wrong labels that a data set had before count as false alarms. cleanlab{cleanlab} sees the same
out-of-fold probabilities.

| set | swapped | found by | precision | recall | right suggestion |
| --- | --- | --- | --- | --- | --- |
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
    for name, per_label in SETS:
        data = load(given.data, name, encoder)
        for line in rows(name, per_label, data, embed_labels(encoder, data.label_names)):
            print(line, flush=True)
            lines.append(line)
    given.out.write_text(
        HEADER.format(encoder=identity(encoder), n=len(SEEDS), cleanlab=version()) + "\n".join(lines) + "\n"
    )


def version() -> str:
    try:
        import cleanlab
    except ImportError:
        return ", where it is installed,"
    return f" {cleanlab.__version__}"


if __name__ == "__main__":
    main()
