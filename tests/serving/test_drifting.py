"""Drift read from real rows."""

import pytest
from past_traffic import pass_traffic
from serving.parts import Serving

from noria.serving.drifting import Drifts
from noria.serving.figures import Figures

HOURS = 12 * 24


@pytest.fixture
def drifts(serving: Serving) -> Drifts:
    return Drifts(serving.storage, Figures(serving.storage))


def pets(serving: Serving) -> tuple[str, str]:
    cat, dog = (label.id for label in serving.storage.labels.all(serving.function.id))
    return cat, dog


def test_a_label_that_grew_is_found_with_its_shares(serving: Serving, drifts: Drifts) -> None:
    cat, dog = pets(serving)
    pass_traffic(
        serving.storage,
        serving.function.id,
        lambda ago: {cat: 0.3, dog: 0.7} if ago <= 48 else {cat: 0.1, dog: 0.9},
        HOURS,
    )
    report = drifts.report(serving.function.id)
    assert report.moved
    assert report.balance is not None
    move = next(move for move in report.balance.drift.moved if move.kind == cat)
    assert (move.before, move.now) == (pytest.approx(0.1, abs=0.02), pytest.approx(0.3, abs=0.04))
    assert report.end.timestamp() // 3600 - move.since == pytest.approx(48, abs=3)


def test_answers_that_grow_unsure_are_found_without_any_label(serving: Serving, drifts: Drifts) -> None:
    cat, dog = pets(serving)
    pass_traffic(
        serving.storage,
        serving.function.id,
        lambda _: {cat: 0.5, dog: 0.5},
        HOURS,
        confidence=lambda ago: 0.52 if ago <= 48 else 0.97,
    )
    report = drifts.report(serving.function.id)
    assert report.balance is not None
    assert report.confidence is not None
    assert not report.balance.drift.moved
    assert {move.kind for move in report.confidence.drift.moved} == {"40–60", "95–100"}
    assert report.mean_confidence == (pytest.approx(0.97, abs=0.03), pytest.approx(0.52, abs=0.03))


def test_a_version_that_is_new_is_told(serving: Serving, drifts: Drifts) -> None:
    cat, dog = pets(serving)
    pass_traffic(
        serving.storage,
        serving.function.id,
        lambda _: {cat: 0.5, dog: 0.5},
        HOURS,
        version_id=lambda ago: "model_new" if ago <= 12 else "model_old",
    )
    assert drifts.report(serving.function.id).new_model == pytest.approx(0.5)


def test_a_function_without_calls_has_no_course(serving: Serving, drifts: Drifts) -> None:
    report = drifts.report(serving.function.id)
    assert (report.balance, report.confidence, report.moved) == (None, None, False)
