"""What other settings would have captured, told from captures alone, beside what they do capture."""

from datetime import UTC, datetime

import numpy as np
import pytest

from noria.capture.call import Call, CaptureState
from noria.capture.policy import Outcome, Policy, decide
from noria.capture.preview import Preview, Recorded, preview
from noria.records.capture import Capture

CALLS = 40_000
TAU = 0.05
LABELS = ("a", "b", "c")
BEFORE = {"Random": 0.2, "LowConfidence": 0.55, "RareClass": 0.25}
MEANS = {"LowConfidence": 0.5, "RareClass": 0.3}


def decisions(shares: dict[str, float], tau: float) -> list[tuple[str, Outcome]]:
    """One and the same day of calls under these shares."""
    rng, policy = np.random.default_rng(3), Policy.of(shares)
    state, made = CaptureState(np.array([50.0, 10.0, 2.0]), MEANS), []
    for p in rng.dirichlet([0.6, 0.4, 0.2], size=CALLS):
        outcome = decide(Call(p, LABELS), state, policy, tau, float(rng.random()))
        made.append((LABELS[int(p.argmax())], outcome))
    return made


def captures(made: list[tuple[str, Outcome]]) -> list[Capture]:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Capture(
            f"capture_{i}",
            "function_x",
            f"sample_{i}",
            None,
            at,
            o.draw,
            o.weight,
            o.threshold,
            o.key,
            o.parts,
            label,
            0.5,
        )
        for i, (label, o) in enumerate(made)
        if o.captured
    ]


@pytest.fixture(scope="module")
def day() -> list[Capture]:
    return captures(decisions(BEFORE, TAU))


def tried(day: list[Capture], shares: dict[str, float], wanted: float) -> Preview:
    return preview([Recorded.of(each, BEFORE) for each in day], shares, wanted)


def test_the_same_settings_would_stage_the_same(day: list[Capture]) -> None:
    told = tried(day, BEFORE, len(day))
    assert told.total == pytest.approx(len(day), rel=1e-6)
    assert {c.id for c in told.staged} | {c.id for c in told.passed} == {c.id for c in day}
    assert len(told.passed) <= 1  # one that was drawn at the very edge


@pytest.mark.parametrize(
    "shares", [{"Random": 0.8, "LowConfidence": 0.1, "RareClass": 0.1}, {"Random": 0.1, "LowConfidence": 0.0, "RareClass": 0.9}]
)  # fmt: skip
def test_other_shares_bring_what_the_preview_says(day: list[Capture], shares: dict[str, float]) -> None:
    really = decisions(shares, TAU)
    expected = sum(o.propensity for _, o in really)
    told = tried(day, shares, expected)
    by_label = {label: sum(o.propensity for other, o in really if other == label) for label in LABELS}
    assert told.total == pytest.approx(expected, rel=0.01)
    assert dict(told.by_label) == pytest.approx(by_label, rel=0.15)
    by_reason = {
        r: sum(o.propensity * o.parts[r] / o.weight for _, o in really) for r, s in shares.items() if s
    }
    assert dict(told.by_reason) == pytest.approx(by_reason, rel=0.12)


def test_half_the_budget_stages_half_and_all_of_it_among_those_captured(day: list[Capture]) -> None:
    told = tried(day, BEFORE, len(day) / 2)
    assert told.total == pytest.approx(len(day) / 2, rel=1e-6)
    assert len(told.staged) == pytest.approx(len(day) / 2, rel=0.1)


def test_scores_come_back_from_parts_that_were_capped() -> None:
    shares = {"Random": 0.1, "LowConfidence": 0.9}
    loud = CaptureState(np.array([1.0, 1.0]), {"LowConfidence": 0.02})
    outcome = decide(Call(np.array([0.5, 0.5]), ("a", "b")), loud, Policy.of(shares), 0.1, 0.0)
    assert outcome.weight == pytest.approx(2.0)
    (capture,) = captures([("a", outcome)])
    assert Recorded.of(capture, shares).ratios["LowConfidence"] == pytest.approx(20.0)


def test_a_rule_without_scores_is_counted_by_its_share_and_named(day: list[Capture]) -> None:
    told = tried(day, {"Random": 0.5, "Novel": 0.5}, 1000)
    assert told.unknown == ("Novel",)
    assert dict(told.by_reason) == pytest.approx({"Random": 500, "Novel": 500})
    assert sum(told.by_label.values()) == pytest.approx(500)


def test_more_than_all_calls_can_not_be_staged(day: list[Capture]) -> None:
    assert tried(day, BEFORE, 10 * CALLS).total == pytest.approx(CALLS, rel=0.1)


def test_no_captures_tell_nothing() -> None:
    told = preview([], {"Random": 1.0}, 0.0)
    assert (told.total, told.staged, told.passed) == (0.0, (), ())
