"""Two versions on the same items: how much more often the second is right, and how surely."""

import math
from dataclasses import dataclass

from scipy.special import bdtr

from noria.estimate.interval import LEVEL, quantile

ALPHA = 1 - LEVEL


@dataclass(frozen=True, slots=True)
class Paired:
    n: int  # items
    lost: int  # only the first is right
    gained: int  # only the second is right
    difference: float  # share of items that the second is right on more, in [-1, 1]
    low: float  # … with its 95 % interval
    high: float
    chance: float  # that equals part at least so far (sign test, two-sided), in (0, 1]

    @property
    def tells(self) -> bool:
        """Whether one of the two is surely better, by the interval and by the test."""
        return (self.low > 0 or self.high < 0) and self.chance < ALPHA


def paired(lost: int, gained: int, n: int) -> Paired:
    """The paired difference of proportions, its interval with half an item in each of the four cells [Agresti2005].

    lost, gained: items on which only the first, or only the second, is right.   n: items in all, at least 1.
    What both or neither has right says nothing of the difference, yet of how small it is.

    >>> result = paired(2, 9, 50)
    >>> round(result.difference, 2), round(result.low, 2), round(result.high, 2), round(result.chance, 3)
    (0.14, 0.01, 0.26, 0.065)
    """
    more, less = (gained + 0.5) / (n + 2), (lost + 0.5) / (n + 2)
    error = math.sqrt((more + less - (more - less) ** 2) / (n + 2))
    middle, half = more - less, quantile(n - 1) * error
    return Paired(
        n,
        lost,
        gained,
        (gained - lost) / n,
        max(-1.0, middle - half),
        min(1.0, middle + half),
        min(1.0, 2 * float(bdtr(min(lost, gained), lost + gained, 0.5))) if lost + gained else 1.0,
    )
