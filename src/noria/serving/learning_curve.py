"""The learning curve of a function, from the scores that its versions were listed with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from noria.estimate.learning_curve import LEAST_POINTS, LearningCurve, Point, learning_curve
from noria.records.version import ModelVersion


@dataclass(frozen=True, slots=True)
class VersionsCurve:
    curve: LearningCurve
    held_out: bool  # else cross-validated
    left_out: int  # versions of other labels or of another encoder, whose scores can't be compared


def versions_curve(versions: Sequence[ModelVersion]) -> VersionsCurve | None:
    """On held-out samples where enough versions were scored on as many, else cross-validated; None without versions.

    versions: newest first.   The random numbers are those of the newest version, so that a page shows the same twice.
    """
    if not versions:
        return None
    newest = versions[0]
    alike = [v for v in versions if (v.encoder, v.n_labels) == (newest.encoder, newest.n_labels)]
    held_out = _points(alike, "held_out_accuracy", "held_out_n")
    n_held_out = newest.scores.get("held_out_n")
    held_out = [point for point in held_out if point.scored == n_held_out]
    same = len({point.n for point in held_out}) >= LEAST_POINTS
    points = held_out if same else _points(alike, "cv_accuracy", "n_scored")
    curve = learning_curve(points, np.random.default_rng(newest.number), same_samples=same)
    return VersionsCurve(curve, same, len(versions) - len(alike))


def _points(versions: Sequence[ModelVersion], score: str, scored: str) -> list[Point]:
    """Oldest first, so that the latest of a size counts."""
    return [
        Point(v.n_samples, v.scores[score], int(v.scores[scored]))
        for v in reversed(versions)
        if v.scores.get(score) is not None and v.scores.get(scored) and v.n_samples > 0
    ]
