import json

import numpy as np
import pytest

from noria.capture.budget import DAY_S, MAX_TAU, BudgetController

Times = np.ndarray


def drive(budget: BudgetController, times: Times, rng: np.random.Generator) -> Times:
    """Send calls with weights of mean 1 through the controller; returns the times of captures."""
    captured = []
    for now, weight in zip(times, rng.choice([0.2, 0.6, 2.2], size=len(times)), strict=True):
        hit = bool(rng.random() < weight * budget.threshold(now))
        budget.observe(now, float(weight), hit)
        if hit:
            captured.append(now)
    return np.array(captured)


def arrivals(per_day: float, days: float, rng: np.random.Generator, start_s: float = 0.0) -> Times:
    return start_s + np.sort(rng.random(rng.poisson(per_day * days))) * days * DAY_S


def by_day(captured: Times, days: int) -> Times:
    return np.histogram(captured, np.arange(days + 1) * DAY_S)[0]


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


@pytest.mark.parametrize(("budget", "per_day"), [(200, 4000), (200, 20_000), (24, 2000)])
def test_steady_traffic_gives_the_budget(budget: float, per_day: float) -> None:
    random = rng()
    captured = drive(BudgetController(budget, 0.0), arrivals(per_day, 6, random), random)
    assert len(captured) == pytest.approx(6 * budget, rel=0.1)


def test_of_a_first_burst_some_are_captured_but_not_all() -> None:
    random = rng()
    runs = [
        len(drive(BudgetController(200, 0.0), np.sort(random.random(50)) * 60, random)) for _ in range(200)
    ]
    assert 4 < np.mean(runs) < 12
    assert np.mean(np.array(runs) == 0) < 0.01


def test_a_first_hour_of_heavy_traffic_leaves_budget_for_the_day() -> None:
    random = rng()
    captured = drive(BudgetController(200, 0.0), arrivals(5 * DAY_S, 1 / 24, random), random)
    assert 20 < len(captured) < 80


def test_quiet_nights_leave_the_days_budget_whole() -> None:
    random = rng()
    times = arrivals(40_000, 8, random)
    awake = (times % DAY_S > 8 * 3600) & (times % DAY_S < 20 * 3600)
    captured = drive(BudgetController(200, 0.0), times[awake], random)
    assert by_day(captured, 8)[1:] == pytest.approx(np.full(7, 200), rel=0.2)


def test_a_burst_takes_no_more_than_its_part() -> None:
    random = rng()
    burst = 2 * DAY_S + np.arange(0, 1800, 0.1)
    times = np.sort(np.concatenate([arrivals(2000, 5, random), burst]))
    captured = drive(BudgetController(200, 0.0), times, random)
    assert np.sum((captured >= burst[0]) & (captured <= burst[-1])) < 80
    assert by_day(captured, 5)[3:].min() > 80


def test_traffic_that_grows_tenfold_costs_no_more() -> None:
    random = rng()
    times = np.concatenate([arrivals(2000, 3, random), arrivals(20_000, 3, random, 3 * DAY_S)])
    captured = drive(BudgetController(200, 0.0), times, random)
    assert by_day(captured, 6)[3:].sum() == pytest.approx(600, rel=0.15)


def test_traffic_below_the_budget_is_captured_whole() -> None:
    random = rng()
    times = arrivals(60, 6, random)
    captured = drive(BudgetController(200, 0.0), times, random)
    assert np.sum(captured > 3 * DAY_S) > 0.95 * np.sum(times > 3 * DAY_S)


def test_after_a_silent_week_a_burst_is_not_captured_whole() -> None:
    random = rng()
    captured = drive(BudgetController(200, 0.0), 7 * DAY_S + np.arange(300) * 0.2, random)
    assert 20 < len(captured) < 130


def test_no_budget_captures_nothing() -> None:
    assert BudgetController(0, 0.0).threshold(1e6) == 0


def test_a_budget_that_comes_later_starts_at_a_sensible_pace() -> None:
    budget = BudgetController(0, 0.0)
    budget.set_budget(200)
    assert 0 < budget.threshold(60.0) < MAX_TAU


def test_the_threshold_is_never_zero_with_a_budget() -> None:
    budget = BudgetController(10, 0.0)
    for _ in range(100):
        budget.observe(1.0, 1.0, captured=True)
    assert 0 < budget.threshold(1.0) < 0.1


