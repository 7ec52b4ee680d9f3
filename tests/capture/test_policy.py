import math
from dataclasses import dataclass

import numpy as np
import pytest

from noria.capture.call import Call, CaptureState, Likest
from noria.capture.policy import MAX_SPREAD, NEAR_COPY_FACTOR, Policy, decide, normalised
from noria.capture.rules import CaptureRule, rule
from noria.capture.traffic import TrafficMeans
from noria.errors import BadInput

CALL = Call(np.array([0.6, 0.4]), ("a", "b"))


def state(**mean_scores: float) -> CaptureState:
    return CaptureState(np.array([3.0, 3.0]), mean_scores)


@dataclass(frozen=True)
class Fixed:
    value: float
    reason: str = "Fixed"
    describe: str = "always the same"

    def score(self, call: Call, state: CaptureState) -> float:
        return self.value


class Scripted:
    reason, describe = "Scripted", "one score after the other"

    def __init__(self, scores: list[float]) -> None:
        self._scores = iter(scores)

    def score(self, call: Call, state: CaptureState) -> float:
        return next(self._scores)


class Broken(Fixed):
    def score(self, call: Call, state: CaptureState) -> float:
        raise RuntimeError("no")


def policy(other: CaptureRule, random_share: float = 0.2) -> Policy:
    return Policy(((rule("Random"), random_share), (other, 1 - random_share)))


def test_shares_are_normalised() -> None:
    assert normalised({"Random": 2, "LowConfidence": 6}) == {"Random": 0.25, "LowConfidence": 0.75}


def test_random_keeps_a_tenth_whatever_is_asked() -> None:
    assert normalised({"LowConfidence": 3, "RareClass": 1}) == pytest.approx(
        {"Random": 0.1, "LowConfidence": 0.675, "RareClass": 0.225}
    )


def test_without_other_rules_random_has_all() -> None:
    assert normalised({}) == {"Random": 1.0}


@pytest.mark.parametrize("share", [-0.1, math.nan, math.inf])
def test_a_share_that_is_no_share_is_refused(share: float) -> None:
    with pytest.raises(BadInput):
        normalised({"Random": 0.5, "LowConfidence": share})


def test_an_unknown_reason_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="Nonsense"):
        Policy.of({"Random": 0.5, "Nonsense": 0.5})


def test_a_score_at_its_mean_puts_the_share_into_the_weight() -> None:
    decided = decide(CALL, state(Fixed=5.0), policy(Fixed(5.0)), threshold=0.1, draw=0.5)
    assert decided.parts == pytest.approx({"Random": 0.2, "Fixed": 0.8})
    assert decided.weight == pytest.approx(1.0)


def test_captured_iff_the_draw_is_below_weight_times_threshold() -> None:
    at = state(Fixed=1.0)
    assert decide(CALL, at, policy(Fixed(1.0)), threshold=0.3, draw=0.29).captured
    assert not decide(CALL, at, policy(Fixed(1.0)), threshold=0.3, draw=0.31).captured


def test_the_threshold_leaves_the_weight_alone() -> None:
    low, high = (decide(CALL, state(), policy(Fixed(1.0)), threshold=t, draw=0.5) for t in (0.01, 5.0))
    assert low.weight == high.weight


def test_no_weight_exceeds_twenty_times_the_smallest() -> None:
    loud = decide(CALL, state(Fixed=1e-9), policy(Fixed(1e9), 0.1), threshold=1, draw=0.5)
    mute = decide(CALL, state(Fixed=1e-9), policy(Fixed(0.0), 0.1), threshold=1, draw=0.5)
    assert loud.weight == pytest.approx(MAX_SPREAD * mute.weight)
    assert sum(loud.parts.values()) == pytest.approx(loud.weight)


