"""Which scores of which versions make the learning curve."""

from datetime import UTC, datetime

from noria.estimate.learning_curve import Gain, Unknown
from noria.records.version import GateOutcome, ModelVersion
from noria.serving.learning_curve import versions_curve


def version(number: int, n: int, n_labels: int = 2, encoder: str = "tiny", **scores: float) -> ModelVersion:
    scores = {"cv_accuracy": 0.9 - n**-0.5, "n_scored": float(n)} | scores
    return ModelVersion(
        f"model_{number}", "function", number, datetime.now(UTC), number, encoder, n, n_labels,
        GateOutcome.PROMOTED, "", scores, 1.0,
    )  # fmt: skip


def newest_first(**held_out: float) -> list[ModelVersion]:
    return [version(i, 20 * i, **held_out) for i in range(6, 0, -1)]


def test_versions_make_a_curve_by_their_cross_validated_scores() -> None:
    found = versions_curve(newest_first())
    assert found is not None
    assert isinstance(found.curve.gain, Gain)
    assert [point.n for point in found.curve.points] == [20, 40, 60, 80, 100, 120]
    assert (found.held_out, found.left_out) == (False, 0)


def test_held_out_scores_are_preferred_where_enough_versions_have_the_same_set() -> None:
    same = versions_curve(newest_first(held_out_accuracy=0.7, held_out_n=50.0))
    assert same is not None
    assert same.held_out
    assert {point.score for point in same.curve.points} == {0.7}
    others = [version(7, 140, held_out_accuracy=0.7, held_out_n=60.0), *newest_first()]
    fewer = versions_curve(others)
    assert fewer is not None
    assert not fewer.held_out


def test_versions_of_other_labels_or_another_encoder_are_left_out() -> None:
    before = [version(3, 60, n_labels=3), version(2, 40, encoder="other"), version(1, 20)]
    found = versions_curve([version(4, 80), *before])
    assert found is not None
    assert [point.n for point in found.curve.points] == [20, 80]
    assert found.left_out == 2
    assert found.curve.gain is Unknown.TOO_FEW


def test_the_same_versions_say_the_same_twice() -> None:
    assert versions_curve(newest_first()) == versions_curve(newest_first())
    assert versions_curve([]) is None
