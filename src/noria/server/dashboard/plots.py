"""Geometry of the small plots; templates/plots.html draws them as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 300.0, 80.0  # of a plot's own coordinates; the page scales it
_PAD = 5.0


@dataclass(frozen=True, slots=True)
class Column:
    """One bar of a histogram."""

    x: float
    y: float
    width: float
    height: float
    part_y: float  # top of the darker part within it
    part_height: float
    value: float
    part: float
    name: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through values, by version number."""

    what: str
    values: list[tuple[int, float]]  # (version number, share), oldest first
    points: list[tuple[float, float]]
    low: float  # of the vertical axis, in [0, 1]
    high: float

    @property
    def line(self) -> str:
        return _path(self.points)

    @property
    def area(self) -> str:
        (first, _), (last, _) = self.points[0], self.points[-1]
        return f"{first:.1f},{HEIGHT:.0f} {self.line} {last:.1f},{HEIGHT:.0f}"


def curve(what: str, values: Sequence[tuple[int, float]]) -> Curve:
    """A line that fills its plot; the axis keeps to tens of percent, so that it stays still as values come."""
    shares = [share for _, share in values]
    low = max(0.0, int((min(shares) - 0.02) * 10) / 10)
    high = min(1.0, (int((max(shares) + 0.02) * 10) + 1) / 10)
    step = (WIDTH - 2 * _PAD) / max(1, len(values) - 1)
    points = [
        (_PAD + i * step, _PAD + (HEIGHT - 2 * _PAD) * (high - share) / (high - low))
        for i, share in enumerate(shares)
    ]
    return Curve(what, list(values), points, low, high)


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of a line with the band around it, unbroken."""

    points: list[tuple[float, float]]
    edge: list[tuple[float, float]]  # once around the band

    @property
    def line(self) -> str:
        return _path(self.points)

    @property
    def area(self) -> str:
        return _path(self.edge)


def bands(
    values: Sequence[tuple[float, float, float] | None], places: Sequence[float] | None = None
) -> list[Band]:
    """A line of shares with a band, broken where a value is missing; the axis goes from 0 to 1.

    values: (value, low, high) at places evenly apart, the first at the left edge, and the last a step before the right one.
    places: x of each, where they lie otherwise.
    """
    found: list[Band] = []
    stretch: list[tuple[float, tuple[float, float, float]]] = []
    for i, value in enumerate([*values, None]):
        if value is not None:
            stretch.append((places[i] if places else i * WIDTH / len(values), value))
        elif stretch:
            upper = [(x, _height(high)) for x, (_, _, high) in stretch]
            lower = [(x, _height(low)) for x, (_, low, _) in reversed(stretch)]
            found.append(Band([(x, _height(middle)) for x, (middle, _, _) in stretch], upper + lower))
            stretch = []
    return found


def _height(share: float) -> float:
    return HEIGHT - HEIGHT * share


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def columns(values: Sequence[tuple[str, float, float]]) -> list[Column]:
    """Bars side by side, the tallest as tall as the plot.

    values: (name, value, the darker part of that value) from left to right.
    """
    top = max((value for _, value, _ in values), default=0.0) or 1.0
    step = WIDTH / max(1, len(values))
    gap = min(2.0, step * 0.15)
    return [
        Column(
            x=i * step + gap / 2,
            y=HEIGHT - HEIGHT * value / top,
            width=step - gap,
            height=HEIGHT * value / top,
            part_y=HEIGHT - HEIGHT * part / top,
            part_height=HEIGHT * part / top,
            value=value,
            part=part,
            name=name,
        )
        for i, (name, value, part) in enumerate(values)
    ]
