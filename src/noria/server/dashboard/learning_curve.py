"""The learning curve on the Metrics page: geometry, and what more labels are likely to bring in words."""

from dataclasses import dataclass

import numpy as np

from noria.estimate.learning_curve import LEAST_GROWTH, LEAST_POINTS, MORE, Gain, Point, Unknown
from noria.server.dashboard import words
from noria.server.dashboard.languages import numbered, t
from noria.server.dashboard.plots import HEIGHT, WIDTH
from noria.serving.learning_curve import VersionsCurve

_STEPS = 60  # of the drawn curve
_MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class LearningPlot:
    """Scores of versions by number of samples, the fitted curve, and what it says of the next samples."""

    points: list[tuple[float, float]]
    seen: str  # the curve over the versions' sizes, as points of a polyline; empty where none is fitted
    ahead: str  # and beyond them
    likely: tuple[float, float, float] | None  # x, top and bottom of what is likely then
    low: float  # of the vertical axis
    most: int  # samples at the right edge
    table: list[Point]
    held_out: bool
    left_out: int
    sentence: str
    told: bool

    @classmethod
    def of(cls, found: VersionsCurve | None) -> "LearningPlot | None":
        if found is None or not found.curve.points:
            return None
        curve, gain = found.curve, found.curve.gain
        last = curve.points[-1]
        ahead = gain.more if isinstance(gain, Gain) else 0
        ends = [last.score + gain.low, last.score + gain.high] if isinstance(gain, Gain) else []
        low = max(0, int(10 * min([p.score for p in curve.points] + ends) + 1e-9)) / 10
        low = min(low, 0.9)
        most = last.n + ahead

        def x(n: float) -> float:
            return WIDTH * n / most

        def y(score: float) -> float:
            return HEIGHT * (1 - (min(1.0, max(low, score)) - low) / (1 - low))

        def line(begin: float, end: float) -> str:
            drawn = [(n, curve.at(n)) for n in np.linspace(begin, end, _STEPS).tolist()]
            return " ".join(f"{x(n):.1f},{y(score):.1f}" for n, score in drawn if score is not None)

        return cls(
            points=[(x(p.n), y(p.score)) for p in curve.points],
            seen=line(curve.points[0].n, last.n),
            ahead=line(last.n, most) if ahead else "",
            likely=(x(most), y(ends[1]), y(ends[0])) if ends else None,
            low=low,
            most=most,
            table=list(curve.points),
            held_out=found.held_out,
            left_out=found.left_out,
            sentence=_sentence(gain),
            told=isinstance(gain, Gain),
        )


def _sentence(gain: Gain | Unknown) -> str:
    if isinstance(gain, Gain):
        return t(
            "About {more} more labels are likely to bring {gain}.",
            more=gain.more,
            gain=between(gain.low, gain.high),
        )
    why = {
        Unknown.TOO_FEW: t(
            "it takes {n} versions that learned from different numbers of samples", n=LEAST_POINTS
        ),
        Unknown.TOO_NEAR: t(
            "the versions so far learned from about as many samples; it takes {n} times as many as the first had",
            n=f"{LEAST_GROWTH:g}",
        ),
        Unknown.NOT_RISING: t(
            "the scores so far don't rise steadily with the number of samples, so no curve explains them"
        ),
    }[gain]
    return t("What {more} more labels will bring can't be told yet: {why}.", more=MORE, why=why)


def between(low: float, high: float) -> str:
    """A range of differences, in points.

    >>> [between(*pair) for pair in ((0.012, 0.031), (-0.014, 0.02), (-0.001, 0.004), (0.018, 0.022), (0.001, 0.006))]
    ['1 to 3 points', '−1 to +2 points', 'less than a point', 'about 2 points', '0 to 1 point']
    """
    first, last = round(100 * low), round(100 * high)
    if first == last:
        return (
            t("less than a point") if first == 0 else t("about {first}", first=words.plural(first, "point"))
        )
    if first < 0:
        points = numbered("point", "points", last)
        return t("{first} to {last}", first=f"{_MINUS}{-first}", last=f"{_signed(last)} {points}")
    return t("{first} to {last}", first=first, last=words.plural(last, "point"))


def _signed(points: int) -> str:
    return f"+{points}" if points > 0 else str(points).replace("-", _MINUS)
