"""Is a call captured as often as its propensity says, also while the budget moves tau?"""

import numpy as np
import pytest
from scipy.stats import chi2

from noria.capture.budget import DAY_S, BudgetController
from noria.capture.call import Call, CaptureState
from noria.capture.policy import Policy, decide
from noria.capture.traffic import TrafficMeans
from noria.records.function import CaptureSettings

BANDS = 20
N_LABELS = 6


def decisions(n: int, seed: int) -> np.ndarray:
    """(n, 3): draw, propensity, captured; ten simulated days with bursts, nights and a budget that moves tau."""
    rng = np.random.default_rng(seed)
    policy, means = Policy.of(CaptureSettings().shares), TrafficMeans()
    labels = tuple(f"label_{i}" for i in range(N_LABELS))
    calls = [Call(p, labels) for p in rng.dirichlet(np.full(N_LABELS, 0.3), size=2000)]
    counts = np.arange(2.0, 2.0 + N_LABELS)
    gaps = rng.exponential(1.0, n) * np.where(np.arange(n) // (n // 20 + 1) % 2, 0.2, 1.8)
    times = np.cumsum(gaps) * 10 * DAY_S / n
    budget = BudgetController(n / 40, 0.0)
    seen = np.empty((n, 3))
    for i, (now, draw) in enumerate(zip(times.tolist(), rng.random(n).tolist(), strict=True)):
        state = CaptureState(counts, means.means())
        made = decide(calls[i * 7919 % len(calls)], state, policy, budget.threshold(now), draw)
        means.observe(made.scores)
        budget.observe(now, made.weight, made.captured)
        seen[i] = made.draw, made.propensity, made.captured
    return seen


def chi_square(propensity: np.ndarray, captured: np.ndarray) -> float:
    """Over bands of equal size: how far the captures are from what the propensities add up to."""
    order = np.argsort(propensity, kind="stable")
    total = 0.0
    for band in np.array_split(order, BANDS):
        p = propensity[band]
        total += (captured[band].sum() - p.sum()) ** 2 / (p * (1 - p)).sum()
    return total


def check(seen: np.ndarray) -> None:
    draw, propensity, captured = seen.T
    inside = propensity < 1
    assert captured[~inside].all()
    statistic = chi_square(propensity[inside], captured[inside])
    serial = np.corrcoef(draw[:-1], draw[1:])[0, 1]
    moved = np.quantile(propensity, 0.95) / np.quantile(propensity, 0.05)
    print(f"\n{len(seen):,} decisions, {captured.sum():,.0f} captured, "
          f"chi-square {statistic:.1f} on {BANDS} bands, serial correlation {serial:+.5f}")  # fmt: skip
    assert statistic < chi2.ppf(0.999, BANDS)
    assert abs(serial) < 4 / len(seen) ** 0.5
    assert moved > 5  # else the bands would all be the same


def test_captures_come_as_often_as_the_propensities_say() -> None:
    check(decisions(20_000, seed=1))


def test_a_rate_that_is_off_by_a_fifth_is_found() -> None:
    draw, propensity, _ = decisions(20_000, seed=1).T
    assert chi_square(propensity, draw < 1.2 * propensity) > chi2.ppf(0.999, BANDS)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_million_captures_come_as_often_as_the_propensities_say() -> None:
    check(decisions(1_000_000, seed=2))
