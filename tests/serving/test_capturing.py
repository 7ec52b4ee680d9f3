"""A function's policy in one process: its own generator, settings that change, state that outlives a restart."""

import json
import threading
from datetime import UTC, datetime

import numpy as np
import pytest

from noria.records.function import CaptureSettings
from noria.records.user_rule import UserRule
from noria.serving.capturing import FunctionCapture

LABELS = ("a", "b", "c")
UNSURE = np.array([0.4, 0.35, 0.25], dtype=np.float32)
SURE = np.array([0.98, 0.01, 0.01], dtype=np.float32)
EMBEDDING = np.zeros(4, dtype=np.float32)


def draw(capture: FunctionCapture, probabilities: np.ndarray = SURE):  # type: ignore[no-untyped-def]
    return capture.draw(probabilities, LABELS, EMBEDDING, None)


def test_no_two_processes_draw_the_same_numbers() -> None:
    """Also not when both go on from the same saved state."""
    state = FunctionCapture(CaptureSettings()).to_dict()
    both = [FunctionCapture(CaptureSettings(), state) for _ in range(2)]
    draws = [draw(capture).draw for capture in both for _ in range(100)]
    assert len(set(draws)) == 200


def test_an_unsure_call_weighs_more() -> None:
    capture = FunctionCapture(CaptureSettings())
    assert draw(capture, UNSURE).weight > draw(capture, SURE).weight


def test_a_label_with_few_samples_weighs_more() -> None:
    capture = FunctionCapture(CaptureSettings(shares={"Random": 0.5, "RareClass": 0.5}))
    capture.follow(capture.settings, {"a": 50, "b": 50, "c": 50})
    before = draw(capture, UNSURE).parts["RareClass"]
    capture.follow(capture.settings, {"a": 1, "b": 50, "c": 50})
    likely_a = draw(capture, UNSURE).parts["RareClass"]
    likely_b = draw(capture, UNSURE[[1, 0, 2]]).parts["RareClass"]
    assert before > 0
    assert likely_a > likely_b


def test_a_new_budget_moves_the_threshold_and_nothing_else() -> None:
    capture = FunctionCapture(CaptureSettings(budget_per_day=100.0))
    before = draw(capture)
    capture.follow(CaptureSettings(budget_per_day=1000.0), {})
    after = draw(capture)
    assert after.threshold > 5 * before.threshold
    assert after.weight == pytest.approx(before.weight, rel=0.1)


def test_no_budget_captures_nothing() -> None:
    capture = FunctionCapture(CaptureSettings(budget_per_day=0.0))
    assert not any(draw(capture, UNSURE).captured for _ in range(100))


def test_the_running_state_survives_as_json() -> None:
    settings = CaptureSettings(budget_per_day=100_000.0)  # so that a capture more or less moves little
    capture = FunctionCapture(settings)
    for _ in range(500):
        draw(capture, UNSURE)
    saved = json.loads(json.dumps(capture.to_dict()))
    restored = FunctionCapture(settings, saved)
    assert draw(restored, SURE).weight == pytest.approx(draw(capture, SURE).weight, rel=1e-3)
    assert draw(restored).threshold == pytest.approx(draw(capture).threshold, rel=1e-2)


@pytest.mark.parametrize(
    "state", [{"means": 3}, {"means": {}, "budget": {"now_s": "yesterday"}}, {"other": 1}]
)
def test_a_state_that_can_not_be_read_is_begun_afresh(state: dict[str, object]) -> None:
    assert draw(FunctionCapture(CaptureSettings(), state)).threshold > 0


def test_shares_of_a_rule_that_is_gone_fall_back_to_random() -> None:
    capture = FunctionCapture(CaptureSettings(shares={"Random": 0.5, "Uninstalled": 0.5}))
    outcome = draw(capture)
    assert dict(outcome.parts) == {"Random": 1.0}


def test_draws_that_were_shed_lower_the_threshold() -> None:
    capture = FunctionCapture(CaptureSettings())
    before = draw(capture).threshold
    capture.shed()
    assert draw(capture).threshold == pytest.approx(before / 2, rel=0.05)


def test_captures_of_other_processes_spend_the_same_budget() -> None:
    capture = FunctionCapture(CaptureSettings(budget_per_day=200.0))
    capture.sync(0, 0)
    before = draw(capture).threshold
    capture.sync(80, 0)  # of 100 at rest
    assert draw(capture).threshold < before / 3


