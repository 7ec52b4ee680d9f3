"""Geometry of the report's plots, and the table that says the same; templates/plot.html draws them as SVG.

The dashboard's plots are small and without axes, of one series each; these have both axes, several series and a
spread, so that they share nothing but the look.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 720.0, 270.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 24.0, 12.0, 40.0  # margins, for ticks and names

XY = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scale:
    """From a value to its place on the page."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (self.end - self.start) * (value - self.low) / ((self.high - self.low) or 1.0)


@dataclass(frozen=True, slots=True)
class Table:
    """What the plot shows, in cells."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(slots=True)
class Plot:
    """Marks in the plot's own coordinates; each has the number of its series, which gives its look."""

    id: str
    title: str  # for those who don't see the plot: what it shows and how it comes out
    x_name: str
    table: Table
    series: Sequence[str]
    height: float = HEIGHT
    left: float = LEFT
    x_ticks: list[tuple[float, str]] = field(default_factory=list)
    y_ticks: list[tuple[float, str]] = field(default_factory=list)
    areas: list[tuple[int, str]] = field(default_factory=list)
    lines: list[tuple[int, str]] = field(default_factory=list)
    dots: list[tuple[int, float, float]] = field(default_factory=list)
    whiskers: list[tuple[int, float, float, float]] = field(default_factory=list)  # series, x, from y, to y
    bars: list[tuple[int, float, float, float, float]] = field(
        default_factory=list
    )  # series, x, y, width, height
    levels: list[float] = field(default_factory=list)  # y of dashed lines across

    @property
    def width(self) -> float:
        return WIDTH

    @property
    def right(self) -> float:
        return WIDTH - RIGHT

    @property
    def top(self) -> float:
        return TOP

    @property
    def bottom(self) -> float:
        return self.height - BOTTOM

    def x_scale(self, low: float, high: float) -> Scale:
        """With ticks at round values."""
        scale = Scale(low, high, self.left, self.right)
        self.x_ticks = [(scale(tick), f"{tick:,g}") for tick in ticks(low, high)]
        return scale

    def y_scale(self, low: float, high: float, percent: bool) -> Scale:
        """With ticks at round values, the lowest and highest widened to them."""
        marks = ticks(low, high, widened=True)
        scale = Scale(marks[0], marks[-1], self.bottom, TOP)
        self.y_ticks = [(scale(tick), f"{tick * 100:g} %" if percent else f"{tick:,g}") for tick in marks]
        return scale


def ticks(low: float, high: float, about: int = 5, widened: bool = False) -> list[float]:
    """Round values from low to high; widened: as many more as hold both ends.

    >>> ticks(0.0, 200.0)
    [0.0, 50.0, 100.0, 150.0, 200.0]
    >>> ticks(0.61, 0.84, widened=True)
    [0.6, 0.65, 0.7, 0.75, 0.8, 0.85]
    """
    raw = max(high - low, 1e-9) / about
    size = 10.0 ** math.floor(math.log10(raw))
    step = size * next(nice for nice in (1.0, 2.0, 2.5, 5.0, 10.0) if nice * size >= raw * 0.999)
    first, last = (
        low / step + (-1e-9 if not widened else 1e-9),
        high / step + (1e-9 if not widened else -1e-9),
    )
    start = math.floor(first) if widened else math.ceil(first)
    stop = math.ceil(last) if widened else math.floor(last)
    return [round(i * step, 10) for i in range(start, max(stop, start + 1) + 1)]


def path(points: Sequence[XY]) -> str:
    """As SVG's `points`."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
