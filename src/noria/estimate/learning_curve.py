"""The learning curve: scores of versions by number of samples, and what more samples are likely to bring.

An inverse power law, score = a − b·n^(−c), is fitted to them [Figueroa2012]. How far a prediction from such a fit may be off
is drawn anew from the fit itself: scores err together, as versions are scored on mostly the same samples.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

MORE = 100  # samples ahead
LEAST_POINTS = 5
LEAST_GROWTH = 1.5  # from the fewest samples to the most
LEAST_EXPLAINED = 0.3  # of the scores' variance
MOST_POINTS = 60  # a later one says little more
LIKELY = 0.8  # of later scores lie in the interval
_RATES = np.linspace(0.1, 1.5, 29)  # c: slower looks like a straight line in log n, faster like a step
_DRAWS = 400
_FLIPS = 0.02  # of the answers, at least, that change by training anew


@dataclass(frozen=True, slots=True)
class Point:
    """A version's score."""

    n: int  # samples it was trained on
    score: float  # share answered rightly, in [0, 1]
    scored: int  # samples behind the score


class Unknown(Enum):
    """Why it can't be told what more samples bring."""

    TOO_FEW = "too few versions"  # of different size
    TOO_NEAR = "versions too near in size"
    NOT_RISING = "scores that don't rise with samples"


@dataclass(frozen=True, slots=True)
class Gain:
    """What so many more samples bring, as a difference of scores."""

    more: int
    value: float
    low: float  # of the interval that holds a later version's score 4 times in 5
    high: float


@dataclass(frozen=True, slots=True)
class LearningCurve:
    points: tuple[Point, ...]  # by rising n
    gain: Gain | Unknown
    fitted: tuple[float, float, float] | None  # a, b, c; None where it can't be told

    def at(self, n: float) -> float | None:
        """The fitted score for so many samples, in [0, 1]."""
        if self.fitted is None:
            return None
        a, b, c = self.fitted
        score: float = min(1.0, max(0.0, a - b * n**-c))
        return score


def learning_curve(
    points: Sequence[Point], rng: np.random.Generator, *, same_samples: bool = False, more: int = MORE
) -> LearningCurve:
    """Fit the curve, and say what `more` samples are likely to bring.

    points: of versions of the same labels, in any order; of several with as many samples, the last one counts.
    same_samples: the scores are over a set that stays (held out), not over the growing training samples themselves.
    """
    kept = _thinned(sorted({point.n: point for point in points}.values(), key=lambda point: point.n))
    n = np.array([point.n for point in kept], dtype=float)
    if len(kept) < LEAST_POINTS:
        return LearningCurve(kept, Unknown.TOO_FEW, None)
    if n[-1] < LEAST_GROWTH * n[0]:
        return LearningCurve(kept, Unknown.TOO_NEAR, None)
    score, scored = np.array([p.score for p in kept]), np.array([float(p.scored) for p in kept])
    error = _standard_error(score, scored)
    a, b, c = fit(n, score[None], 1 / error**2)[0]
    fitted = a - b * n**-c
    if _explained(score, fitted, 1 / error**2) < LEAST_EXPLAINED or b <= 0:
        return LearningCurve(kept, Unknown.NOT_RISING, None)
    off = _errors_of_prediction((a, b, c), n, score, scored, rng, same_samples, more)
    value = float(b * (n[-1] ** -c - (n[-1] + more) ** -c))
    low, high = np.quantile(off, [(1 - LIKELY) / 2, (1 + LIKELY) / 2])
    room = 1.0 - score[-1]
    gain = Gain(more, value, float(min(room, value + low)), float(min(room, value + high)))
    return LearningCurve(kept, gain, (float(a), float(b), float(c)))


