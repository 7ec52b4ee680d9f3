"""Drift that the answers hide: what class balance, confidence and the cells of the embedding find, and how soon.

    python bench/embedding_drift.py --data FOLDER [--seeds 40] [--out bench/results/embedding-drift.md]

Calls are drawn from Banking77, 100 an hour. Its 77 intents are the labels, or topics of a function whose labels are eight
departments: neighbouring intents by k-means. Head and cells are made from 300 samples of the intents known then. Four
weeks are the reference; then something happens, and for a week it is looked at every four hours. Paired over seeds.
"""

import argparse
import sys
import time
import timeit
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))
from streams import load

from noria.estimate.drift import Counts
from noria.estimate.watch import usual, watch
from noria.learning.cells import Cells, make_cells, telling
from noria.learning.head import fit_head

CALLS, REFERENCE_H, WATCHED_H, LOOK_H = 100, 28 * 24, 7 * 24, 4
SAMPLES, DEPARTMENTS = 300, 8
BANDS = (0.4, 0.6, 0.8, 0.95)
SORTS = ("class balance", "confidence", "embedding")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Happening:
    """What becomes of the calls after the reference."""

    says: str
    of_departments: bool
    new: int = 0  # intents that nobody knew …
    share: float = 0.0  # … and what they take of the calls, all together
    instead: bool = False  # of one known intent of the same department, not of all
    bursts: float = 0.0  # of the hours, reference or not, so many have a fifth of one and the same call


HAPPENINGS = (
    Happening("nothing", True),
    Happening("nothing, in bursts", True, bursts=0.05),
    Happening("nothing", False),
    Happening("one new topic, 10 %", True, new=1, share=0.10),
    Happening("one new topic, 5 %", True, new=1, share=0.05),
    Happening("one topic instead of another, 10 %", True, new=1, share=0.10, instead=True),
    Happening("one topic instead of another, 5 %", True, new=1, share=0.05, instead=True),
    Happening("four new topics, 10 % in all", True, new=4, share=0.10),
    Happening("one new topic, 5 %", False, new=1, share=0.05),
    Happening("four new topics, 10 % in all", False, new=4, share=0.10),
    Happening("eight new topics, 10 % in all", False, new=8, share=0.10),
)


@dataclass(frozen=True)
class Outcome:
    after: dict[str, int | None]  # hours until the first look that tells, by sort; None: not within the week
    shown: float | None  # of the samples shown for the cell that grew most, the share of the new topics


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--seeds", type=int, default=40)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    stream = load(given.data, "banking77")
    rows = np.concatenate([stream.seeds.embeddings, stream.calls.embeddings, stream.balanced.embeddings])
    names = [*stream.seeds.labels, *stream.calls.labels, *stream.balanced.labels]
    _, intents = np.unique(names, return_inverse=True)
    lines = []
    for happening in HAPPENINGS:
        outcomes = [run(rows, intents.astype(np.int64), happening, seed) for seed in range(given.seeds)]
        lines.append(line(happening, outcomes))
        print(lines[-1], flush=True)
    if given.out:
        given.out.write_text(as_markdown(lines, given.seeds, cost(rows)), encoding="utf-8")


def run(rows: NDArray[np.float32], intents: Ints, happening: Happening, seed: int) -> Outcome:
    rng = np.random.default_rng([seed, HAPPENINGS.index(happening)])
    departments = _departments(rows, intents)
    new, old = _chosen(rng, departments, happening)
    labels = departments[intents] if happening.of_departments else intents
    known = rng.permutation(np.flatnonzero(~np.isin(intents, new)))
    samples, pool = known[:SAMPLES], known[SAMPLES:]
    hours = _calls(rng, intents, pool, new, old, happening)
    taught, targets = np.unique(labels[samples], return_inverse=True)
    head = fit_head(rows[samples], targets.astype(np.int64), [str(label) for label in taught])
    probabilities = head.probabilities(rows)
    cells = make_cells(rows[samples])
    kinds = {
        "class balance": probabilities.argmax(axis=1),
        "confidence": np.digitize(probabilities.max(axis=1), BANDS),
        "embedding": cells.of(rows),
    }
    counts = {sort: _counts(hours, kind) for sort, kind in kinds.items()}
    shown = _shown(rng, rows, intents, cells, hours, counts["embedding"], new) if len(new) else None
    return Outcome({sort: first_told(counts[sort]) for sort in SORTS}, shown)


def first_told(counts: Counts) -> int | None:
    """Hours from the end of the reference to the first look that tells of a move."""
    within = usual(counts.hours[:REFERENCE_H], counts.calls[:REFERENCE_H])
    assert within is not None
    for hours in range(LOOK_H, WATCHED_H + 1, LOOK_H):
        if (watch(counts.calls[REFERENCE_H : REFERENCE_H + hours], within).evidence >= 1).any():
            return hours
    return None