@pytest.mark.parametrize("bad", [Broken(0.0), Fixed(math.nan), Fixed(-1.0), Fixed(math.inf)])
def test_a_failing_rule_scores_zero_and_is_named(bad: CaptureRule) -> None:
    decided = decide(CALL, state(), policy(bad), threshold=1, draw=0.5)
    assert decided.failed == ("Fixed",)
    assert decided.parts["Fixed"] == 0.0
    assert decided.weight == pytest.approx(0.2)


def test_a_rule_that_works_is_not_named() -> None:
    assert decide(CALL, state(), policy(Fixed(1.0)), threshold=1, draw=0.5).failed == ()


def test_reasons_come_strongest_first() -> None:
    decided = decide(CALL, state(Fixed=1.0), policy(Fixed(1.0)), threshold=1, draw=0.5)
    assert decided.reasons == ("Fixed", "Random")


def test_shares_of_the_shipped_policy_hold_over_traffic() -> None:
    rng = np.random.default_rng(5)
    chosen = Policy.of({"Random": 0.2, "LowConfidence": 0.5, "RareClass": 0.3})
    means, parts = TrafficMeans(), {"Random": 0.0, "LowConfidence": 0.0, "RareClass": 0.0}
    counts, labels = np.arange(1.0, 11.0), tuple(map(str, range(10)))
    for n, p in enumerate(rng.dirichlet(np.full(10, 0.2), size=6000)):
        decided = decide(Call(p, labels), CaptureState(counts, means.means()), chosen, 0.1, 0.5)
        means.observe(decided.scores)
        if n >= 1000:
            parts = {reason: parts[reason] + part for reason, part in decided.parts.items()}
    assert [parts[r] / 5000 for r in parts] == pytest.approx([0.2, 0.5, 0.3], abs=0.03)


def like(similarity: float) -> Call:
    return Call(CALL.probabilities, CALL.label_ids, compare=lambda: Likest(similarity))


def test_a_near_copy_keeps_little_but_random_s_part() -> None:
    rules, known = policy(Fixed(1.0)), state(Fixed=1.0)
    assert decide(like(0.8), known, rules, 1.0, 0.5) == decide(CALL, known, rules, 1.0, 0.5)
    outcome = decide(like(0.95), known, rules, 1.0, 0.5)
    assert outcome.parts == pytest.approx({"Random": 0.2, "Fixed": 0.8 * NEAR_COPY_FACTOR})
    assert outcome.kept == pytest.approx(outcome.weight)


@pytest.mark.parametrize("similarity", [0.5, 0.95])
def test_what_is_captured_does_not_depend_on_when_a_call_is_compared(similarity: float) -> None:
    rules, known, call = policy(Fixed(1.0)), state(Fixed=1.0), like(similarity)
    for draw in np.linspace(0, 0.999, 200):
        always, lazily = (decide(call, known, rules, 0.6, draw, compare) for compare in (True, False))
        assert always.captured == lazily.captured
        if lazily.captured:
            assert always == lazily


def test_a_call_that_is_not_drawn_anyway_is_not_compared() -> None:
    asked: list[bool] = []
    call = Call(CALL.probabilities, CALL.label_ids, compare=lambda: asked.append(True))
    assert not decide(call, state(Fixed=1.0), policy(Fixed(1.0)), 0.1, 0.5, compare=False).compared
    assert not asked
    assert decide(call, state(Fixed=1.0), policy(Fixed(1.0)), 0.1, 0.05, compare=False).compared
    assert asked


def test_random_keeps_its_tenth_when_calls_become_unsure_faster_than_the_means_follow() -> None:
    chosen, means, random, total = policy(Scripted([0.1] * 3000 + [1.0] * 500), 0.1), TrafficMeans(), 0.0, 0.0
    for n in range(3500):
        at = CaptureState(np.array([3.0, 3.0]), means.means(), means.recent())
        decided = decide(CALL, at, chosen, 0.1, 0.5)
        means.observe(decided.scores)
        if n >= 3100:
            random += decided.parts["Random"]
            total += decided.weight
    assert random / total > 0.1