def fit(n: Array, scores: Array, weights: Array) -> Array:
    """a, b and c of the curves nearest to rows of scores, by weighted least squares; 0 ≤ a ≤ 1, b ≥ 0.

    n, weights: (m,).   scores: (r, m).   Returns (r, 3).
    For each c of a grid the best a and b are known in closed form, which fits hundreds of rows at once.

    >>> n = np.array([20.0, 50, 100, 200, 400])
    >>> fit(n, (0.9 - 2 * n**-0.5)[None], np.ones(5)).round(2).tolist()
    [[0.9, 2.0, 0.5]]
    """
    best = np.full(len(scores), np.inf)
    found = np.zeros((len(scores), 3))
    total = weights.sum()
    mean = scores @ weights / total
    for c in _RATES:
        x = n**-c
        centre = float(weights @ x / total)
        spread = float(weights @ (x - centre) ** 2)
        b = np.maximum(0.0, -((scores - mean[:, None]) * (x - centre)) @ weights / spread)
        a = mean + b * centre
        over = a > 1  # then it goes through 1, and b is all that is left to choose
        b = np.where(over, np.maximum(0.0, (1 - scores) @ (weights * x) / float(weights @ x**2)), b)
        a = np.clip(np.where(over, 1.0, a), 0.0, 1.0)
        loss = (scores - a[:, None] + b[:, None] * x) ** 2 @ weights
        better = loss < best
        best = np.where(better, loss, best)
        found[better] = np.column_stack([a, b, np.full(len(b), c)])[better]
    return found


def _errors_of_prediction(
    curve: tuple[float, float, float],
    n: Array,
    score: Array,
    scored: Array,
    rng: np.random.Generator,
    same_samples: bool,
    more: int,
) -> Array:
    """(draws,), how far the later difference of scores lies from the predicted one, were the curve the truth."""
    a, b, c = curve
    every = np.append(n, n[-1] + more)
    truth = np.clip(a - b * every**-c, 0.0, 1.0)
    behind = np.append(scored, scored[-1] if same_samples else scored[-1] + more * scored[-1] / n[-1])
    noise = _noise(truth, every, behind, score - truth[:-1], rng, same_samples)
    seen = truth + noise
    drawn = fit(n, seen[:, :-1], 1 / _standard_error(score, scored) ** 2)
    predicted = drawn[:, 1] * (n[-1] ** -drawn[:, 2] - (n[-1] + more) ** -drawn[:, 2])
    errors: Array = (seen[:, -1] - seen[:, -2]) - predicted
    return errors


def _noise(
    truth: Array, n: Array, behind: Array, residuals: Array, rng: np.random.Generator, same_samples: bool
) -> Array:
    """(draws, m), errors of the scores.

    Over the same samples all err alike, by as much as these are easier than others, but for answers that flip by training
    anew. Over growing samples each score is a running mean: what the earlier ones said stays in it.
    """
    flips = max(_FLIPS, float(np.mean(residuals**2 * behind[:-1])))
    each = rng.standard_normal((_DRAWS, len(n))) * np.sqrt(flips / behind)
    spread = np.sqrt(truth * (1 - truth))
    if same_samples:
        common: Array = each + rng.standard_normal((_DRAWS, 1)) * spread / np.sqrt(behind)
        return common
    steps = np.diff(behind, prepend=0.0).clip(min=0.0)
    walk = np.cumsum(rng.standard_normal((_DRAWS, len(n))) * np.sqrt(steps), axis=1)
    running: Array = each + spread * walk / behind
    return running


def _standard_error(score: Array, scored: Array) -> Array:
    """Of a share; half an observation keeps it from nothing where all were right."""
    smoothed = (score * scored + 0.5) / (scored + 1)
    error: Array = np.sqrt(smoothed * (1 - smoothed) / scored)
    return error


def _explained(score: Array, fitted: Array, weights: Array) -> float:
    """Share of the weighted variance that the curve explains."""
    mean = float(score @ weights / weights.sum())
    whole = float(weights @ (score - mean) ** 2)
    return 1 - float(weights @ (score - fitted) ** 2) / whole if whole > 0 else 0.0


def _thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    """At most so many, evenly apart in the logarithm of their size; the first and last stay."""
    if len(points) <= MOST_POINTS:
        return tuple(points)
    low, high = math.log(points[0].n), math.log(points[-1].n)
    cells = {round((MOST_POINTS - 1) * (math.log(p.n) - low) / (high - low)): p for p in points}
    return tuple(cells[key] for key in sorted(cells))
