"""A call with tags is as uncertain as its least certain tag."""

import numpy as np
import pytest

from noria.capture.call import CaptureState
from noria.capture.rules import rules
from noria.capture.tags_call import TagsCall
from noria.errors import TooFewLabels

HALVES = np.full(3, 0.5)


def call(*p: float, thresholds: object = HALVES) -> TagsCall:
    return TagsCall(np.array(p), ("a", "b", "c")[: len(p)], thresholds=np.asarray(thresholds))


@pytest.mark.parametrize(
    ("p", "confidence"),
    [((0.9, 0.1, 0.05), 0.9), ((0.9, 0.4, 0.05), 0.6), ((0.51, 0.0, 1.0), 0.51), ((0.0, 0.0, 0.0), 1.0)],
)
def test_its_confidence_is_that_of_the_tag_in_doubt(p: tuple[float, ...], confidence: float) -> None:
    assert call(*p).confidence == pytest.approx(confidence)
    assert call(*p).margin == pytest.approx(2 * confidence - 1)


def test_a_tag_is_in_doubt_near_its_own_threshold() -> None:
    near = call(0.2, 0.9, 0.01, thresholds=[0.2, 0.5, 0.5])
    assert (near.least_certain, near.confidence) == (0, pytest.approx(0.5))


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_thresholds_at_either_end_are_taken(threshold: float) -> None:
    assert 0.5 <= call(0.3, 0.3, 0.3, thresholds=np.full(3, threshold)).confidence <= 1


def test_without_tags_there_is_no_doubt_to_tell() -> None:
    with pytest.raises(TooFewLabels):
        _ = call(thresholds=[]).two_largest


def test_rules_score_a_doubtful_tag_higher_and_a_rare_one_highest() -> None:
    state = CaptureState(np.array([100.0, 100.0, 1.0]))
    for reason in ("LowConfidence", "RareClass"):
        sure, doubtful = call(0.95, 0.02, 0.02), call(0.95, 0.02, 0.45)
        assert rules()[reason].score(doubtful, state) > rules()[reason].score(sure, state)
    frequent, rare = call(0.45, 0.02, 0.02), call(0.02, 0.02, 0.45)
    assert rules()["RareClass"].score(rare, state) > rules()["RareClass"].score(frequent, state)