def test_the_threshold_is_bounded_above() -> None:
    assert BudgetController(1e6, 0.0).threshold(1000 * DAY_S) <= MAX_TAU


def test_a_capture_lowers_the_threshold() -> None:
    with_capture, without = BudgetController(200, 0.0), BudgetController(200, 0.0)
    with_capture.observe(1.0, 1.0, captured=True)
    without.observe(1.0, 1.0, captured=False)
    assert with_capture.threshold(1.0) < without.threshold(1.0)


def test_captures_of_another_process_lower_the_threshold() -> None:
    budget = BudgetController(200, 0.0)
    budget.sync(0.0, captured_total=100, invokes_total=1000)
    before = budget.threshold(0.0)
    budget.sync(0.0, captured_total=120, invokes_total=1000)
    assert budget.threshold(0.0) < before


def test_its_own_captures_do_not_count_twice() -> None:
    budget = BudgetController(200, 0.0)
    budget.sync(0.0, captured_total=100, invokes_total=1000)
    budget.observe(0.0, 1.0, captured=True)
    before = budget.threshold(0.0)
    budget.sync(0.0, captured_total=101, invokes_total=1001)
    assert budget.threshold(0.0) == pytest.approx(before)


def test_totals_that_lag_are_made_up_for() -> None:
    budget = BudgetController(200, 0.0)
    budget.sync(0.0, captured_total=100, invokes_total=1000)
    budget.observe(0.0, 1.0, captured=True)
    before = budget.threshold(0.0)
    budget.sync(0.0, captured_total=100, invokes_total=1000)
    budget.sync(0.0, captured_total=101, invokes_total=1001)
    assert budget.threshold(0.0) == pytest.approx(before)


def test_two_processes_together_keep_to_one_budget() -> None:
    random = rng()
    pair = [BudgetController(200, 0.0), BudgetController(200, 0.0)]
    captured = np.zeros(2)
    for n, now in enumerate(arrivals(10_000, 5, random)):
        mine = pair[n % 2]
        hit = bool(random.random() < mine.threshold(now))
        mine.observe(now, 1.0, hit)
        captured[n % 2] += hit
        if n % 20 == 0:
            for each in pair:
                each.sync(now, captured.sum(), n + 1)
    assert captured.sum() == pytest.approx(1000, rel=0.1)
    assert captured[0] == pytest.approx(captured[1], rel=0.2)


def test_a_shed_draw_lowers_the_threshold_for_a_while() -> None:
    budget = BudgetController(200, 0.0)
    before = budget.threshold(0.0)
    budget.shed()
    assert budget.threshold(0.0) == pytest.approx(before / 2)
    assert budget.threshold(600.0) > 0.99 * before


def test_a_restart_goes_on_where_it_was() -> None:
    random = rng()
    budget = BudgetController(200, 0.0)
    drive(budget, arrivals(5000, 2, random), random)
    again = BudgetController.from_dict(json.loads(json.dumps(budget.to_dict())), 200)
    assert again.threshold(2 * DAY_S) == pytest.approx(budget.threshold(2 * DAY_S))


def test_a_larger_budget_raises_the_threshold() -> None:
    budget = BudgetController(200, 0.0)
    before = budget.threshold(0.0)
    budget.set_budget(400)
    assert budget.threshold(0.0) == pytest.approx(2 * before)


def test_a_clock_set_back_stands_still() -> None:
    budget = BudgetController(200, 1000.0)
    assert budget.threshold(0.0) == budget.threshold(1000.0)


def test_twelve_silent_hours_every_night_cost_nothing_of_the_budget() -> None:
    random = rng()
    times = arrivals(10_000, 8, random)
    awake = (times % DAY_S > 8 * 3600) & (times % DAY_S < 20 * 3600)
    captured = drive(BudgetController(200, 0.0), times[awake], random)
    assert by_day(captured, 8)[1:].sum() == pytest.approx(7 * 200, rel=0.05)


def test_an_hour_of_twenty_times_the_traffic_gets_little_more_than_its_time() -> None:
    random = rng()
    quiet, burst = arrivals(5000, 3, random), arrivals(20 * 5000, 1 / 24, random, 2.5 * DAY_S)
    captured = drive(BudgetController(480, 0.0), np.sort(np.concatenate([quiet, burst])), random)
    assert np.sum((captured >= burst[0]) & (captured <= burst[-1])) < 0.15 * 480


