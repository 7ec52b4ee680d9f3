"""Ways compared on the same stream: paired replays, what each reached, and whether that is more than chance."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noria.capture.queue import NEAR_COPY
from noria.errors import BadInput
from noria.learning.heads import AnyHead
from noria.replay.books import Moment
from noria.replay.rows import Embeddings, Rows, Stream
from noria.replay.run import Point, Replay
from noria.replay.ways import Way

KEPT = 0.9  # of the stream's calls, in each of several replays
ENOUGH = 3  # replays, to tell a difference from chance

Progress = Callable[[str, int, int], None]
"""Way, replays done and replays in all."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One replay: what it reached and what it spent."""

    points: tuple[Point, ...]  # one for the seeds and one after each round
    recalls: Mapping[str, float]  # by label, at the end
    spent: Mapping[tuple[str, str], int]  # annotations by strongest capture reason and label
    exact_copies: int  # annotations on what was annotated before
    near_copies: int  # annotations on what looks almost the same as something annotated before
    captures: tuple[int, ...]  # captured calls of each round
    moments: tuple[Moment, ...]  # what the function would have shown after each round

    @property
    def annotations(self) -> int:
        return self.points[-1].annotations


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more macro recall one way reached at the end than another, over paired replays."""

    more: str
    less: str
    mean: float  # at least 0
    error: float | None  # standard error of the mean; None for fewer than three pairs

    @property
    def surely(self) -> bool:
        """More than two standard errors."""
        return self.error is not None and self.mean > 2 * self.error


@dataclass(frozen=True, slots=True)
class Comparison:
    """Outcomes of each way, paired by their place: the same calls and the same draws."""

    outcomes: Mapping[str, Sequence[Outcome]]
    budget: int
    rounds: int
    ways: Mapping[str, Way]

    @property
    def ranked(self) -> list[str]:
        """Ways by mean macro recall at the end, the best first."""
        return sorted(self.outcomes, key=lambda way: -float(self.ends(way).mean()))

    def ends(self, way: str) -> npt.NDArray[np.float64]:
        """Macro recall at the end of each replay."""
        return np.array([outcome.points[-1].macro_recall for outcome in self.outcomes[way]])

    def differences(self) -> list[Difference]:
        """Of the best way from each other one."""
        best, *others = self.ranked
        return [difference(best, other, self.ends(best), self.ends(other)) for other in others]


def difference(
    one: str, other: str, ends: npt.NDArray[np.float64], other_ends: npt.NDArray[np.float64]
) -> Difference:
    """Of paired values, (n,) each; `one` is not the smaller on average."""
    gaps = ends - other_ends
    error = float(gaps.std(ddof=1) / len(gaps) ** 0.5) if len(gaps) >= ENOUGH else None
    return Difference(one, other, float(gaps.mean()), error)


def compare(
    stream: Stream,
    ways: Mapping[str, Way],
    budget: int = 200,
    rounds: int = 8,
    seeds: int = 1,
    first_seed: int = 0,
    progress: Progress = lambda way, done, of: None,
) -> Comparison:
    """Replay the stream under each way. Pure but for `progress`: same input, same outcome.

    seeds: so many replays a way; if more than one, each of another 90 % of the calls, with other draws, the same
    for all ways.   Raises BadInput for less than one round, annotation or replay.
    """
    if min(budget, rounds, seeds) < 1 or not ways:
        raise BadInput("A replay needs a policy, and at least one annotation, one round and one seed.")
    if rounds > len(stream.calls.labels):
        raise BadInput(f"The stream has {len(stream.calls.labels)} calls. Ask for fewer rounds.")
    outcomes: dict[str, list[Outcome]] = {name: [] for name in ways}
    for i in range(seeds):
        calls = stream.calls if seeds == 1 else _some(stream.calls, first_seed + i)
        for place, (name, way) in enumerate(ways.items()):
            progress(name, i * len(ways) + place, seeds * len(ways))
            rng = np.random.default_rng(first_seed + i)
            run = Replay(calls, stream.seeds, stream.names, way, budget, rounds, rng, whiten=stream.whiten)
            outcomes[name].append(outcome(run, stream.held_out))
    return Comparison(outcomes, budget, rounds, ways)


def outcome(run: Replay, held_out: Rows) -> Outcome:
    """Make the run, and say what came of it."""
    points = run.run(held_out)
    bought = [each.row for each in run.bought]
    contents = [run.stream.contents[row] for row in bought]
    seeds = set(run.seeds.contents)
    return Outcome(
        points=tuple(points),
        recalls=recalls(run.head, held_out),
        spent=Counter((each.reason, run.stream.labels[each.row]) for each in run.bought),
        exact_copies=len(contents) - len(set(contents) - seeds),
        near_copies=near_copies(run.seeds.embeddings, run.stream.embeddings[bought], run.head.centre),
        captures=tuple(run.captures),
        moments=tuple(run.moments),
    )


def recalls(head: AnyHead, rows: Rows) -> dict[str, float]:
    """The share of each label's rows that is recognised."""
    answers = np.array(head.label_ids)[head.probabilities(rows.embeddings).argmax(axis=1)]
    truth = np.array(rows.labels)
    return {str(label): float((answers[truth == label] == label).mean()) for label in np.unique(truth)}


def near_copies(before: Embeddings, bought: Embeddings, centre: npt.NDArray[np.floating]) -> int:
    """How many of the bought look almost the same as one before them, as the queue tells near copies.

    before, bought: (n, d), in the order of annotation.   centre: (d,), of the head's embeddings.
    """
    vectors = np.concatenate([before, bought]).astype(np.float64) - centre
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return sum(
        bool((vectors[:i] @ vectors[i] >= NEAR_COPY).any()) for i in range(max(1, len(before)), len(vectors))
    )


def _some(calls: Rows, seed: int) -> Rows:
    n = len(calls.labels)
    kept = np.random.default_rng([seed, n]).permutation(n)[: round(KEPT * n)]
    return calls.part(np.sort(kept).tolist())
