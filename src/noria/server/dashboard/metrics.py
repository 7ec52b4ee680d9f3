"""Metrics: how good the function is on its real traffic."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from litestar import Request, Response, get
from litestar.params import QueryParameter
from litestar.response import Redirect

from noria.estimate.accuracy import Figure, LabelFigures, LiveAccuracy, TooFew
from noria.estimate.mixed_up import MixedUp
from noria.estimate.needed import Needed
from noria.estimate.needed import days as in_days
from noria.estimate.weighing import Weighing
from noria.records.client import Scope
from noria.records.function import CaptureSettings, Function
from noria.records.label import Label
from noria.server.dashboard import pages
from noria.server.dashboard.automation import AutomationPlot
from noria.server.dashboard.contents import Contents, fields_of
from noria.server.dashboard.drift import RECENT, DriftView
from noria.server.dashboard.languages import Later
from noria.server.dashboard.learning_curve import LearningPlot
from noria.server.dashboard.mistakes import CALLS, SAMPLES, Mistakes
from noria.server.dashboard.over_time import OverTimePlot
from noria.server.dashboard.panel import accuracy_curve
from noria.server.dashboard.plots import Column, columns
from noria.server.dashboard.row_form import asked_row
from noria.server.dashboard.services import frame, services
from noria.server.dashboard.tag_metrics import PATIENCE_S, RESTS, tag_metrics
from noria.server.dashboard.unread import unread_note
from noria.server.dashboard.weighing import WeighingView
from noria.server.dashboard.window import PERIODS, Window
from noria.serving.drifting import DriftReport
from noria.serving.figures import LiveFigures
from noria.serving.learning_curve import VersionsCurve, versions_curve
from noria.serving.mistakes import of_calls, of_samples
from noria.serving.over_time import LiveOverTime, live_over_time

if TYPE_CHECKING:
    from noria.app import Noria

_HOURS = 24
_MOST_VERSIONS = 300
_FRESH_S = 3.0
ORDERS = {
    "": Later("share of traffic"),
    "precision": Later("precision"),
    "recall": Later("recall"),
    "name": Later("name"),
}


@dataclass(frozen=True, slots=True)
class Findings:
    """What takes long to work out where there is much traffic."""

    live: LiveFigures
    over_time: LiveOverTime | None  # None without calls
    learning: VersionsCurve | None  # None without versions
    mistakes: Mapping[str, MixedUp | None]
    drift: DriftReport
    histogram: list[int]
    weighing: Weighing | TooFew | None  # None: there is no balance to weigh by
    at: datetime


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label's figures and how many samples it has learned from."""

    label: Label
    n: int
    of_all: float  # of all labelled samples, the share with this label
    figures: LabelFigures | None


@get("/functions/{function_id:str}/metrics", opt={"scope": Scope.VIEW}, sync_to_thread=True)
def metrics(
    request: Request[Any, Any, Any],
    function_id: str,
    first: Annotated[str, QueryParameter(name="from")] = "",
    last: Annotated[str, QueryParameter(name="to")] = "",
    days: str = "",
    version: str = "",
    order: str = "",
    recent: str = "",
    of: str = "",
) -> Response[Any]:
    noria = services(request)
    shown = frame(noria, function_id, "metrics")
    if shown.function.searches:  # there is no such page of it
        return Redirect(shown.home)
    if shown.function.tags:
        return tag_metrics(request, noria, shown, Window.of(days, first, last, version), recent)
    versions = noria.figures.versions(shown.function.id)
    window, recent = Window.of(days, first, last, version), recent if recent in RECENT else ""
    found = _findings(noria, shown.function.id, window, window.version_id(versions), recent)
    if found is None:
        return pages.coming(request, frame=shown)
    figures, report, of = found.live, found.drift, of if of in found.mistakes else CALLS
    live = figures.estimate
    names = {label.id: label.name for label in noria.storage.labels.all(shown.function.id)}
    contents = Contents(noria, shown.function)
    return pages.page(
        request,
        "metrics.html",
        worked_out=found.at if (datetime.now(UTC) - found.at).total_seconds() > _FRESH_S else None,
        frame=shown,
        unread=unread_note(noria, shown.function),
        figures=figures,
        live=live,
        until=datetime.fromtimestamp(live.until, UTC) if live.until else None,
        window=window,
        periods=PERIODS,
        answered_by=versions[:_MOST_VERSIONS],
        over_time=OverTimePlot.of(found.over_time, {v.id: v.number for v in versions}),
        learning=LearningPlot.of(found.learning),
        automation=AutomationPlot.of(figures.automation, shown.function.decision_threshold),
        mistakes=Mistakes.of_view(
            found.mistakes[of], of, names, shown.url, {(c.true, c.answered): c for c in figures.confusions}
        ),
        of=of,
        order=order,
        orders=ORDERS,
        labels=_in_order(_label_rows(noria, shown.function.id, live), order),
        names=names,
        drift=DriftView.of(report, names, shown.url, lambda sample: contents.of(sample.id, sample)),
        weighing=_weighing(request, found, shown.function, names),
        recent=recent,
        recents=RECENT,
        more=_more(figures, shown.function.capture),
        serving=next((v for v in versions if v.id == shown.function.live_version_id), None),
        curve=accuracy_curve(versions),
        histogram=_histogram(found.histogram),
        traffic=_traffic(noria.figures.traffic(shown.function.id, hours=_HOURS)),
    )


