"""Weeks of traffic as invokes would have left it: rows in the hourly sums, hour by hour back from now."""

import time
from collections.abc import Callable, Mapping

import numpy as np

from noria.storage import CaptureBatch, CellRow, Storage, SumsRow, TrafficRow

Shares = Mapping[str, float]  # of calls, by label id


def pass_traffic(
    storage: Storage,
    function_id: str,
    shares: Callable[[int], Shares],
    hours: int,
    calls: int = 100,
    confidence: Callable[[int], float] = lambda _: 0.9,
    version_id: Callable[[int], str | None] = lambda _: None,
    cells: Callable[[int], Mapping[int, float]] = lambda _: {},
) -> None:
    """`shares`, `confidence`, `version_id` and `cells` (shares by number) are told how many hours ago it is, from 1; the present hour stays empty."""
    rng, now = np.random.default_rng(5), int(time.time() // 3600)
    sums, traffic, placed = [], [], []
    for ago in range(hours, 0, -1):
        now_shares = shares(ago)
        counts = rng.multinomial(calls, list(now_shares.values()))
        sure = confidence(ago)
        for label_id, n in zip(now_shares, counts.tolist(), strict=True):
            bins = [0] * 20
            bins[min(19, int(sure * 20))] = n
            sums.append(
                SumsRow(
                    function_id,
                    now - ago,
                    version_id(ago),
                    label_id,
                    n,
                    n * sure,
                    n * sure**2,
                    n * sure,
                    tuple(bins),
                )
            )
        traffic.append(TrafficRow(function_id, now - ago, version_id(ago), n=calls))
        by_cell = cells(ago)
        counts = rng.multinomial(calls, list(by_cell.values())) if by_cell else np.zeros(0, int)
        placed += [
            CellRow(function_id, now - ago, cell, n)
            for cell, n in zip(by_cell, counts.tolist(), strict=True)
            if n
        ]
    storage.captures.commit(CaptureBatch(sums=sums, traffic=traffic, cells=placed))


def pass_tags(
    storage: Storage, function_id: str, shares: Callable[[int], Shares], hours: int, calls: int = 100
) -> None:
    """The same of a tags function: each tag has its own share, whatever others the call has."""
    rng, now = np.random.default_rng(6), int(time.time() // 3600)
    sums, traffic = [], []
    for ago in range(hours, 0, -1):
        for label_id, share in shares(ago).items():
            n = int(rng.binomial(calls, share))
            sums.append(SumsRow(function_id, now - ago, None, label_id, n, n, n, n, (0,) * 19 + (n,)))
        traffic.append(TrafficRow(function_id, now - ago, None, n=calls))
    storage.captures.commit(CaptureBatch(sums=sums, traffic=traffic))
