import math

import numpy as np
import pytest

from noria.estimate.reach import counts, highest_bar, propensities, turns

FOREVER = math.inf


def pi(
    log: list[tuple[float, float]], arrived: float = 0.0, expires: float = FOREVER, **more: object
) -> float:
    """Propensity of one capture of weight 2 and threshold 0.25."""
    return float(propensities([2.0], [0.25], [arrived], [expires], log, **more)[0])  # type: ignore[arg-type]


def test_nothing_settled_yet_reaches_nothing() -> None:
    assert pi([]) == 0


def test_an_empty_queue_reaches_all_that_was_drawn() -> None:
    assert pi([(1.0, math.inf)]) == 0.5


def test_the_bar_limits_the_reach() -> None:
    assert pi([(1.0, 0.1)]) == pytest.approx(0.2)


def test_the_highest_bar_holds_for_good() -> None:
    assert pi([(1.0, 0.2), (2.0, 0.05)]) == pytest.approx(0.4)


def test_a_bar_from_before_the_arrival_does_not_hold() -> None:
    assert pi([(1.0, 0.2), (3.0, 0.05)], arrived=2.0) == pytest.approx(0.1)


def test_a_bar_at_the_moment_of_arrival_does_not_hold() -> None:
    assert pi([(2.0, 0.2)], arrived=2.0) == 0


def test_a_bar_after_the_expiry_does_not_hold() -> None:
    assert pi([(1.0, 0.05), (3.0, 0.2)], expires=2.0) == pytest.approx(0.1)


def test_no_propensity_exceeds_one() -> None:
    assert propensities([9.0], [5.0], [0.0], [FOREVER], [(1.0, math.inf)])[0] == 1


def test_an_eviction_lowers_the_reach_of_those_who_were_there() -> None:
    log, evictions = [(1.0, math.inf), (5.0, math.inf)], [(3.0, 0.1)]
    assert pi(log, evictions=evictions) == pytest.approx(0.2)
    assert pi(log, arrived=4.0, evictions=evictions) == 0.5


def test_a_weight_of_nothing_reaches_nothing() -> None:
    assert propensities([0.0], [0.25], [0.0], [FOREVER], [(1.0, math.inf)])[0] == 0


def test_the_item_that_is_the_bar_does_not_count_whatever_the_rounding() -> None:
    rng = np.random.default_rng(2)
    draws, weights = rng.random(20_000), 0.2 + 3 * rng.random(20_000)
    keys = draws / weights
    for draw, weight, key in zip(draws[:500], weights[:500], keys[:500], strict=True):
        p = propensities([weight], [math.inf], [0.0], [FOREVER], [(1.0, key)])
        assert not counts([draw], p)[0]


def test_many_reaches_at_once_are_those_one_by_one() -> None:
    rng = np.random.default_rng(4)
    times = np.sort(rng.random(700)) * 100
    log = np.column_stack([times, rng.random(700)])
    arrived = rng.random(300) * 100
    expires = arrived + rng.exponential(20, 300)
    for value, a, e in zip(highest_bar(arrived, expires, log), arrived, expires, strict=True):
        seen = log[(times > a) & (times <= e), 1]
        assert value == (seen.max() if len(seen) else 0)


def test_a_log_out_of_order_is_put_in_order() -> None:
    assert pi([(3.0, 0.05), (1.0, 0.2)], arrived=2.0) == pytest.approx(0.1)


def test_a_turn_is_a_settlement_of_the_smallest() -> None:
    log = [(1.0, 0.2), (2.0, 0.2), (3.0, math.inf)]
    keys, settled = [0.1, 0.5, 0.2], [1.0, 2.0, 3.0]
    assert turns(log, keys, settled).tolist() == [[1.0, 0.1, 0.2], [3.0, math.inf, math.inf]]


def test_without_itself_the_smallest_reaches_to_the_next() -> None:
    log, keys, settled = [(1.0, 0.3)], np.array([0.1, 0.3]), [1.0, math.inf]
    p = propensities([1, 1], [9, 9], [0, 0], [FOREVER] * 2, log, keys=keys, settled_s=settled)
    assert p == pytest.approx([0.3, 0.1])
    assert counts(keys, p).tolist() == [True, False]


def test_a_label_given_early_reaches_no_further_than_one_given_late() -> None:
    log = [(1.0, 0.1), (2.0, 0.4), (3.0, 0.4)]
    keys, settled = [0.3, 0.1, 0.35, 0.4], [1.0, 2.0, 3.0, math.inf]
    p = propensities([1] * 4, [9] * 4, [0] * 4, [FOREVER] * 4, log, keys=keys, settled_s=settled)
    assert p[0] == pytest.approx(0.35)
    assert p[1] == pytest.approx(0.4)


def test_what_was_settled_beside_the_captures_at_hand_raises_their_bar_too() -> None:
    log, beside = [(1.0, 0.5)], [(1.0, 0.25)]
    p = propensities([1], [9], [0], [FOREVER], log, keys=[0.5], settled_s=[math.inf], settlements=beside)
    assert p == pytest.approx([0.25])
