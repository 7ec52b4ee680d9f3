"""Drift on the Metrics page: what moved in traffic, drawn over time, with the samples behind it one click away."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from noria.estimate.accuracy import Figure
from noria.estimate.drift import Drift, Move
from noria.server.dashboard import pages, words
from noria.server.dashboard.plots import HEIGHT, WIDTH, Band, bands
from noria.serving.drifting import BANDS, Course, DriftReport

RECENT = {"": "the last 24 hours", "7": "the last 7 days"}
_DRAWN = 5  # labels
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_DELETED = "a deleted label"

Query = Callable[[str], Mapping[str, object]]  # from a kind to the filter of its samples


@dataclass(frozen=True, slots=True)
class Spark:
    """One share over time, on an axis from 0 that it fills, with the range it usually keeps to."""

    what: str
    pieces: list[Band]
    band: tuple[float, float] | None  # top and height of the usual range
    top: float  # share at the upper edge
    mark: float  # x where watching begins
    table: list[tuple[datetime, float | None]]


@dataclass(frozen=True, slots=True)
class Mover:
    """A label or band of confidence whose share changed, in words and as a line."""

    name: str
    move: Move
    spark: Spark
    sentence: str  # empty where nothing is proven to have moved
    labelled: str  # the same by people's labels; empty without enough of them
    samples: str  # address of those captured from it


@dataclass(frozen=True, slots=True)
class Sort:
    """Class balance, or confidence: how far it moved in all, and its movers."""

    drift: Drift
    movers: list[Mover]


@dataclass(frozen=True, slots=True)
class DriftView:
    """The section as the template writes it."""

    report: DriftReport
    balance: Sort | None
    confidence: Sort | None
    mean: Spark | None  # mean confidence over time

    @classmethod
    def of(cls, report: DriftReport, names: Mapping[str, str], url: str) -> "DriftView":
        """names: of the function's labels by id.   url: of the function's pages."""
        balance = _sort(
            report,
            report.balance,
            lambda id: f"“{names.get(id, _DELETED)}”",
            lambda id: {"predicted": id},
            url,
        )
        confidence = _sort(
            report,
            report.confidence,
            lambda band: f"Answers that are {band}{words.NARROW}% sure",
            _of_band,
            url,
        )
        return cls(report, balance, confidence, _mean_line(report))


def since(at: datetime, now: datetime) -> str:
    """When something began, so that it can stand at the end of a sentence.

    >>> now = datetime(2026, 3, 10, 15, 20, tzinfo=UTC)
    >>> [since(now - timedelta(hours=h), now) for h in (3, 50, 400)]
    ['in the last 3 hours', 'since Sunday', 'since 21 Feb 2026']
    """
    passed = now - at
    if passed < 1.5 * _DAY:
        return f"in the last {words.plural(passed / timedelta(hours=1), 'hour')}"
    return f"since {at:%A}" if passed < _WEEK - _DAY else f"since {words.day(at)}"


def _sort(
    report: DriftReport, course: Course | None, name: Callable[[str], str], query: Query, url: str
) -> Sort | None:
    if course is None:
        return None
    moved = list(course.drift.moved)
    rest = sorted(set(course.drift.moves) - set(moved), key=lambda move: -abs(move.points))
    drawn = moved + rest[: max(0, _DRAWN - len(moved))]
    return Sort(course.drift, [_mover(report, course, move, name(move.kind), query, url) for move in drawn])


def _of_band(band: str) -> Mapping[str, object]:
    low, high = BANDS[band]
    return {"above": low or "", "below": high if high < 1 else ""}


def _mover(report: DriftReport, course: Course, move: Move, name: str, query: Query, url: str) -> Mover:
    began = _hour(move.since) if move.moved else report.recent
    what = f"went from {words.percent(move.before)} to {words.percent(move.since_share)} of calls"
    return Mover(
        name=name,
        move=move,
        spark=_spark(name, report, course.line.starts, course.line.shares[move.kind], (move.low, move.high)),
        sentence=f"{name} {what} {since(began, report.end)}." if move.moved else "",
        labelled=_labelled(report.labelled.get(move.kind)),
        samples=pages.address(
            f"{url}/samples", show="captured", since=began.strftime("%Y-%m-%dT%HZ"), **query(move.kind)
        ),
    )


def _labelled(pair: tuple[Figure, Figure] | None) -> str:
    if pair is None:
        return ""
    before, now = (f"{words.percent(f.value)} ({words.percent(f.low)}–{words.percent(f.high)})" for f in pair)
    return f"By the labels people gave it went from {before} to {now}."


def _spark(
    what: str,
    report: DriftReport,
    starts: Sequence[datetime],
    shares: Sequence[float | None],
    usual: tuple[float | None, float | None],
) -> Spark:
    seen = [share for share in shares if share is not None]
    top = min(1.0, 1.1 * max([*seen, usual[1] or 0.0, 0.01]))
    low, high = (None if edge is None else HEIGHT * min(1.0, edge / top) for edge in usual)
    whole = (report.end - starts[0]) / timedelta(hours=1)
    return Spark(
        what,
        bands([None if s is None else (s / top, s / top, s / top) for s in shares]),
        None if low is None or high is None else (HEIGHT - high, high - low),
        top,
        WIDTH * ((report.split - starts[0]) / timedelta(hours=1)) / whole,
        list(zip(starts, shares, strict=True)),
    )


def _mean_line(report: DriftReport) -> Spark | None:
    if report.confidence is None:
        return None
    return _spark(
        "Mean confidence", report, report.confidence.line.starts, report.confidence_line, (None, None)
    )


def _hour(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)
