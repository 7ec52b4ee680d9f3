"""The gate for tags: may a freshly trained candidate take the live version's place?

It compares the macro average precision. F1 would move with the thresholds, which people set for their own reasons and
which are kept beside the version, not in it; average precision says how well each tag's samples are told from the
others at any threshold, and its mean over tags gives a rare one as much weight as a frequent one.

Captured samples stand for the calls they were drawn from: capture prefers those in doubt, on which a version may be better
and on all others worse. A rare tag has too few samples to be judged among captured and brought ones apart, so all are judged
together, the captured ones with as much weight in all as so many even draws.
"""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from noria.learning.arrays import BoolArray, FloatArray
from noria.learning.gate import CONFIDENCE, DEFAULT_MARGIN, FEWEST_ITEMS, Verdict
from noria.learning.tags_scores import macro_average_precision
from noria.records.version import GateOutcome

_DRAWS = 200  # of the bootstrap


def judge_tags(
    candidate: FloatArray | None,
    live: FloatArray | None,
    present: BoolArray,
    spoken: BoolArray,
    digests: Sequence[bytes],
    weights: FloatArray | None = None,
    captured: BoolArray | None = None,
    *,
    margin: float = DEFAULT_MARGIN,
) -> Verdict:
    """Keep the candidate back only if it is worse by more than the margin with 90 % confidence.

    candidate, live: (n, k), probabilities of the same samples and tags, out of fold or of samples never seen; nan
    where there is none; live None where no version is.   weights: (n,), 1 / propensity of those that were captured,
    (n,); None: people brought them all.   margin: in macro average precision, 0.01 is one point.
    The error of the paired difference comes from drawing the samples anew [Efron1979], seeded by their content.
    """
    if candidate is None or live is None:
        reason = "Promoted: it is the first model, so there is nothing to compare it with."
        return Verdict(GateOutcome.PROMOTED, reason)
    both = spoken & ~np.isnan(candidate) & ~np.isnan(live)
    rows = np.flatnonzero(both.any(axis=1))
    both, truth = both[rows], present[rows]
    ours, theirs = np.nan_to_num(candidate[rows]), np.nan_to_num(live[rows])
    worth = _worth(len(present), weights, captured)[rows]
    difference = _difference(ours, theirs, truth, both, worth)
    if difference is None:
        reason = "Promoted: the gate can't tell, as there is no tag yet that both versions can be judged on."
        return Verdict(GateOutcome.PROMOTED, reason)
    error = _error(ours, theirs, truth, both, worth, digests)
    doubt = NormalDist().inv_cdf(CONFIDENCE) * error
    n = len(rows)
    worse = n >= FEWEST_ITEMS and difference + doubt < -margin
    better = n >= FEWEST_ITEMS and difference - doubt > 0
    outcome = GateOutcome.KEPT_BACK if worse else GateOutcome.PROMOTED
    return Verdict(outcome, _reason(difference, error, n, margin, worse, better), difference, error, n)


def _worth(n: int, weights: FloatArray | None, captured: BoolArray | None) -> FloatArray:
    """What each sample counts, (n,): a brought one 1, captured ones together their effective number [Kish1965]."""
    found = np.ones(n, dtype=np.float32)
    if weights is not None and captured is not None and captured.any():
        drawn = weights[captured].astype(np.float64)
        found[captured] = drawn * drawn.sum() / (drawn**2).sum()
    return found


def _difference(
    ours: FloatArray, theirs: FloatArray, truth: BoolArray, both: BoolArray, worth: FloatArray
) -> float | None:
    mine = macro_average_precision(ours, truth, both, worth)
    yours = macro_average_precision(theirs, truth, both, worth)
    return None if mine is None or yours is None else mine - yours


def _error(
    ours: FloatArray,
    theirs: FloatArray,
    truth: BoolArray,
    both: BoolArray,
    worth: FloatArray,
    digests: Sequence[bytes],
) -> float:
    """Standard error of the difference; never 0, as a handful of samples proves nothing."""
    seed = int.from_bytes(min(digests, default=b"")[:8], "big")
    draw = np.random.default_rng(seed)
    n = len(truth)
    found = []
    for _ in range(_DRAWS):
        rows = draw.integers(0, n, n)
        value = _difference(ours[rows], theirs[rows], truth[rows], both[rows], worth[rows])
        if value is not None:
            found.append(value)
    spread = float(np.std(found)) if len(found) > 1 else 0.0
    return float(np.hypot(spread, 0.5 / max(n, 1)))


def _reason(difference: float, error: float, n: int, margin: float, worse: bool, better: bool) -> str:
    points = f"{abs(difference) * 100:.1f} points {'worse' if difference < 0 else 'better'}"
    where = f"on {n} sample{'' if n == 1 else 's'}, standard error {error * 100:.1f}"
    figures = f"{points} of macro average precision than the live version {where}"
    if worse:
        return f"Kept back: {figures}; that is worse by more than the margin of {margin * 100:.1f} with 90 % confidence."
    if better:
        return f"Promoted: {figures}."
    return f"Promoted: the gate can't tell it from the live version ({points} of macro average precision {where})."