def test_days_after_a_burst_do_not_starve() -> None:
    random = rng()
    quiet, burst = arrivals(5000, 4, random), arrivals(20 * 5000, 1 / 24, random, 1.9 * DAY_S)
    captured = drive(BudgetController(480, 0.0), np.sort(np.concatenate([quiet, burst])), random)
    assert by_day(captured, 4)[1:].min() > 0.85 * 480


def test_calls_that_can_never_be_captured_cost_nothing_of_the_budget() -> None:
    random, budget, captured = rng(), BudgetController(100, 0.0), 0
    for n, now in enumerate(arrivals(10_000, 5, random)):
        drawn = n % 10 == 0  # the others are copies of what is annotated
        hit = drawn and bool(random.random() < budget.threshold(now))
        budget.observe(now, float(drawn), hit)
        captured += hit
        if n % 100 == 0:
            budget.sync(now, captured, n + 1)
    assert captured == pytest.approx(500, rel=0.1)


def test_calls_of_others_weigh_as_much_as_its_own() -> None:
    light, usual = BudgetController(200, 0.0), BudgetController(200, 0.0)
    for budget, weight in ((light, 0.0), (usual, 1.0)):
        for _ in range(500):
            budget.observe(0.0, weight, captured=False)
        budget.sync(0.0, 0, 500)
    before = [budget._long.weight for budget in (light, usual)]
    for budget in (light, usual):
        budget.sync(0.0, 0, 1500)
    gained = [budget._long.weight - b for budget, b in zip((light, usual), before, strict=True)]
    assert gained[0] < 0.1 * gained[1]


def test_what_others_captured_while_it_was_away_is_counted() -> None:
    budget = BudgetController(200, 0.0)
    budget.sync(0.0, captured_total=100, invokes_total=1000)
    budget.observe(0.0, 1.0, captured=True)
    again = BudgetController.from_dict(json.loads(json.dumps(budget.to_dict())), 200)
    before = again.threshold(0.0)
    again.sync(0.0, captured_total=121, invokes_total=1001)
    assert again.threshold(0.0) == pytest.approx(before * (99 - 20) / 99)  # of 100 at rest, one was its own


def test_what_it_had_counted_before_a_restart_is_not_counted_twice() -> None:
    budget = BudgetController(200, 0.0)
    budget.sync(0.0, captured_total=100, invokes_total=1000)
    budget.observe(0.0, 1.0, captured=True)
    again = BudgetController.from_dict(json.loads(json.dumps(budget.to_dict())), 200)
    before = again.threshold(0.0)
    again.sync(0.0, captured_total=101, invokes_total=1001)
    assert again.threshold(0.0) == pytest.approx(before)


def test_state_of_an_older_server_is_read() -> None:
    state = BudgetController(200, 0.0).to_dict()
    older = {key: state[key] for key in ("now_s", "level", "budget_per_day", "long", "short")}
    assert BudgetController.from_dict(older, 200).threshold(0.0) == BudgetController(200, 0.0).threshold(0.0)


def _hours(per_day: float, hours: float, random: np.random.Generator, start_s: float) -> Times:
    return arrivals(per_day, hours / 24, random, start_s)


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.8, 0.1, 0.1)])
def test_processes_that_do_not_hear_of_each_other_keep_to_the_one_budget(shares: tuple[float, ...]) -> None:
    """Two days with a sync each minute, a day without, and a day with it again."""
    random, per_day, budget = rng(), 20_000.0, 400.0
    processes = [BudgetController(budget, 0.0) for _ in shares]
    captured: list[float] = []
    totals = np.zeros(2)
    for minute in range(4 * 1440):
        start_s = minute * 60.0
        before = len(captured)
        for process, share in zip(processes, shares, strict=True):
            captured.extend(drive(process, _hours(share * per_day, 1 / 60, random, start_s), random))
        totals += (len(captured) - before, per_day / 1440)
        if not 2 <= minute / 1440 < 3:
            for process in processes:
                process.sync(start_s + 60, *totals)
    days = by_day(np.array(captured), 4)
    assert days[2] == pytest.approx(budget, rel=0.25)
    assert days[3] == pytest.approx(budget, rel=0.25)
