"""A test that may be looked at every hour for ever: has what passes each hour left its usual range?

The unit is the hour, not the call: calls come in bursts, and a thousand calls of one program are one piece of news.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

Array = npt.NDArray[np.float64]

HOURS_BETWEEN_FALSE_ALARMS = 8766.0  # on average, over all shares watched together: a year
_DAY_H, _QUARTER_H = 24, 6
_WEEK_D = 7
_LEAST_BLOCKS = 8  # of the reference: below that nothing is called usual
_SPREAD = 0.95  # of the blocks lie in the range by themselves
_TINY = 0.005  # half a point of traffic, and …
_SLIGHT = 0.1  # … a tenth of the share: smaller moves are nobody's concern
_BETS = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8)  # parts of the largest bet that can't lose everything
_CEILING = 100.0  # evidence beyond it says no more, and would take for ever to wane


@dataclass(frozen=True, slots=True)
class Usual:
    """The range in which an hour's share has its mean as long as nothing moves; (n_shares,) each, in [0, 1]."""

    low: Array
    high: Array


@dataclass(frozen=True, slots=True)
class Watched:
    """Where the shares stand after the last hour watched; (n_shares,) each."""

    evidence: Array  # 1 and above: moved. Every value in between is wealth against the odds of a false alarm
    began: npt.NDArray[np.intp]  # index of the hour since which the evidence grows


def usual(hours: npt.NDArray[np.int64], counts: Array, total: Array | None = None) -> Usual | None:
    """The usual range, from hours in which nothing is known to have moved; None with fewer than two days.

    hours: (n_hours,) epoch hours, rising.   counts: (n_hours, n_shares), calls of each kind; rows with a call.
    total: (n_hours,) calls in all, where they are not the sum of the kinds.
    The range holds the mean of 95 % of the reference's days (quarters of days, below a week), by Student's t, once what calls
    drawn one by one would spread is taken off; the means of its quarters of the day and of weekends; and a margin. So a share
    that wanders from day to day or with the hour of the day has a wide range, and is not told of.
    """
    long_enough = len(hours) > 0 and np.unique(hours // _DAY_H).size >= _WEEK_D
    blocks = hours // (_DAY_H if long_enough else _QUARTER_H)
    names, place = np.unique(blocks, return_inverse=True)
    if len(names) < (_WEEK_D if long_enough else _LEAST_BLOCKS):
        return None
    every = counts.sum(axis=1) if total is None else total
    shares = counts / every[:, None]
    daily = _means(shares, place, len(names))
    middle = shares.mean(axis=0)
    calls = every.sum() / len(names)
    by_draw = middle * (1 - middle) / calls
    between = daily.var(axis=0, ddof=1)
    wander, doubt = np.maximum(between - by_draw, 0.0), np.maximum(between, by_draw) / len(names)
    # the doubt of the mean counts twice, as one of many shares may be the unlucky one
    spread = np.sqrt(wander + 2 * 2 * doubt)
    width = stdtrit(len(names) - 1, 0.5 + _SPREAD / 2) * spread
    low, high = middle - width, middle + width
    if long_enough:
        for season in ((hours % _DAY_H) // _QUARTER_H, (hours // _DAY_H + 3) % _WEEK_D >= _WEEK_D - 2):
            _, at = np.unique(season, return_inverse=True)
            means = _means(shares, at, int(at.max()) + 1)
            low, high = np.minimum(low, means.min(axis=0)), np.maximum(high, means.max(axis=0))
    margin = _TINY + _SLIGHT * middle
    return Usual(np.clip(low - margin, 0.0, 1.0), np.clip(high + margin, _TINY, 1.0))


def watch(counts: Array, usual: Usual, total: Array | None = None) -> Watched:
    """How strongly the hours say that each share has left its usual range, and since when.

    counts, total: as in `usual`, in order.
    An e-detector [Shin2024] of Shiryaev-Roberts form [Roberts1966] over bets on bounded means [WaudbySmith2024]: as
    long as the mean of each hour's shares, given the past, lies in the range, evidence passes 1 at most once in
    HOURS_BETWEEN_FALSE_ALARMS on average, however often one looks. Bets of four sizes and both directions are averaged,
    which keeps that promise; so does dividing by the number of shares watched.
    """
    n_shares = counts.shape[1]
    ups = [bet / usual.high for bet in _BETS]
    downs = [bet / np.maximum(1 - usual.low, _TINY) for bet in _BETS]
    wealth = np.zeros((2 * len(_BETS), n_shares))
    needed = max(1, n_shares) * HOURS_BETWEEN_FALSE_ALARMS
    run, began = np.zeros_like(wealth), np.zeros(wealth.shape, dtype=np.intp)
    every = counts.sum(axis=1) if total is None else total
    for i, row in enumerate(counts / every[:, None]):
        above, below = row - usual.high, usual.low - row
        factor = np.array([1 + up * above for up in ups] + [1 + down * below for down in downs])
        wealth = np.minimum((1 + wealth) * factor, _CEILING * needed)
        began = np.where(run <= 0, i, began)
        run = np.maximum(run, 0.0) + np.log(factor)
    strongest = wealth.argmax(axis=0)
    return Watched(wealth.mean(axis=0) / needed, began[strongest, np.arange(n_shares)])


def _means(shares: Array, group: npt.NDArray[np.intp], n: int) -> Array:
    """Mean of the rows of each group, (n, n_shares)."""
    total = np.zeros((n, shares.shape[1]))
    np.add.at(total, group, shares)
    return total / np.bincount(group, minlength=n)[:, None]
