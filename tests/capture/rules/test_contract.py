"""What every rule keeps to; a rule is enrolled by being registered."""

import numpy as np
import pytest

from noria.capture.call import Call, CaptureState
from noria.capture.rules import CaptureRule, rules
from noria.records.capture import CaptureReason

RULES = list(rules().values())


def calls(n_labels: int) -> list[Call]:
    rng = np.random.default_rng(7)
    ids = tuple(f"label_{i}" for i in range(n_labels))
    drawn = list(rng.dirichlet(np.full(n_labels, 0.2), size=50))
    even, sure = np.full(n_labels, 1 / n_labels), np.eye(n_labels)[0]
    return [Call(p.astype(np.float32), ids) for p in [*drawn, even, sure]]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.reason)
@pytest.mark.parametrize("n_labels", [2, 3, 77])
def test_scores_are_finite_and_not_negative(rule: CaptureRule, n_labels: int) -> None:
    for counts in (np.zeros(n_labels), np.arange(float(n_labels))):
        scores = [rule.score(call, CaptureState(counts)) for call in calls(n_labels)]
        assert np.all(np.isfinite(scores))
        assert min(scores) >= 0


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.reason)
def test_equal_calls_score_equally(rule: CaptureRule) -> None:
    call, state = calls(5)[0], CaptureState(np.ones(5))
    assert rule.score(call, state) == rule.score(call, state)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.reason)
def test_rules_leave_the_call_as_it_is(rule: CaptureRule) -> None:
    call, counts = calls(5)[0], np.arange(5.0)
    before = call.probabilities.copy()
    rule.score(call, CaptureState(counts))
    assert np.array_equal(call.probabilities, before)
    assert np.array_equal(counts, np.arange(5.0))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.reason)
def test_rules_say_why_in_words(rule: CaptureRule) -> None:
    assert len(rule.describe.split()) >= 3


def test_the_first_three_rules_are_there() -> None:
    assert {CaptureReason.RANDOM, CaptureReason.LOW_CONFIDENCE, CaptureReason.RARE_CLASS} <= set(rules())
