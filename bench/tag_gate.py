"""What the gate of tags compares, on captured samples: with the weight of the calls they stand for, and without.

    python bench/tag_gate.py --data FOLDER --out bench/results/tag_gate.md

FOLDER holds banking77.csv.gz; calls and versions are those of `bench/tag_estimates.py`. Two versions that have seen none of
the calls are compared on captures by the policy, again and again, and on all calls, which is the truth.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tag_estimates import PER_TAG, TagAnswers, answers

from noria.learning.tags_scores import macro_average_precision

PAIRS = ((1, 0), (2, 1), (2, 0))  # candidate and live, the live one's captures
CAPTURED = (100, 300)
DRAWS = 1000

HEADER = f"""# The gate of tags, with and without propensities

Made by `python bench/tag_gate.py --data FOLDER`. Difference in macro average precision of a version taught more samples a tag and
one taught fewer, in points: over all calls, and as found on captured ones, mean of {DRAWS} draws (their standard deviation). *weighed*: each
captured sample stands for 1 / propensity calls, as the gate has it. *even*: as many calls drawn evenly.

| samples a tag | captured | all calls | weighed | not weighed | even |
| --- | --- | --- | --- | --- | --- |
"""


def compared(played: TagAnswers, pair: tuple[int, int], rows: np.ndarray, worth: np.ndarray) -> float:
    truth = played.present[rows]
    spoken = np.ones_like(truth)
    mine, other = (
        macro_average_precision(played.probabilities[version][rows], truth, spoken, worth) for version in pair
    )
    return 100 * ((mine or 0.0) - (other or 0.0))


def line(played: TagAnswers, pair: tuple[int, int], n: int, rng: np.random.Generator) -> str:
    calls = len(played.present)
    weight = played.weight[pair[1]]
    chance = np.minimum(1.0, weight * n / weight.sum())

    def drawn() -> np.ndarray:
        return np.flatnonzero(rng.random(calls) < chance)

    def spread(find: Callable[[], float]) -> str:
        found = [find() for _ in range(DRAWS)]
        return f"{np.mean(found):.2f} ({np.std(found):.2f})"

    def weighed() -> float:
        rows = drawn()
        return compared(played, pair, rows, 1 / chance[rows])

    def bare() -> float:
        rows = drawn()
        return compared(played, pair, rows, np.ones(len(rows)))

    def even() -> float:
        return compared(played, pair, rng.choice(calls, n, replace=False), np.ones(n))

    whole = compared(played, pair, np.arange(calls), np.ones(calls))
    taught = f"{PER_TAG[pair[0]]} and {PER_TAG[pair[1]]}"
    return f"| {taught} | {n} | {whole:.2f} | {spread(weighed)} | {spread(bare)} | {spread(even)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    played, rng = answers(given.data), np.random.default_rng(0)
    lines = [line(played, pair, n, rng) for pair in PAIRS for n in CAPTURED]
    print("\n".join(lines))
    given.out.write_text(HEADER + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