def _findings(
    noria: "Noria", function_id: str, window: Window, version_id: str | None, recent: str
) -> Findings | None:
    """None while they are being worked out; kept for ten times as long as that took."""

    def work_out() -> Findings:
        at = datetime.now(UTC)
        calls = *window.between(at), version_id
        read = noria.figures.calls(function_id, *calls)
        live = noria.figures.live_of(read)
        report = noria.drifts.report(function_id, recent_h=_HOURS * int(recent or 1))
        weighed = noria.weighings.of(function_id, report) if report.balance is not None else None
        over = live_over_time(noria.storage, function_id, read)
        mistakes = {CALLS: of_calls(read), SAMPLES: of_samples(noria.storage, function_id)}
        learning = versions_curve(noria.figures.versions(function_id))
        histogram = noria.figures.histogram(function_id, *calls)
        return Findings(live, over, learning, mistakes, report, histogram, weighed, at)

    key = "metrics", function_id, window, recent
    return noria.kept.get(key, work_out, least_s=0.0, rest=RESTS, patience_s=PATIENCE_S)


def _weighing(
    request: Request[Any, Any, Any], found: Findings, function: Function, names: Mapping[str, str]
) -> WeighingView | None:
    if found.weighing is None:  # there is no such section yet
        return None
    server = str(request.base_url).rstrip("/")
    row = asked_row(services(request), function.id, fields_of(services(request), function))
    return WeighingView.of(found.weighing, found.drift, names, function, server, row)


def _more(figures: LiveFigures, settings: CaptureSettings) -> list[tuple[Needed, int | None]]:
    """What narrower intervals take, with the days in which the budget brings it."""
    a_day = settings.budget_per_day if settings.enabled else 0.0
    return [(wanted, in_days(wanted.labels, a_day)) for wanted in figures.needed]


def _label_rows(noria: "Noria", function_id: str, live: LiveAccuracy) -> list[LabelRow]:
    counts = noria.storage.labels.counts(function_id)
    total = max(1, sum(counts.values()))
    return [
        LabelRow(label, counts.get(label.id, 0), counts.get(label.id, 0) / total, live.labels.get(label.id))
        for label in noria.storage.labels.all(function_id)
    ]


def _in_order(rows: list[LabelRow], order: str) -> list[LabelRow]:
    """Weakest first by precision or recall, commonest first by share; labels without the figure come last."""
    if order == "name":
        return sorted(rows, key=lambda row: row.label.name.lower())
    what, sign = (order, 1) if order in ("precision", "recall") else ("share", -1)

    def place(row: LabelRow) -> tuple[bool, float, str]:
        figure = getattr(row.figures, what, None)
        known = isinstance(figure, Figure)
        return not known, sign * figure.value if isinstance(figure, Figure) else 0.0, row.label.name.lower()

    return sorted(rows, key=place)


def _histogram(counts: list[int]) -> list[Column]:
    width = 100 / max(1, len(counts))
    return columns([(f"{i * width:.0f}–{(i + 1) * width:.0f} %", n, 0) for i, n in enumerate(counts)])


def _traffic(hours: list[tuple[datetime, int, int]]) -> list[Column]:
    return columns([(f"{at:%d %b %H:%M}", invokes, captured) for at, invokes, captured in hours])
