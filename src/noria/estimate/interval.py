"""A 95 % interval for a share that was estimated from unequal weights."""

import math

from scipy.special import stdtrit  # scipy.stats has the same, at a second of every start

LEVEL = 0.95


def wilson(share: float, effective: float, freedom: float | None = None) -> tuple[float, float]:
    """Wilson's interval [Wilson1927] for a share seen in `effective` equal draws.

    share: in [0, 1].   effective: > 0, need not be whole; inf gives no width [KornGraubard1998].
    freedom: degrees of freedom of Student's t; effective − 1 if not told.   Returns (low, high) in [0, 1].

    >>> [round(x, 3) for x in wilson(0.9, 100)]
    [0.825, 0.945]
    """
    if math.isinf(effective):
        return share, share
    z = quantile(effective - 1 if freedom is None else freedom)
    spread = z * z / effective
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / effective + spread / (4 * effective))
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def quantile(freedom: float) -> float:
    """Student's t at the interval's level; freedom below 1 counts as 1."""
    return float(stdtrit(max(1.0, freedom), 0.5 + LEVEL / 2))