def test_copies_of_what_is_known_are_not_taken_for_calls_of_others() -> None:
    capture, twin = (FunctionCapture(CaptureSettings(), now=lambda: 0.0) for _ in range(2))
    for each in (capture, twin):
        each.sync(0, 0)
    for _ in range(500):
        capture.passed()
    capture.sync(0, 500)
    assert draw(capture).threshold == pytest.approx(draw(twin).threshold)


def test_settings_that_change_while_calls_are_drawn_tear_nothing() -> None:
    capture = FunctionCapture(CaptureSettings())
    ending = threading.Event()

    def change() -> None:
        budget = 100.0
        while not ending.is_set():
            budget = 10_100.0 - budget
            capture.follow(CaptureSettings(budget_per_day=budget), {"a": int(budget)})
            capture.to_dict()

    thread = threading.Thread(target=change)
    thread.start()
    outcomes = [draw(capture, UNSURE) for _ in range(2000)]
    ending.set()
    thread.join()
    assert all(
        outcome.captured == (outcome.draw < outcome.weight * outcome.threshold) for outcome in outcomes
    )
    assert all(0 < outcome.threshold <= 10 for outcome in outcomes)


def ruled(expression: str, **more: object) -> FunctionCapture:
    rules = (UserRule("mine", expression),)
    return FunctionCapture(CaptureSettings(budget_per_day=1e9, rules=rules, **more))  # type: ignore[arg-type]


def test_a_captured_call_names_the_rules_that_asked_for_it() -> None:
    capture = ruled('label == "refund" and hour == 3')
    at = datetime(2025, 6, 1, 3, tzinfo=UTC)
    asked = [capture.draw(SURE, LABELS, EMBEDDING, None, label="refund", at=at) for _ in range(200)]
    assert {outcome.rules for outcome in asked if outcome.captured} == {("mine",)}
    assert {outcome.rules for outcome in asked if not outcome.captured} <= {()}
    assert all(outcome.parts["Rule"] > 0 for outcome in asked)


def test_the_share_of_rules_is_their_share_of_captures() -> None:
    """A tenth of the calls has what the rule asks for: their weight by it is a fifth of all weight."""
    capture = ruled('metadata.tier == "gold"')
    gold, other = {"tier": "gold"}, {"tier": "tin"}
    outcomes = [capture.draw(SURE, LABELS, EMBEDDING, other if i % 10 else gold) for i in range(3000)]
    parts = [outcome.parts.get("Rule", 0.0) for outcome in outcomes[1000:]]
    assert np.mean(parts) == pytest.approx(0.2, abs=0.02)


def test_changed_rules_are_asked_from_the_next_call_on() -> None:
    capture = ruled("confidence > 0.5")
    for _ in range(500):
        draw(capture)
    capture.follow(CaptureSettings(rules=(UserRule("mine", "confidence > 0.6"),)), {})
    assert draw(capture).parts["Rule"] == pytest.approx(
        0.2 / 0.35
    )  # against the prior, not the old rule's mean
    assert draw(capture, UNSURE).parts["Rule"] == 0.0
    capture.follow(CaptureSettings(), {})
    assert "Rule" not in draw(capture).parts


def test_a_rule_that_cannot_be_read_any_more_asks_for_nothing() -> None:
    assert draw(ruled("colour == 3")).parts["Rule"] == 0.0


def test_settings_that_held_in_the_last_day_are_remembered_through_a_restart() -> None:
    now = [0.0]
    capture = FunctionCapture(CaptureSettings(budget_per_day=100.0), now=lambda: now[0])
    for now[0], budget in ((50_000.0, 200.0), (90_000.0, 300.0), (150_000.0, 300.0), (160_000.0, 400.0)):
        capture.follow(CaptureSettings(budget_per_day=budget), {})
    restored = FunctionCapture(
        CaptureSettings(budget_per_day=400.0), json.loads(json.dumps(capture.to_dict())), now=lambda: now[0]
    )
    for each in (capture, restored):
        assert [(c.since_s, c.budget_per_day) for c in each.courses] == [
            (50_000.0, 200.0),
            (90_000.0, 300.0),
            (160_000.0, 400.0),
        ]
