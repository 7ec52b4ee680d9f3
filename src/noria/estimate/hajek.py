"""A share of traffic from unequal weights: the weighted mean, and how many equal draws would say as much."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noria.estimate.interval import wilson

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Share:
    """An estimated share of the calls that nobody knew before."""

    value: float  # in [0, 1]
    draws: float  # so many equal draws would say as much; inf where every call was drawn
    freedom: float  # degrees of freedom, from how unequal the weights are

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, pointwise."""
        return wilson(self.value, self.draws, self.freedom)


def effective(weights: Array) -> float:
    """How many equal weights are worth these [Kish1965]; 0 for none.

    >>> effective(np.array([1.0, 1.0, 2.0])).__round__(2)
    2.67
    """
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def surely(weights: Array, heaviest: float) -> float:
    """`effective`, as if one more of the heaviest had come and said nothing; 0 for none.

    heaviest: the largest weight of the sample they are a part of. A few light labels look even, and so like many, only as
    long as none of the heavy ones is among them: to show a figure then would favour what is drawn often.

    >>> surely(np.ones(10), 1.0), round(surely(np.ones(10), 10.0), 1)
    (10.0, 2.6)
    """
    if not len(weights):
        return 0.0
    return float((weights.sum() + heaviest) ** 2 / ((weights**2).sum() + heaviest**2)) - 1


def share(part: Array, weights: Array) -> Share:
    """Weighted mean of `part` [Hajek1971], less its small-sample bias [Tin1965].

    part: (n,), 0 or 1.   weights: (n,), at least 1, the inverse of the probability to be counted; n > 0.
    """
    total = weights.sum()
    mean = float((weights * part).sum() / total)
    spread = weights * (
        weights - 1
    )  # Poisson sampling: (1 − π)/π², so what was drawn for certain adds nothing
    value = mean + float((spread * (part - mean)).sum() / total**2)
    unequal = float(spread.sum() / total**2)
    return Share(min(1.0, max(0.0, value)), 1 / unequal if unequal > 0 else math.inf, effective(weights) - 1)
