import numpy as np
import pytest

from noria.learning.gate import Comparison, _quantile, judge
from noria.records.version import GateOutcome


def compare(
    candidate: list[int],
    live: list[int],
    *,
    weights: list[float] | None = None,
    captured: list[int] | None = None,
) -> Comparison:
    n = len(candidate)
    return Comparison(
        np.array(candidate, np.bool_),
        np.array(live, np.bool_),
        np.array(weights or [1.0] * n, np.float32),
        np.array(captured or [0] * n, np.bool_),
    )


def test_the_first_model_goes_live() -> None:
    verdict = judge(None)
    assert verdict.outcome is GateOutcome.PROMOTED
    assert "first model" in verdict.reason
    assert verdict.difference is None


def test_nothing_in_common_promotes_and_says_so() -> None:
    verdict = judge(compare([], []))
    assert verdict.outcome is GateOutcome.PROMOTED
    assert "can't tell" in verdict.reason


def test_clearly_worse_is_kept_back_with_the_figures() -> None:
    verdict = judge(compare([1] * 60 + [0] * 40, [1] * 90 + [0] * 10))
    assert verdict.outcome is GateOutcome.KEPT_BACK
    assert verdict.difference == pytest.approx(-0.3)
    assert verdict.reason.startswith("Kept back: 30.0 points worse")
    assert "100 samples" in verdict.reason


def test_clearly_better_is_promoted_without_doubt() -> None:
    verdict = judge(compare([1] * 90 + [0] * 10, [1] * 60 + [0] * 40))
    assert verdict.outcome is GateOutcome.PROMOTED
    assert verdict.reason.startswith("Promoted: 30.0 points better")
    assert "can't tell" not in verdict.reason


def test_a_little_worse_on_few_samples_promotes_and_says_that_it_can_not_tell() -> None:
    verdict = judge(compare([1] * 8 + [0] * 2, [1] * 9 + [0]))
    assert verdict.outcome is GateOutcome.PROMOTED
    assert verdict.difference == pytest.approx(-0.1)
    assert "can't tell" in verdict.reason


@pytest.mark.parametrize("n", [1, 2, 3])
def test_three_lost_samples_prove_nothing(n: int) -> None:
    assert judge(compare([0] * n, [1] * n)).outcome is GateOutcome.PROMOTED


def test_six_lost_of_six_keep_back() -> None:
    assert judge(compare([0] * 6, [1] * 6)).outcome is GateOutcome.KEPT_BACK


@pytest.mark.parametrize(("size", "quantile"), [(4, 1.638), (11, 1.372), (31, 1.310), (1e9, 1.2816)])
def test_few_samples_need_a_wider_interval(size: float, quantile: float) -> None:
    assert _quantile(size) == pytest.approx(quantile, abs=0.012)


def test_worse_within_the_margin_goes_live_however_sure() -> None:
    n = 40_000
    candidate = np.ones(n, np.bool_)
    candidate[: n // 200] = False
    comparison = Comparison(candidate, np.ones(n, np.bool_), np.ones(n, np.float32), np.zeros(n, np.bool_))
    assert judge(comparison).outcome is GateOutcome.PROMOTED
    assert judge(comparison, margin=0.001).outcome is GateOutcome.KEPT_BACK


def test_equal_answers_are_level() -> None:
    verdict = judge(compare([1, 0] * 50, [1, 0] * 50))
    assert verdict.difference == 0
    assert verdict.outcome is GateOutcome.PROMOTED


def test_captured_samples_count_by_the_traffic_they_stand_for() -> None:
    """Lost on rare captures of common traffic, won on frequent captures of hard traffic."""
    candidate = [0] * 20 + [1] * 20
    live = [1] * 20 + [0] * 20
    weights = [20.0] * 20 + [1.0] * 20
    weighted = judge(compare(candidate, live, weights=weights, captured=[1] * 40))
    assert weighted.difference == pytest.approx((20 - 400) / 420)
    assert weighted.outcome is GateOutcome.KEPT_BACK
    assert judge(compare(candidate, live, captured=[1] * 40)).difference == pytest.approx(0)


def test_samples_that_people_brought_ignore_weights() -> None:
    verdict = judge(compare([0] * 20 + [1] * 20, [1] * 20 + [0] * 20, weights=[20.0] * 20 + [1.0] * 20))
    assert verdict.difference == pytest.approx(0)


def test_the_strata_join_by_their_effective_size() -> None:
    """Ten captures that stand for as many, all won; thirty brought samples, all level."""
    verdict = judge(compare([1] * 40, [0] * 10 + [1] * 30, captured=[1] * 10 + [0] * 30, weights=[3.0] * 40))
    assert verdict.difference == pytest.approx(0.25)


def test_one_heavy_capture_does_not_decide() -> None:
    verdict = judge(
        compare([0] + [1] * 30, [1] * 31, weights=[1000.0] + [1.0] * 30, captured=[1] * 31),
    )
    assert verdict.outcome is GateOutcome.PROMOTED


@pytest.mark.parametrize("accuracy", [0.6, 0.9])
def test_an_equally_good_candidate_is_seldom_kept_back(accuracy: float) -> None:
    rng = np.random.default_rng(0)
    kept_back = 0
    for _ in range(400):
        right = rng.random((2, 100)) < accuracy
        comparison = Comparison(right[0], right[1], np.ones(100, np.float32), np.zeros(100, np.bool_))
        kept_back += judge(comparison).outcome is GateOutcome.KEPT_BACK
    assert kept_back / 400 < 0.1
