"""Are the live figures right, and do their intervals hold what they promise? Seasons replayed over real answers.

    python bench/estimates.py --data FOLDER --out bench/results/estimates.md [--streams banking77] [--replays 1000]
                              [--conditions usual,promotions] [--processes 1]

FOLDER holds the streams NAME.stream.parquet. Each replay takes another 3,000 calls of the stream (90 % where it has
fewer), draws anew, and plays a fortnight: captures by the policy, people at the queue, figures as pages show them.
What was replayed before is kept in the temporary folder by the sources it depends on.
"""

import argparse
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from answers import Answers, answers, sources
from scipy.stats import binom, norm
from season import CAPTURED_A_DAY, DAYS, Condition, Reading, Season
from streams import KEPT, STREAMS
from threadpoolctl import threadpool_limits

from noria.estimate.accuracy import Estimate, Figure

AIM, SIGNIFICANT = 0.93, 0.01
AT_ONCE = 100  # replays of a job
FEW = 50  # figures, below which nothing is said of them
USUAL = Condition("60 % of what is captured gets labelled, a sitting a day")
CONDITIONS = {
    "usual": USUAL,
    "30 % done": replace(USUAL, says="half-finished queues", done=0.3),
    "all done": replace(USUAL, says="each sitting works off the queue", done=1.0),
    "moving budgets": replace(USUAL, says="the budget goes to a third, threefold, back", budgets=(1, 1 / 3, 3, 1)),
    "promotions": replace(USUAL, says="three versions answer in turn, later ones rank the queue", versions=(0, 1, 2)),
    "slow people": replace(USUAL, says="a quarter of an hour a label, calls arrive meanwhile", seconds_a_label=900),
    "skipped heads": replace(USUAL, says="the first item of each sitting is skipped for good", skips_first=True),
    "left heads": replace(USUAL, says="the first item of each sitting is left lying, day after day", leaves_first=True),
    "stopping after an error": replace(
        USUAL, says="a sitting ends with the first wrong answer seen", stops_after_error=True, sittings_a_day=3
    ),
    "copies": replace(USUAL, says="30 % of the calls repeat one of the fifty before", copies=0.3),
    "near copies": replace(USUAL, says="30 % of the calls nearly repeat one, answered together with one key", near_copies=0.3),
    "drift": replace(USUAL, says="half of the labels come four times as often in one half", drifts=True),
    "two processes": replace(USUAL, says="each with its own tau, an hour or more behind on the other's captures", processes=2),
    "evictions and expiry": replace(USUAL, says="queue of 40 items, three days", keeps=40, expires_days=3),
    "read at random moments": replace(USUAL, says="between day 3 and the end", read_at_random=True),
    "all of it": Condition(
        "all of the above at once but for skipped and left items",
        seconds_a_label=300, budgets=(1, 1 / 3, 3, 1), versions=(0, 1, 2), stops_after_error=True,
        sittings_a_day=3, copies=0.3, near_copies=0.1, drifts=True, processes=2, keeps=80, expires_days=7,
        read_at_random=True,
    ),
}  # fmt: skip

KINDS = ("accuracy", "precision", "recall", "share")
COLUMNS = ("shown", "of", "error", "squared", "given", "counted", "inside", "width")
"""Sums over the figures of a kind in one replay. of: those that could be shown; given, counted: squared errors expected
of as many labels as people gave, or as counted, drawn evenly; inside: intervals that hold the truth."""


