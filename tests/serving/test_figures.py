"""Figures of a window and of a version, read from real rows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from serving.parts import Serving
from taught import CATS

from noria.serving.figures import Figures, counted_labels
from noria.storage import CaptureOutcome, Judged


@pytest.fixture
def figures(serving: Serving) -> Figures:
    return Figures(serving.storage)


def test_the_curve_counts_all_calls_by_their_confidence(serving: Serving, figures: Figures) -> None:
    confidences = [serving.ask(f"bark {i}").confidence for i in range(6)]
    serving.settled()
    points = figures.live(serving.function.id).automation
    for point in points:
        assert point.share == pytest.approx(sum(c >= point.threshold for c in confidences) / 6)


def test_known_copies_are_a_stratum_of_the_curve(serving: Serving, figures: Figures) -> None:
    serving.train()
    for _ in range(3):
        serving.ask(CATS[0])
    serving.settled()
    first = figures.live(serving.function.id).automation[1].accuracy
    assert (first.value, first.low, first.counted) == (1.0, 1.0, 0)


def test_a_window_holds_whole_hours(serving: Serving, figures: Figures) -> None:
    serving.ask("bark")
    serving.settled()
    now = datetime.now(UTC)
    assert figures.live(serving.function.id, now, now + timedelta(minutes=1)).estimate.n_calls == 1
    assert figures.live(serving.function.id, now + timedelta(hours=1)).estimate.n_calls == 0
    assert figures.live(serving.function.id, None, now - timedelta(hours=1)).estimate.n_calls == 0


def test_a_version_has_only_its_own_calls(serving: Serving, figures: Figures) -> None:
    serving.ask("bark")
    version = serving.train()
    serving.ask("bark and woof")
    serving.ask("bark and bite")
    serving.settled()
    assert figures.live(serving.function.id, version_id=version).estimate.n_calls == 2
    assert sum(figures.histogram(serving.function.id, version_id=version)) == 2
    assert sum(figures.histogram(serving.function.id)) == 3


def test_the_bar_is_what_others_settled_in_any_window() -> None:
    hour = [datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in range(5)]
    judged = Judged(
        "capture", "sample", None, hour[0], hour[0], draw=0.3, weight=1.0, threshold=9.0, key=0.3,
        label_id="a", confidence=0.5, outcome=CaptureOutcome.ANNOTATED, true_label_id="a",
        settled_at=hour[1], lapsed_at=None,
    )  # fmt: skip
    log = [(hour[1], 0.1), (hour[2], 0.35), (hour[3], 0.4)]
    settlements = [(hour[1], 0.3), (hour[2], 0.1), (hour[3], 0.35)]
    counted, _ = counted_labels([judged], log, [], settlements)
    assert [label.propensity for label in counted] == pytest.approx([0.35])


def test_an_item_left_lying_is_made_up_for_as_a_skip_is() -> None:
    hour = [datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in range(5)]
    waits = Judged(
        "capture", "sample", None, hour[0], hour[0], draw=0.05, weight=1.0, threshold=9.0, key=0.05,
        label_id="a", confidence=0.5, outcome=CaptureOutcome.OPEN, true_label_id=None,
        settled_at=None, lapsed_at=None,
    )  # fmt: skip
    log = [(hour[1], 0.05), (hour[2], 0.4)]
    settlements = [(hour[1], 0.3), (hour[2], 0.05)]
    _, lost = counted_labels([replace(waits, passed_at=hour[2])], log, [], settlements)
    assert [item.propensity for item in lost] == pytest.approx([0.4])
    assert counted_labels([waits], log, [], settlements) == ([], [])
