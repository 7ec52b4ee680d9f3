"""Live accuracy over time on the Metrics page: geometry and words of the curve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from noria.estimate.accuracy import Figure
from noria.estimate.over_time import Stretch
from noria.server.dashboard import words
from noria.server.dashboard.languages import t
from noria.server.dashboard.plots import HEIGHT, WIDTH, Band, bands
from noria.serving.over_time import LiveOverTime

_APART = 14.0  # marks nearer to each other are told as one
_NEAR_THE_END = 0.8  # of the width, from where the words of a mark stand before it


@dataclass(frozen=True, slots=True)
class Mark:
    """Versions that went live at about one time."""

    x: float
    name: str  # "4", or "4–9" of several

    @property
    def late(self) -> bool:
        return self.x > _NEAR_THE_END * WIDTH

    @property
    def percent(self) -> float:
        """Of the plot's width."""
        return 100 * self.x / WIDTH


@dataclass(frozen=True, slots=True)
class Row:
    """One stretch of time, as the table has it."""

    when: str
    stretch: Stretch
    versions: str  # those that went live in it

    @property
    def figure(self) -> Figure | None:
        found = self.stretch.accuracy
        return found if isinstance(found, Figure) else None


@dataclass(frozen=True, slots=True)
class OverTimePlot:
    """The curve as the template draws it; its vertical axis begins at the tens of percent below all it shows."""

    each: str  # "day", "week", or "3 weeks"
    accuracy: list[Band]
    expected: list[Band]
    dots: list[tuple[float, float]]
    marks: list[Mark]
    low: float  # of the axis, in [0, 1)
    rows: list[Row]

    @property
    def told(self) -> list[Row]:
        return [row for row in self.rows if row.figure]

    @property
    def too_few(self) -> int:
        """Stretches with calls that are judged, and labels too few."""
        return sum(row.stretch.accuracy is not None and row.figure is None for row in self.rows)

    @property
    def summary(self) -> str:
        """What the curve shows, for those who don't see it."""
        told = self.told
        if not told:
            return t("Live accuracy by {each}: too few labels for a figure", each=self.each)
        said = [f"{_value(row)} ({row.when})" for row in (told[0], told[-1])]
        course = t("{before} to {after}", before=said[0], after=said[1]) if len(told) > 1 else said[0]
        return t("Live accuracy by {each}: {course}", each=self.each, course=course)

    @classmethod
    def of(cls, over: LiveOverTime | None, numbers: Mapping[str, int]) -> "OverTimePlot | None":
        """None without calls.   numbers: of the function's versions by id."""
        if over is None:
            return None
        stretches = over.stretches
        begin, end = stretches[0].begin_s, stretches[-1].end_s
        places = [
            WIDTH * ((s.begin_s + s.end_s) / 2 - begin) / (end - begin) for s in stretches
        ]  # in the middle
        figures = [s.accuracy if isinstance(s.accuracy, Figure) else None for s in stretches]
        low = _floor(
            [f.low for f in figures if f] + [s.expected for s in stretches if s.expected is not None]
        )
        shares = [None if f is None else _band(f.value, f.low, f.high, low) for f in figures]
        lines = [None if (e := s.expected) is None else _band(e, e, e, low) for s in stretches]
        changes = [
            (WIDTH * (at.timestamp() - begin) / (end - begin), numbers[id])
            for at, id in over.went_live
            if id in numbers
        ]
        return cls(
            _each(over.days),
            bands(shares, places),
            bands(lines, places),
            [(x, HEIGHT * (1 - share[0])) for x, share in zip(places, shares, strict=True) if share],
            _marks(changes),
            low,
            [Row(_when(s, over.days), s, _versions_in(s, over, numbers)) for s in stretches],
        )


def _band(value: float, low: float, high: float, floor: float) -> tuple[float, float, float]:
    """Shares on an axis from `floor` to 1."""
    value, low, high = ((share - floor) / (1 - floor) for share in (value, low, high))
    return value, low, high


def _floor(shares: Sequence[float]) -> float:
    """The tens of percent below the least; with a tenth to spare above nothing.

    >>> _floor([0.83, 0.71]), _floor([1.0]), _floor([])
    (0.7, 0.9, 0.0)
    """
    return min(9, int(min(shares, default=0.0) * 10 + 1e-9)) / 10


def _each(days: int) -> str:
    """
    >>> _each(1), _each(7), _each(21)
    ('day', 'week', '3 weeks')
    """
    if days < 7:
        return t("day")
    return t("week") if days == 7 else t("{days} weeks", days=days // 7)


def _marks(changes: Sequence[tuple[float, int]]) -> list[Mark]:
    """One for versions that would stand over each other.

    changes: (x, version's number), by rising x.
    """
    groups: list[list[tuple[float, int]]] = []
    for change in changes:
        if groups and change[0] - groups[-1][0][0] < _APART:
            groups[-1].append(change)
        else:
            groups.append([change])
    return [Mark(group[-1][0], _numbers([number for _, number in group])) for group in groups]


def _numbers(numbers: Sequence[int]) -> str:
    """
    >>> _numbers([4]), _numbers([4, 5, 7]), _numbers([4, 2]), _numbers([])
    ('4', '4–7', '4, 2', '')
    """
    if len(numbers) > 2 and list(numbers) == sorted(numbers):
        return f"{numbers[0]}–{numbers[-1]}"
    return ", ".join(map(str, numbers))


def _versions_in(stretch: Stretch, over: LiveOverTime, numbers: Mapping[str, int]) -> str:
    return _numbers(
        [
            numbers[id]
            for at, id in over.went_live
            if id in numbers and stretch.begin_s <= at.timestamp() < stretch.end_s
        ]
    )


def _when(stretch: Stretch, days: int) -> str:
    first, last = (
        datetime.fromtimestamp(at, UTC) for at in (stretch.begin_s, stretch.end_s - 1)
    )  # its last day belongs to it
    if days == 1 or first.date() == last.date():
        return words.day(first)
    return f"{first.day} {first:%b} – {words.day(last)}"


def _value(row: Row) -> str:
    return words.percent(row.figure.value) if row.figure else "–"
