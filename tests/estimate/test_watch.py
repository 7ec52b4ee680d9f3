"""What the watch promises: few false alarms however the calls come, and shifts found within days."""

import numpy as np
import pytest

from noria.estimate.watch import Usual, usual, watch

DAYS_BEFORE, DAYS_WATCHED = 28, 7
SHARES = np.array([0.03, 0.07, 0.2, 0.3, 0.4])


def passed(
    rng: np.random.Generator, days: int, shares: np.ndarray = SHARES, wander: float = 0.0, season: float = 0.0
) -> np.ndarray:
    """Calls by hour and kind; `wander` is the spread of logits from hour to hour, `season` that within a day."""
    rows = []
    for hour in range(24 * days):
        wave = season * np.sin(2 * np.pi * (hour / 24 + np.arange(len(shares)) / len(shares)))
        now = shares * np.exp(wander * rng.normal(size=len(shares)) + wave)
        rows.append(rng.multinomial(1 + rng.poisson(60), now / now.sum()))
    return np.array(rows, dtype=float)


def moved(before: np.ndarray, later: np.ndarray) -> np.ndarray:
    within = usual(np.arange(len(before)), before)
    assert within is not None
    return watch(later, within).evidence >= 1


@pytest.mark.parametrize(
    ("wander", "season"), [(0.0, 0.0), (0.7, 0.0), (0.0, 0.6)], ids=["even", "bursts", "daily"]
)
def test_what_stays_as_it_is_raises_no_alarm(wander: float, season: float) -> None:
    rng = np.random.default_rng(3)
    alarms = [
        moved(
            passed(rng, DAYS_BEFORE, wander=wander, season=season),
            passed(rng, DAYS_WATCHED, wander=wander, season=season),
        ).any()
        for _ in range(40)
    ]
    assert sum(alarms) == 0


def test_evidence_passes_one_as_seldom_as_promised() -> None:
    """Where the mean lies on the edge of the range; the promise is one year of hours between false alarms."""
    rng = np.random.default_rng(4)
    edge = Usual(np.zeros(1), np.array([0.3]))
    years = 40
    alarms = 0
    for _ in range(years * 52):
        kinds = rng.beta(3, 7, size=(7 * 24, 1))  # an hour's share, with mean 0.3
        alarms += bool(
            watch(
                np.hstack([kinds, 1 - kinds]), Usual(np.append(edge.low, 0), np.append(edge.high, 1))
            ).evidence[0]
            >= 1
        )
    assert alarms <= 1.2 * years


def test_a_share_that_trebles_is_found_within_days_and_named_from_its_first_hour() -> None:
    rng = np.random.default_rng(5)
    before, shifted = passed(rng, DAYS_BEFORE), np.array([0.09, 0.07, 0.2, 0.24, 0.4])
    later = np.vstack([passed(rng, 4), passed(rng, 3, shifted)])
    within = usual(np.arange(len(before)), before)
    assert within is not None
    seen = watch(later, within)
    assert seen.evidence[0] >= 1
    assert abs(int(seen.began[0]) - 4 * 24) <= 3
    assert (seen.evidence[[1, 2, 4]] < 1).all()


def test_evidence_wanes_when_the_share_comes_back() -> None:
    within = Usual(np.array([0.1, 0.5]), np.array([0.2, 0.9]))
    away, back = np.tile([60.0, 40.0], (48, 1)), np.tile([15.0, 85.0], (96, 1))
    assert watch(away, within).evidence[0] >= 1
    assert watch(np.vstack([away, back]), within).evidence[0] < 1


def test_a_share_that_wanders_has_a_wider_range() -> None:
    rng, hours = np.random.default_rng(6), np.arange(24 * DAYS_BEFORE)
    steady = usual(hours, passed(rng, DAYS_BEFORE))
    days = [passed(rng, 1, SHARES * np.exp(0.5 * rng.normal(size=5))) for _ in range(DAYS_BEFORE)]
    wandering = usual(hours, np.vstack(days))
    assert steady is not None
    assert wandering is not None
    assert (wandering.high - wandering.low > 2 * (steady.high - steady.low)).all()


def test_nothing_is_usual_after_a_day() -> None:
    assert usual(np.arange(24), passed(np.random.default_rng(0), 1)) is None
    assert usual(np.arange(0), np.zeros((0, 5))) is None


def test_one_strange_hour_is_no_drift() -> None:
    rng = np.random.default_rng(7)
    later = passed(rng, DAYS_WATCHED)
    later[100] = [5000, 0, 0, 0, 0]
    assert not moved(passed(rng, DAYS_BEFORE), later).any()
