"""What the panel makes of figures."""

from datetime import UTC, datetime

import pytest

from noria.records.version import GateOutcome, ModelVersion
from noria.server.dashboard.panel import accuracy_curve, pace
from noria.serving.events import Answered


def answers(*at: float) -> list[Answered]:
    return [Answered(t, "text", "label", 0.5, ()) for t in at]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ((), 0),
        ((99.0,), 0),
        ((30.0, 20.0), 0),  # the newest is over a minute old
        ((99.0, 80.0, 20.0), 2),  # two in the last minute
        ((99.0, 97.0, 95.0, 94.0), 40),  # only the latest few are known: four in six seconds
    ],
)
def test_the_pace_is_told_from_the_latest_answers(at: tuple[float, ...], expected: float) -> None:
    assert pace(answers(*at), now=100.0) == pytest.approx(expected)


def version(number: int, **scores: float) -> ModelVersion:
    return ModelVersion(
        id=f"model_{number}", function_id="function_x", number=number, created_at=datetime.now(UTC), trained_seq=1,
        encoder="tiny", n_samples=4, n_labels=2, outcome=GateOutcome.PROMOTED, reason="", scores=scores,
        train_seconds=0.1,
    )  # fmt: skip


def test_the_curve_is_of_held_out_samples_where_there_are_any() -> None:
    newest_first = [version(2, cv_accuracy=0.5, held_out_accuracy=0.8), version(1, cv_accuracy=0.9)]
    drawn = accuracy_curve(newest_first)
    assert drawn is not None
    assert (drawn.what, drawn.values) == ("Held-out accuracy", [(2, 0.8)])


def test_without_held_out_samples_the_curve_is_named_cross_validated() -> None:
    drawn = accuracy_curve([version(2, cv_accuracy=0.7), version(1, cv_accuracy=0.6)])
    assert drawn is not None
    assert (drawn.what, drawn.values) == ("Cross-validated accuracy", [(1, 0.6), (2, 0.7)])


def test_no_version_draws_no_curve() -> None:
    assert accuracy_curve([]) is None
