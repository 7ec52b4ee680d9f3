"""The gate for tags: what captured samples stand for."""

import numpy as np
import pytest

from noria.learning.arrays import BoolArray, FloatArray
from noria.learning.tags_gate import judge_tags
from noria.records.version import GateOutcome

N = 200
PRESENT = np.arange(N)[:, None] % 2 == 0
SPOKEN = np.ones_like(PRESENT)
DIGESTS = [i.to_bytes(8, "big") for i in range(N)]
IN_DOUBT = (
    np.arange(N) < 160
)  # captured four times as often as the others, which stand for four times as many calls


def says(right: BoolArray) -> FloatArray:
    """Probabilities that are on the right side where it says so, and at random elsewhere."""
    rng = np.random.default_rng(0)
    sure = np.where(PRESENT[:, 0], 0.9, 0.1) + rng.uniform(-0.1, 0.1, N)
    return np.where(right, sure, rng.random(N))[:, None].astype(np.float32)


CANDIDATE, LIVE = says(IN_DOUBT), says(~IN_DOUBT)


def test_captured_samples_stand_for_the_calls_they_were_drawn_from() -> None:
    weights = np.where(IN_DOUBT, 1.0, 40.0).astype(np.float32)
    captured = np.ones(N, dtype=bool)
    bare = judge_tags(CANDIDATE, LIVE, PRESENT, SPOKEN, DIGESTS)
    verdict = judge_tags(CANDIDATE, LIVE, PRESENT, SPOKEN, DIGESTS, weights, captured)
    assert bare.difference is not None
    assert verdict.difference is not None
    assert (bare.difference > 0.1, verdict.difference < -0.1) == (True, True)
    assert verdict.outcome is GateOutcome.KEPT_BACK


def test_equal_weights_change_nothing_whatever_their_size() -> None:
    weights, captured = np.full(N, 25.0, dtype=np.float32), np.ones(N, dtype=bool)
    verdict = judge_tags(CANDIDATE, LIVE, PRESENT, SPOKEN, DIGESTS, weights, captured)
    bare = judge_tags(CANDIDATE, LIVE, PRESENT, SPOKEN, DIGESTS)
    assert verdict.difference == pytest.approx(bare.difference)
    assert verdict.error == pytest.approx(bare.error)


def test_brought_samples_are_not_drowned_by_captured_ones() -> None:
    captured = np.arange(N) >= 190
    weights = np.where(captured, 1000.0, 1.0).astype(np.float32)
    verdict = judge_tags(CANDIDATE, LIVE, PRESENT, SPOKEN, DIGESTS, weights, captured)
    assert verdict.difference is not None
    assert verdict.difference > 0.1
