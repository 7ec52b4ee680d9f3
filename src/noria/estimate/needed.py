"""How many more labels a narrower interval takes, and whether confidence and truth part."""

import math
from dataclasses import dataclass

from noria.estimate.accuracy import Estimate, Figure
from noria.estimate.interval import wilson

WANTED = (0.05, 0.03, 0.02)  # half widths
_MOST = 1_000_000  # equal draws


@dataclass(frozen=True, slots=True)
class Needed:
    """What it takes to know the accuracy within ± `within`."""

    within: float  # half the width of the interval
    labels: int  # more that people give; 0 where it is known as well already


def needed(accuracy: Estimate, given: int, wanted: tuple[float, ...] = WANTED) -> tuple[Needed, ...]:
    """For each wanted half width; none before there is a figure, or where it leaves no doubt.

    given: labels that people gave so far, counted in the estimate or not.   Further ones are taken to be worth as
    much as those so far: as many count, they are as uneven, and as many calls are right.
    """
    if not isinstance(accuracy, Figure) or math.isinf(accuracy.effective) or not accuracy.counted:
        return ()
    half = (accuracy.high - accuracy.low) / 2
    worth = accuracy.effective / max(given, accuracy.counted)  # equal draws a label
    return tuple(
        Needed(
            within,
            0 if half <= within else math.ceil((_draws(accuracy, within) - accuracy.effective) / worth),
        )
        for within in wanted
    )


def days(labels: int, a_day: float) -> int | None:
    """Days in which so many labels come, at so many a day; None where none do.

    >>> days(130, 60), days(5, 0)
    (3, None)
    """
    return math.ceil(labels / a_day) if a_day > 0 else None


def parted(accuracy: Estimate, expected: float | None) -> float:
    """How far the label-free expectation lies above the interval, negative below; 0 inside, or without either."""
    if not isinstance(accuracy, Figure) or expected is None:
        return 0.0
    return max(0.0, expected - accuracy.high) + min(0.0, expected - accuracy.low)


def _draws(accuracy: Figure, within: float) -> float:
    """The fewest equal draws with an interval so narrow, in the share of the traffic that is not known anyway."""
    low, high = wilson(accuracy.value, accuracy.effective)
    shrunk = min(1.0, (accuracy.high - accuracy.low) / (high - low))
    too_few, enough = math.floor(accuracy.effective), _MOST
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        low, high = wilson(accuracy.value, middle)
        too_few, enough = (too_few, middle) if shrunk * (high - low) / 2 <= within else (middle, enough)
    return enough
