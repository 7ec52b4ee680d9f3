"""The gate: may a freshly trained candidate take the live version's place?"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from noria.learning.arrays import BoolArray, FloatArray
from noria.records.version import GateOutcome

DEFAULT_MARGIN = 0.01
CONFIDENCE = 0.9
FEWEST_ITEMS = 4  # three lost out of three happen once in eight between equals: too often to prove anything
NEW_LABEL_SAMPLES = 4  # a label that live does not know is left out of the comparison below this many samples


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate decided, and the figures behind it."""

    outcome: GateOutcome
    reason: str  # for people, with the figures in it
    difference: float | None = None  # candidate minus live, accuracy in [-1, 1]; None: nothing to compare
    error: float | None = None  # standard error of the difference
    n_items: int = 0  # samples that both could be judged on


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Both versions on the same samples, in the same order."""

    candidate_right: BoolArray  # (n,), out of fold
    live_right: BoolArray  # (n,), out of fold or on samples it never saw
    weights: FloatArray  # (n,), 1 / propensity; only those of captured samples count
    captured: BoolArray  # (n,)


def judge(comparison: Comparison | None, *, margin: float = DEFAULT_MARGIN) -> Verdict:
    """Keep the candidate back only if it is worse by more than the margin with 90 % confidence.

    comparison: None when no version is live.   margin: in accuracy, 0.01 is one point.
    The paired difference of proportions gets half a sample in each of its four cells [Agresti2005], so that a
    handful of samples can't prove anything. Captured samples weigh 1 / propensity; those that people brought are a
    stratum of their own. Strata are joined by their effective number of samples.
    """
    if comparison is None:
        return Verdict(
            GateOutcome.PROMOTED, "Promoted: it is the first model, so there is nothing to compare it with."
        )
    n = len(comparison.captured)
    if n == 0:
        reason = (
            "Promoted: the gate can't tell, as there is no sample yet that both versions can be judged on."
        )
        return Verdict(GateOutcome.PROMOTED, reason)
    strata = [s for s in (_stratum(comparison, True), _stratum(comparison, False)) if s is not None]
    total = sum(s.size for s in strata)
    difference = sum(s.difference * s.size for s in strata) / total
    shrunk = sum(s.shrunk * s.size for s in strata) / total
    error = sum((s.error * s.size / total) ** 2 for s in strata) ** 0.5
    doubt = _quantile(total) * error
    worse = n >= FEWEST_ITEMS and shrunk + doubt < -margin
    better = n >= FEWEST_ITEMS and shrunk - doubt > 0
    outcome = GateOutcome.KEPT_BACK if worse else GateOutcome.PROMOTED
    return Verdict(outcome, _reason(difference, error, n, margin, worse, better), difference, error, n)


@dataclass(frozen=True, slots=True)
class _Stratum:
    size: float  # effective number of samples [Kish1965]
    difference: float
    shrunk: float  # towards 0, by the half samples
    error: float


def _stratum(comparison: Comparison, captured: bool) -> _Stratum | None:
    inside = comparison.captured == captured
    if not inside.any():
        return None
    weights = comparison.weights[inside].astype(np.float64) if captured else np.ones(int(inside.sum()))
    candidate, live = comparison.candidate_right[inside], comparison.live_right[inside]
    size = float(weights.sum() ** 2 / (weights**2).sum())
    won = float(weights[candidate & ~live].sum() / weights.sum())
    lost = float(weights[live & ~candidate].sum() / weights.sum())
    more, less = ((share * size + 0.5) / (size + 2) for share in (won, lost))
    error = ((more + less - (more - less) ** 2) / (size + 2)) ** 0.5
    return _Stratum(size, won - lost, more - less, error)


def _quantile(size: float) -> float:
    """Student's t at 90 %, one-sided, for that many samples: the normal's and two terms more [Abramowitz1964]."""
    z, freedom = NormalDist().inv_cdf(CONFIDENCE), max(size - 1, 1)
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _reason(difference: float, error: float, n: int, margin: float, worse: bool, better: bool) -> str:
    points = f"{abs(difference) * 100:.1f} points {'worse' if difference < 0 else 'better'}"
    where = f"on {n} sample{'' if n == 1 else 's'}, standard error {error * 100:.1f}"
    figures = f"{points} than the live version {where}"
    if worse:
        return f"Kept back: {figures}; that is worse by more than the margin of {margin * 100:.1f} with 90 % confidence."
    if better:
        return f"Promoted: {figures}."
    return f"Promoted: the gate can't tell it from the live version ({points} {where})."
