"""Figures in words, as the report says them."""

from collections.abc import Sequence

import numpy as np

from noria.estimate.accuracy import Figure, LiveAccuracy
from noria.replay.comparison import Comparison, Difference

NARROW = "\u202f"


def percent(share: float) -> str:
    """A share with one decimal.

    >>> percent(0.7125)
    '71.2\u202f%'
    """
    return f"{share * 100:.1f}{NARROW}%"


def points(difference: float) -> str:
    """A difference of shares, in percentage points.

    >>> points(-0.0125)
    '−1.2'
    """
    return f"{difference * 100:+.1f}".replace("-", "−")


def spread(values: Sequence[float]) -> str:
    """The mean in per cent, with the standard deviation of several.

    >>> spread([0.5, 0.6]), spread([0.5])
    ('55.0\u202f% ± 7.1', '50.0\u202f%')
    """
    mean = percent(float(np.mean(values)))
    return f"{mean} ± {np.std(values, ddof=1) * 100:.1f}" if len(values) > 1 else mean


def mean_count(values: Sequence[float]) -> str:
    """The mean of counts; whole if it is.

    >>> mean_count([3, 4]), mean_count([3, 3])
    ('3.5', '3')
    """
    return f"{float(np.mean(values)):.1f}".removesuffix(".0")


def interval(shown: LiveAccuracy | None) -> str:
    """The estimate as a page would show it."""
    if shown is None:
        return "none"
    accuracy = shown.accuracy
    if isinstance(accuracy, Figure):
        return f"{percent(accuracy.value)} ({percent(accuracy.low)} to {percent(accuracy.high)})"
    return f"not yet: about {accuracy.missing} more labels"


def verdict(comparison: Comparison) -> str:
    """Which policy brought more, and whether that is more than chance, in one sentence."""
    best, differences = comparison.ranked[0], comparison.differences()
    reached = percent(float(comparison.ends(best).mean()))
    begin = f"With {_spent(comparison, best):.0f} annotations, “{best}” recognised {reached} of each label's rows, averaged over labels"
    if not differences:
        return begin + "."
    return f"{begin}; {gap(comparison, differences[0])}."


def gap(comparison: Comparison, found: Difference) -> str:
    """A difference, with what it is worth."""
    n, spent, of_best = (
        len(comparison.ends(found.less)),
        _spent(comparison, found.less),
        _spent(comparison, found.more),
    )
    with_less = f" with its {spent:.0f} annotations" if round(spent) != round(of_best) else ""
    much = f"{found.mean * 100:.1f} points more than “{found.less}”{with_less}"
    if found.error is None:
        return f"{much}, but fewer than three replays can't tell whether that is chance"
    around = f"twice the standard error over {n} paired replays is {2 * found.error * 100:.1f}"
    if found.surely:
        return f"{much}, which is more than chance ({around})"
    return f"{much}, which may be chance ({around})"


def _spent(comparison: Comparison, way: str) -> float:
    return float(np.mean([outcome.annotations for outcome in comparison.outcomes[way]]))
