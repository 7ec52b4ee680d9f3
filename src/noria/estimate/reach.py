"""The propensity with which a label counts, from frozen keys and an append-only log of the queue's bar."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
_BELOW = 1 - 1e-12  # the item that is the bar does not count yet, but w·(u/w) may be rounded to above u


def propensities(
    weights: npt.ArrayLike,
    thresholds: npt.ArrayLike,
    arrived_s: npt.ArrayLike,
    expires_s: npt.ArrayLike,
    log: npt.ArrayLike,
    evictions: npt.ArrayLike = (),
    *,
    keys: npt.ArrayLike | None = None,
    settled_s: npt.ArrayLike | None = None,
    settlements: npt.ArrayLike | None = None,
) -> Array:
    """π = min(1, w·τ, w·ρmax, w·κ) of each capture, in [0, 1]; its label counts iff u < π.

    weights, thresholds, arrived_s, expires_s: (n,), w and τ of the decision, and the capture's life in seconds,
    from the moment when its row was stored and the bar could see it (inf: does not expire).
    log: (m, 2), time and ρ, the smallest s = u/w among the unsettled right after each settlement, inf if none.
    evictions: (e, 2), time and κ, the smallest s evicted.
    keys, settled_s: (n,), s of each capture and when a person settled it (inf: not yet, or left by itself). Told
    these, a capture's bar is what it would be without the capture itself, see `turns`; without, labels that were
    given early count a little too often.
    settlements: (k, 2), time and s of everything that people settled in this queue, where that is more than the
    captures at hand.
    Later arrivals, promotions and settlements never lower it; an eviction lowers it for those who were there.
    """
    w = np.asarray(weights, dtype=float)
    arrived, expires = np.asarray(arrived_s, dtype=float), np.asarray(expires_s, dtype=float)
    if keys is None or settled_s is None:
        bar = highest_bar(arrived, expires, log)
    else:
        mine, when = np.asarray(keys, float), np.asarray(settled_s, float)
        every = np.column_stack([when, mine]) if settlements is None else settlements
        table = turns(log, *_columns(every)[::-1])
        bar = _bar_without_itself(arrived, expires, table, mine, when)
    kept = -highest_bar(arrived, expires, _negated(evictions), empty=-np.inf)
    bars = np.minimum(np.asarray(thresholds, dtype=float), np.minimum(bar, kept) * _BELOW)
    return np.minimum(1.0, np.where(w > 0, w * np.where(w > 0, bars, 0.0), 0.0))


def turns(log: npt.ArrayLike, keys: npt.ArrayLike, settled_s: npt.ArrayLike) -> Array:
    """Settlements of the item that was the smallest: (t, 3), time, its key, and ρ right after.

    Only these say that a smaller key would have been settled, whatever the item is: had it been open, it would
    have been the smallest. So for all other captures the bar is the key that was settled, and for that one the
    next; ρ itself would be larger for items settled early, which the live model's order makes the hard ones.
    A queue that was worked off leaves no doubt: the bar is inf for all.
    """
    times, bars = _columns(log)
    settled, key = np.asarray(settled_s, dtype=float), np.asarray(keys, dtype=float)
    lowest = np.full(len(times) + 1, np.inf)
    np.minimum.at(lowest, np.searchsorted(times, settled, side="left"), key)
    lowest = lowest[:-1]
    here = (lowest < bars) & np.isfinite(lowest)
    return np.column_stack([times[here], np.where(np.isinf(bars[here]), np.inf, lowest[here]), bars[here]])


def highest_bar(arrived: Array, expires: Array, log: npt.ArrayLike, empty: float = 0.0) -> Array:
    """The largest value logged in (arrived, expires] of each capture, (n,); `empty` where nothing was logged.

    What was logged at the very moment of arrival was measured without the capture, so it does not hold for it.
    """
    times, bars = _columns(log)
    if not len(times):
        return np.full(len(arrived), empty)
    first = np.searchsorted(times, arrived, side="right")
    stop = np.searchsorted(times, expires, side="right")
    return np.where(stop > first, _range_max(bars, first, stop), empty)


def counts(draws: npt.ArrayLike, propensity: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether a label counts in estimates, however it was given; the others only train.

    >>> counts([0.1, 0.3], [0.2, 0.2]).tolist()
    [True, False]
    """
    return np.asarray(draws, dtype=float) < np.asarray(propensity, dtype=float)


def _bar_without_itself(arrived: Array, expires: Array, table: Array, keys: Array, settled: Array) -> Array:
    """table: as `turns` makes it."""
    bar = highest_bar(arrived, expires, table[:, :2])
    turn = np.searchsorted(table[:, 0], settled, side="left")
    inside = np.flatnonzero((turn < len(table)) & (settled <= expires))
    own = inside[table[turn[inside], 1] == keys[inside]]
    bar[own] = np.maximum(bar[own], table[turn[own], 2])
    return bar


def _range_max(values: Array, first: npt.NDArray[np.intp], stop: npt.NDArray[np.intp]) -> Array:
    """max(values[first:stop]) for many ranges at once, by a table of maxima over powers of two."""
    first = np.minimum(first, len(values) - 1)
    stop = np.minimum(np.maximum(stop, first + 1), len(values))
    levels = [values]
    while 2 ** len(levels) <= len(values):
        half = 2 ** (len(levels) - 1)
        levels.append(np.maximum(levels[-1][:-half], levels[-1][half:]))
    level = np.frexp(stop - first)[1] - 1
    result = np.empty(len(first))
    for k, maxima in enumerate(levels):
        here = level == k
        result[here] = np.maximum(maxima[first[here]], maxima[stop[here] - 2**k])
    return result


def _columns(log: npt.ArrayLike) -> tuple[Array, Array]:
    table = np.asarray(log, dtype=float).reshape(-1, 2)
    table = table[np.argsort(table[:, 0], kind="stable")]
    return table[:, 0], table[:, 1]


def _negated(log: npt.ArrayLike) -> Array:
    table = np.array(log, dtype=float).reshape(-1, 2)
    table[:, 1] *= -1
    return table