def _departments(rows: NDArray[np.float32], intents: Ints) -> Ints:
    """The department of each intent."""
    means = np.stack([rows[intents == i].mean(axis=0) for i in range(intents.max() + 1)])
    return make_cells(means, DEPARTMENTS).of(means)


def _chosen(rng: np.random.Generator, departments: Ints, happening: Happening) -> tuple[Ints, int]:
    """The new intents, and the one that they replace."""
    while True:
        new = rng.choice(len(departments), happening.new, replace=False)
        if not happening.instead:
            return new, -1
        beside = np.setdiff1d(np.flatnonzero(departments == departments[new[0]]), new)
        if len(beside):
            return new, int(rng.choice(beside))


def _calls(
    rng: np.random.Generator, intents: Ints, pool: Ints, new: Ints, old: int, happening: Happening
) -> Ints:
    """Rows of the calls, (n_hours, CALLS)."""
    others = pool[intents[pool] != old]
    before = pool[intents[pool] == old] if happening.instead else others
    after = np.flatnonzero(np.isin(intents, new)) if happening.new else others
    hours = rng.choice(others, (REFERENCE_H + WATCHED_H, CALLS))
    for hour, calls in enumerate(hours):
        n = rng.binomial(CALLS, happening.share)
        if hour >= REFERENCE_H or happening.instead:
            calls[:n] = rng.choice(after if hour >= REFERENCE_H else before, n)
        if rng.random() < happening.bursts:
            calls[: CALLS // 5] = rng.choice(pool)
    return hours


def _counts(hours: Ints, kinds: Ints) -> Counts:
    found = np.zeros((len(hours), int(kinds.max()) + 1))
    np.add.at(found, (np.repeat(np.arange(len(hours)), CALLS), kinds[hours].ravel()), 1)
    return Counts(np.arange(len(hours)), tuple(map(str, range(found.shape[1]))), found)


def _shown(
    rng: np.random.Generator,
    rows: NDArray[np.float32],
    intents: Ints,
    cells: Cells,
    hours: Ints,
    counts: Counts,
    new: Ints,
) -> float | None:
    """Of three samples that a person is shown of the cell that grew most, with two captures an hour."""
    shares = counts.calls / CALLS
    cell = (shares[REFERENCE_H:].mean(axis=0) - shares[:REFERENCE_H].mean(axis=0)).argmax()
    captured = rng.permuted(hours, axis=1)[:, :2]
    before, after = (np.unique(part) for part in (captured[:REFERENCE_H][-300:], captured[REFERENCE_H:][:72]))
    before, after = (part[cells.of(rows[part]) == cell] for part in (before, after))
    shown = after[telling(rows[after], rows[before], 3)]
    return float(np.isin(intents[shown], new).mean()) if len(shown) else None


def cost(rows: NDArray[np.float32]) -> tuple[float, float]:
    """Microseconds to place a call, and seconds to make the cells of 2,000 samples."""
    began = time.perf_counter()
    cells = make_cells(rows[:2000])
    made = time.perf_counter() - began
    row = rows[0]
    placed = min(timeit.repeat(lambda: cells.of_one(row), number=2000, repeat=20)) / 2000
    return placed * 1e6, made


def line(happening: Happening, outcomes: Sequence[Outcome]) -> str:
    cells = [happening.says, "8" if happening.of_departments else "77"]
    for sort in SORTS:
        after = [outcome.after[sort] for outcome in outcomes if outcome.after[sort] is not None]
        cells.append(
            f"{len(after)} of {len(outcomes)}" + (f", after {np.median(after):.0f} h" if after else "")
        )
    shown = [outcome.shown for outcome in outcomes if outcome.shown is not None]
    cells.append(f"{np.mean(shown):.0%}" if shown else "–")
    return "| " + " | ".join(cells) + " |"


def as_markdown(lines: Sequence[str], seeds: int, cost: tuple[float, float]) -> str:
    head = ["what happens", "labels", *(f"told by {sort}" for sort in SORTS), "shown samples that are new"]
    return "\n".join(
        [
            "# Drift of the embedding beside that of the answers",
            "",
            f"Banking77, {CALLS} calls an hour, {seeds} seeds; within a week, and the median hour of the first look that tells.",
            "With eight labels, departments, the new topics are of departments that there are. *Shown samples*: of the three that",
            "the page shows of the cell that grew most, after three days with two captures an hour.",
            f"Placing a call takes {cost[0]:.1f} µs on one core (384 dimensions), making the cells of 2,000 samples {cost[1]:.1f} s.",
            "Repeat: `python bench/embedding_drift.py --data FOLDER`.",
            "",
            "| " + " | ".join(head) + " |",
            "|" + "---|" * len(head),
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    main()
