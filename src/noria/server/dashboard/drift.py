"""Drift on the Metrics page: what moved in traffic, drawn over time, with the samples behind it one click away."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from textwrap import shorten
from types import MappingProxyType

from noria.estimate.accuracy import Figure
from noria.estimate.drift import Drift, Move
from noria.records.sample import Sample
from noria.server.dashboard import pages, words
from noria.server.dashboard.contents import Content
from noria.server.dashboard.languages import Later, t
from noria.server.dashboard.plots import HEIGHT, WIDTH, Band, bands
from noria.serving.drifting import BANDS, Course, DriftReport

RECENT = {"": Later("the last 24 hours"), "7": Later("the last 7 days")}
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_LONGEST = 80  # characters of an example in a sentence
_DELETED = Later("a deleted label")

Shown = Callable[[Sample], Content]
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
class Example:
    """A sample of a cell: a text, or an image."""

    text: str  # of a row, in a line
    image: str  # address of a preview, empty for a text


@dataclass(frozen=True, slots=True)
class Mover:
    """A label, band of confidence or cell whose share changed, in words and as a line."""

    name: str
    move: Move
    spark: Spark
    sentence: str  # empty where nothing is proven to have moved
    labelled: str  # the same by people's labels; empty without enough of them
    samples: str  # address of those captured from it
    examples: tuple[Example, ...] = ()  # of a cell, which has no name


@dataclass(frozen=True, slots=True)
class Sort:
    """Class balance, confidence, or embedding: how far it moved in all, and its movers."""

    drift: Drift
    movers: list[Mover]
    begin: datetime  # of what it is counted from


@dataclass(frozen=True, slots=True)
class DriftView:
    """The section as the template writes it."""

    report: DriftReport
    balance: Sort | None
    confidence: Sort | None
    embedding: Sort | None
    mean: Spark | None  # mean confidence over time
    tags: bool = False

    @property
    def moved(self) -> list[Mover]:
        sorts = [sort for sort in (self.balance, self.confidence, self.embedding) if sort]
        return [mover for sort in sorts for mover in sort.movers if mover.sentence]

    @classmethod
    def of(
        cls, report: DriftReport, names: Mapping[str, str], url: str, shown: Shown, tags: bool = False
    ) -> "DriftView":
        """names: of the function's labels by id.   url: of the function's pages."""
        examples = {kind: _examples(samples, shown) for kind, samples in report.cells.examples.items()}
        balance = _sort(
            report,
            report.balance,
            lambda id: f"“{names.get(id, _DELETED)}”",
            lambda id: (
                {} if tags else {"predicted": id}
            ),  # what is predicted of tags is no column to look for
            url,
        )
        confidence = _sort(
            report,
            report.confidence,
            lambda band: t("Answers that are {band} sure", band=f"{band}{words.NARROW}%"),
            _of_band,
            url,
        )
        embedding = _sort(
            report,
            report.embedding,
            lambda cell: _alike(cell, examples.get(cell, ())),
            lambda cell: {"cell": cell},
            url,
            examples,
        )
        return cls(report, balance, confidence, embedding, _mean_line(report), tags)


def since(at: datetime, now: datetime) -> str:
    """When something began, so that it can stand at the end of a sentence.

    >>> now = datetime(2026, 3, 10, 15, 20, tzinfo=UTC)
    >>> [since(now - timedelta(hours=h), now) for h in (3, 50, 400)]
    ['in the last 3 hours', 'since Sunday', 'since 21 Feb 2026']
    """
    passed = now - at
    if passed < 1.5 * _DAY:
        return t("in the last {passed}", passed=words.plural(passed / timedelta(hours=1), "hour"))
    return t("since {at}", at=f"{at:%A}") if passed < _WEEK - _DAY else t("since {at}", at=words.day(at))


def _sort(
    report: DriftReport,
    course: Course | None,
    name: Callable[[str], str],
    query: Query,
    url: str,
    examples: Mapping[str, tuple[Example, ...]] = MappingProxyType({}),
) -> Sort | None:
    if course is None:
        return None
    movers = [_mover(report, course, move, name(move.kind), query, url) for move in course.drift.shown]
    return Sort(
        course.drift,
        [replace(mover, examples=examples.get(mover.move.kind, ())) for mover in movers],
        course.line.starts[0],
    )


def _examples(samples: Sequence[Sample], shown: Shown) -> tuple[Example, ...]:
    contents = [shown(sample) for sample in samples]
    return tuple(
        Example(c.line, "" if c.entries is not None or not c.image else c.image["small"]) for c in contents
    )


def _alike(cell: str, examples: Sequence[Example]) -> str:
    """What stands for the calls of a cell in a sentence.

    >>> _alike("7", [Example("my card is gone", "")]), _alike("7", [Example("", "/x.jpg")]), _alike("7", [])
    ('Calls like “my card is gone”', 'Calls like these', 'Calls of kind 7')
    """
    if not examples:
        return t("Calls of kind {cell}", cell=cell)
    if examples[0].image:
        return t("Calls like these")
    return t("Calls like “{text}”", text=shorten(examples[0].text, _LONGEST, placeholder=" …"))


def _of_band(band: str) -> Mapping[str, object]:
    low, high = BANDS[band]
    return {"above": low or "", "below": high if high < 1 else ""}


def _mover(report: DriftReport, course: Course, move: Move, name: str, query: Query, url: str) -> Mover:
    began = _hour(move.since) if move.moved else course.recent
    what = t(
        "went from {before} to {now} of calls",
        before=words.percent(move.before),
        now=words.percent(move.since_share),
    )
    return Mover(
        name=name,
        move=move,
        spark=_spark(name, report.end, course, course.line.shares[move.kind], (move.low, move.high)),
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
    return t("By the labels people gave it went from {before} to {now}.", before=before, now=now)


def _spark(
    what: str,
    end: datetime,
    course: Course,
    shares: Sequence[float | None],
    usual: tuple[float | None, float | None],
) -> Spark:
    seen = [share for share in shares if share is not None]
    top = min(1.0, 1.1 * max([*seen, usual[1] or 0.0, 0.01]))
    low, high = (None if edge is None else HEIGHT * min(1.0, edge / top) for edge in usual)
    starts = course.line.starts
    whole = (end - starts[0]) / timedelta(hours=1)
    return Spark(
        what,
        bands([None if s is None else (s / top, s / top, s / top) for s in shares]),
        None if low is None or high is None else (HEIGHT - high, high - low),
        top,
        WIDTH * ((course.split - starts[0]) / timedelta(hours=1)) / whole,
        list(zip(starts, shares, strict=True)),
    )


def _mean_line(report: DriftReport) -> Spark | None:
    if report.confidence is None:
        return None
    return _spark(t("Mean confidence"), report.end, report.confidence, report.confidence_line, (None, None))


def _hour(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)