@dataclass(frozen=True)
class Cell:
    """What the replays of a condition say of one kind of figure."""

    sums: np.ndarray  # (n_replays, n_columns)

    def column(self, name: str) -> np.ndarray:
        return self.sums[:, COLUMNS.index(name)]

    def mean(self, name: str) -> float:
        """Over all figures shown; nan if none was."""
        shown = self.column("shown").sum()
        return float(self.column(name).sum() / shown) if shown else float("nan")

    def spread(self, name: str) -> float:
        """Standard error of the mean. The figures of one replay hang together, those of two do not."""
        shown, values = self.column("shown"), self.column(name)
        return float(np.sqrt(((values - self.mean(name) * shown) ** 2).sum()) / shown.sum())

    def ratio(self, to: str) -> float:
        """Root mean squared error, as a part of that of labels drawn evenly."""
        evenly = self.column(to).sum()
        return float(np.sqrt(self.column("squared").sum() / evenly)) if evenly else float("nan")

    @property
    def below(self) -> bool:
        """Whether the coverage is surely below the aim."""
        shown, inside = self.column("shown"), self.column("inside")
        if shown.max(initial=0) <= 1:
            return bool(binom.cdf(inside.sum(), shown.sum(), AIM) < SIGNIFICANT)
        return self.mean("inside") < AIM + norm.ppf(SIGNIFICANT) * self.spread("inside")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--streams", default=",".join(STREAMS))
    parser.add_argument("--conditions", default=",".join(CONDITIONS))
    parser.add_argument("--replays", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    conditions, text = given.conditions.split(","), ""
    with ProcessPoolExecutor(given.processes, initializer=one_core) as pool:
        for name in given.streams.split(","):
            played = answers(given.data, name)
            starts = range(0, given.replays, AT_ONCE)
            jobs = {
                condition: [
                    pool.submit(
                        kept, given.data, name, condition, range(start, min(start + AT_ONCE, given.replays))
                    )
                    for start in starts
                ]
                for condition in conditions
            }
            for line in described(name, played):
                text += line + "\n"
            rows = {}
            for condition in conditions:
                rows[condition] = np.concatenate([job.result() for job in jobs[condition]])
                print(name, overall(condition, rows[condition]), flush=True)
            text += "\n".join(tables(rows)) + "\n"
    report = (
        HEADER.format(n=given.replays, days=DAYS, captured=CAPTURED_A_DAY, what=legend(conditions)) + text
    )
    print(report)
    if given.out:
        given.out.write_text(report)


def one_core() -> None:
    threadpool_limits(1)


def kept(data: Path, name: str, condition: str, seeds: range) -> np.ndarray:
    """What the replays said, (n, 2 + n_kinds · n_columns), or what they said the last time."""
    what = f"{_sources()} {name} {CONDITIONS[condition]} {seeds}"
    path = KEPT / "seasons" / f"{hashlib.sha256(what.encode()).hexdigest()[:20]}.npy"
    if not path.exists():
        rows = np.array([replayed(_loaded(data, name), CONDITIONS[condition], seed) for seed in seeds])
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, rows)
    return np.load(path)


@cache
def _sources() -> str:
    here = [Path(__file__).parent / file for file in ("estimates.py", "season.py")]
    parts = sources("capture", "learning", "records", "estimate")
    return parts + hashlib.sha256(b"".join(file.read_bytes() for file in here)).hexdigest()


_loaded: Callable[[Path, str], Answers] = cache(answers)


def replayed(played: Answers, condition: Condition, seed: int) -> np.ndarray:
    """Labels given and counted, and the sums of each kind."""
    reading = Season(played, condition, np.random.default_rng(seed)).reading()
    if reading is None:
        return np.zeros(2 + len(KINDS) * len(COLUMNS))
    sums = {kind: np.zeros(len(COLUMNS)) for kind in KINDS}
    counted = len(reading.counted)
    for figure in figures(played, reading):
        sums[figure.kind] += judged(figure, reading.given, counted, len(reading.true))
    return np.concatenate([[reading.given, counted], *sums.values()])


@dataclass(frozen=True)
class Told:
    """One figure, and the truth."""

    kind: str
    estimate: Estimate
    truth: float
    whole: float  # of all calls, the share that it is a share of


def figures(played: Answers, reading: Reading) -> Iterator[Told]:
    """Those with a truth."""
    right = reading.true == reading.predicted
    yield Told("accuracy", reading.live.accuracy, float(right.mean()), 1.0)
    n = len(played.labels)
    true, answered = (np.bincount(x, minlength=n) / len(right) for x in (reading.true, reading.predicted))
    both = np.bincount(reading.true[right], minlength=n) / len(right)
    for k, label in enumerate(played.labels.tolist()):
        told = reading.live.labels.get(label)
        if told is None:
            continue
        if answered[k]:
            yield Told("precision", told.precision, both[k] / answered[k], answered[k])
        if true[k]:
            yield Told("recall", told.recall, both[k] / true[k], true[k])
        yield Told("share", told.share, true[k], 1.0)


