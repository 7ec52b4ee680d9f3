"""Metrics of a tags function: each tag's figures on real traffic, and from which probability on it is answered."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from noria.errors import BadInput
from noria.records.client import Scope
from noria.server.dashboard import pages
from noria.server.dashboard.contents import Contents
from noria.server.dashboard.drift import RECENT, DriftView
from noria.server.dashboard.languages import t
from noria.server.dashboard.panel import accuracy_curve
from noria.server.dashboard.plots import columns
from noria.server.dashboard.services import Frame, services
from noria.server.dashboard.unread import unread_note
from noria.server.dashboard.window import PERIODS, Window
from noria.server.dashboard.words import percent
from noria.server.prefix import at
from noria.serving.drifting import DriftReport
from noria.serving.tag_figures import LiveTagFigures, TagFigures, live_tag_figures
from noria.serving.thresholds import TagState, tag_states

if TYPE_CHECKING:
    from noria.app import Noria

_HOURS = 24
_MOST_VERSIONS = 300
PATIENCE_S = 0.8  # before a page says that its figures are being worked out
RESTS = 10.0  # times as long as it took: figures are as old as that


@dataclass(frozen=True, slots=True)
class TagFindings:
    """What takes long to work out where there is much traffic."""

    live: LiveTagFigures
    drift: DriftReport


class TagForm(msgspec.Struct):
    label_id: str
    threshold: str  # as a form sends it


@dataclass(frozen=True, slots=True)
class TagRow:
    """One tag: what it learned from, its threshold, and its figures."""

    state: TagState
    figures: TagFigures | None


def tag_metrics(
    request: Request[Any, Any, Any], noria: "Noria", shown: Frame, window: Window, recent: str = ""
) -> Response[Any]:
    """The page of a tags function."""
    id = shown.function.id
    versions = noria.figures.versions(id)
    recent = recent if recent in RECENT else ""

    def work_out() -> TagFindings:
        calls = *window.between(datetime.now(UTC)), window.version_id(versions)
        report = noria.drifts.report(id, recent_h=_HOURS * int(recent or 1))
        return TagFindings(live_tag_figures(noria.storage, id, *calls), report)

    key = "metrics", id, window, recent
    found = noria.kept.get(key, work_out, least_s=0.0, rest=RESTS, patience_s=PATIENCE_S)
    if found is None:
        return pages.coming(request, frame=shown)
    live = found.live
    figures = {tag.label_id: tag for tag in live.tags}
    hours = noria.figures.traffic(id, hours=_HOURS)
    names = {label.id: label.name for label in noria.storage.labels.all(id)}
    contents = Contents(noria, shown.function)
    return pages.page(
        request,
        "tag_metrics.html",
        frame=shown,
        unread=unread_note(noria, shown.function),
        live=live,
        window=window,
        periods=PERIODS,
        answered_by=versions[:_MOST_VERSIONS],
        tags=[
            TagRow(state, figures.get(state.label_id)) for state in tag_states(noria.storage, noria.live, id)
        ],
        drift=DriftView.of(
            found.drift, names, shown.url, lambda sample: contents.of(sample.id, sample), tags=True
        ),
        recent=recent,
        recents=RECENT,
        curve=accuracy_curve(versions),
        traffic=columns([(f"{at:%d %b %H:%M}", invokes, captured) for at, invokes, captured in hours]),
    )


@post(
    "/functions/{function_id:str}/metrics/tags",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def set_tag_threshold(
    request: Request[Any, Any, Any],
    function_id: str,
    data: Annotated[TagForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Answer a tag from this probability on."""
    back = at(f"/functions/{function_id}/metrics#tags")
    try:
        threshold = float(data.threshold) / 100
        services(request).teacher.set_tag_threshold(function_id, data.label_id, threshold)
    except (ValueError, BadInput):
        return pages.refused(request, back, t("A threshold is a share between 0 and 100 %."))
    return pages.done(
        request, back, t("Saved. The tag is answered from {threshold} on.", threshold=percent(threshold))
    )