def judged(told: Told, given: int, counted: int, calls: int) -> np.ndarray:
    """In the order of COLUMNS."""
    figure = told.estimate
    if not isinstance(figure, Figure):
        return np.array([0, 1, 0, 0, 0, 0, 0, 0], dtype=float)
    error, varies = figure.value - told.truth, told.truth * (1 - told.truth) / told.whole
    evenly = [varies / max(1, m) * (calls - m) / max(1, calls - 1) for m in (given, counted)]
    inside = figure.low - 1e-9 <= told.truth <= figure.high + 1e-9
    return np.array([1, 1, error, error**2, *evenly, inside, figure.high - figure.low], dtype=float)


def cells(rows: np.ndarray) -> dict[str, Cell]:
    n = len(COLUMNS)
    return {kind: Cell(rows[:, 2 + k * n : 2 + (k + 1) * n]) for k, kind in enumerate(KINDS)}


def tables(rows: dict[str, np.ndarray]) -> Iterator[str]:
    yield "| condition | labels given | counted | shown | bias | error | to given | to counted | width | coverage |"
    yield "| --- " * 10 + "|"
    yield from (overall(condition, rows[condition]) for condition in rows)
    heads = " | ".join(f"{kind}: bias | to given | coverage" for kind in KINDS[1:])
    yield f"\n| by label | shown | {heads} |\n" + "| --- " * 11 + "|"
    yield from (by_label(condition, rows[condition]) for condition in rows)
    yield ""


def overall(condition: str, rows: np.ndarray) -> str:
    cell, (given, counted) = cells(rows)["accuracy"], rows[:, :2].mean(axis=0)
    parts = [condition, f"{given:.0f}", f"{counted:.0f}", f"{cell.column('shown').mean():.1%}", bias(cell)]
    parts += [f"{100 * np.sqrt(cell.mean('squared')):.2f}", f"{cell.ratio('given'):.2f}"]
    parts += [f"{cell.ratio('counted'):.2f}", f"{100 * cell.mean('width'):.1f}", coverage(cell)]
    return f"| {' | '.join(parts)} |"


def by_label(condition: str, rows: np.ndarray) -> str:
    found = cells(rows)
    shown = sum(found[kind].column("shown").sum() for kind in KINDS[1:3])
    parts = [condition, f"{shown / sum(found[kind].column('of').sum() for kind in KINDS[1:3]):.0%}"]
    for kind in KINDS[1:]:
        cell = found[kind]
        parts += [bias(cell), f"{cell.ratio('given'):.2f}", coverage(cell)]
    return f"| {' | '.join(parts)} |"


def bias(cell: Cell) -> str:
    if cell.column("shown").sum() < FEW:
        return "–"
    return f"{100 * cell.mean('error'):+.2f} ± {100 * cell.spread('error'):.2f}"


def coverage(cell: Cell) -> str:
    if cell.column("shown").sum() < FEW:
        return "–"
    return f"{100 * cell.mean('inside'):.1f}" + (" **below**" if cell.below else "")


def described(name: str, played: Answers) -> Iterator[str]:
    right = ", ".join(f"{100 * np.mean(predicted == played.true):.0f}" for predicted in played.predicted)
    yield f"## {name}\n\n{len(played.labels)} labels; the versions answer {right} % of the calls rightly.\n"


def legend(conditions: list[str]) -> str:
    return "\n".join(f"- **{condition}**: {CONDITIONS[condition].says}" for condition in conditions)


HEADER = """# Live figures against the truth

Made by `python bench/estimates.py --data FOLDER`. {n} replays a condition, each of {days} days with other calls, other draws and about
{captured:.0f} captures a day; the answers are those of heads taught the seeds and rows that are no traffic. Decisions, order of the
queue, propensities and figures are made by the server's own code.

*shown*: replays with a figure, in the second tables figures of precision and recall; the others say how many labels are missing.
*bias*, *error* (root mean square) and *width* of the 95 % interval in points. *to given*, *to counted*: the error as part of that of the
plain mean over as many labels as people gave, or as counted, drawn evenly from the same calls. *coverage*: of 100 intervals, those
that hold the truth; **below**: surely (99 %) less than 93. Of labels, bias and coverage are the mean over the figures shown, by
replay where it comes to what is sure.

{what}

"""


if __name__ == "__main__":
    main()
