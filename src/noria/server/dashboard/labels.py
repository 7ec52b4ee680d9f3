"""Labels: what each one means, how much of it there is, and how well it is answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, get
from litestar.response import Redirect

from noria.estimate.accuracy import Estimate, Figure
from noria.records.client import Scope
from noria.records.function import Function
from noria.records.label import Label
from noria.server.dashboard import pages
from noria.server.dashboard.contents import Contents
from noria.server.dashboard.languages import Later
from noria.server.dashboard.services import frame, services
from noria.server.dashboard.tag_metrics import PATIENCE_S, RESTS
from noria.serving.tag_figures import live_tag_figures
from noria.storage import SampleFilter

if TYPE_CHECKING:
    from noria.app import Noria

EXAMPLES = 6
_Figures = tuple[Estimate | None, Estimate | None, Estimate | None]
ORDERS = {
    "": Later("name"),
    "samples": Later("fewest samples"),
    "share": Later("share of calls"),
    "precision": Later("lowest precision"),
    "recall": Later("lowest recall"),
    "waiting": Later("most waiting"),
    "unwritten": Later("without a guideline"),
}


@dataclass(frozen=True, slots=True)
class InUse:
    """One label as it is used: samples to learn from, the queue, and live figures where there are calls."""

    label: Label
    n: int
    waiting: int
    share: Estimate | None = None  # of all calls, those that are of it
    precision: Estimate | None = None
    recall: Estimate | None = None


@get("/functions/{function_id:str}/labels", opt={"scope": Scope.VIEW}, sync_to_thread=True)
def labels(request: Request[Any, Any, Any], function_id: str, q: str = "", order: str = "") -> Response[Any]:
    noria = services(request)
    shown = frame(noria, function_id, "labels")
    if shown.function.searches:  # there are none
        return Redirect(shown.home)
    rows = in_use(noria, shown.function)
    if rows is None:
        return pages.coming(request, frame=shown)
    return pages.page(
        request,
        "labels.html",
        frame=shown,
        labels=_in_order(_matching(rows, q), order),
        n_labels=len(rows),
        q=q,
        order=order,
        orders=ORDERS,
    )


@get("/functions/{function_id:str}/labels/{label_id:str}", opt={"scope": Scope.VIEW}, sync_to_thread=True)
def label(request: Request[Any, Any, Any], function_id: str, label_id: str) -> Response[Any]:
    """One label: its guideline, samples that have it, and what can be done with it."""
    noria = services(request)
    shown = frame(noria, function_id, "labels")
    known = noria.storage.labels.get(shown.function.id, label_id)
    used = in_use(noria, shown.function)
    if used is None:
        return pages.coming(request, frame=shown)
    rows = _in_order(used, "")
    place = next((i for i, row in enumerate(rows) if row.label.id == known.id), 0)
    found = noria.storage.samples.list(
        shown.function.id, SampleFilter(annotation_label_id=known.id), EXAMPLES, None
    ).samples
    return pages.page(
        request,
        "label.html",
        frame=shown,
        row=rows[place],
        others=[row.label for row in rows if row.label.id != known.id],
        before=rows[place - 1].label if place else None,
        after=rows[place + 1].label if place + 1 < len(rows) else None,
        examples=list(Contents(noria, shown.function).by_id(found).values()),
    )


def in_use(noria: "Noria", function: Function) -> list[InUse] | None:
    """In the order of creation; None while figures are being worked out."""
    id, storage = function.id, noria.storage
    figures = noria.kept.get(
        ("labels", id), lambda: _figures(noria, function), rest=RESTS, patience_s=PATIENCE_S
    )
    waiting = {} if function.tags else _waiting(noria, id)
    if figures is None or waiting is None:
        return None
    counts = storage.labels.counts(id)
    nothing: _Figures = (None, None, None)
    return [
        InUse(each, counts.get(each.id, 0), waiting.get(each.id, 0), *figures.get(each.id, nothing))
        for each in storage.labels.all(id)
    ]


def _waiting(noria: "Noria", function_id: str) -> dict[str, int] | None:
    return noria.kept.get(
        ("waiting", function_id),
        lambda: noria.storage.labels.waiting(function_id),
        least_s=0.0,
        rest=RESTS,
        patience_s=PATIENCE_S,
    )


def _figures(noria: "Noria", function: Function) -> dict[str, _Figures]:
    """Share of calls, precision and recall, by label id."""
    if function.tags:
        tags = live_tag_figures(noria.storage, function.id).tags
        return {tag.label_id: (tag.prevalence, tag.precision, tag.recall) for tag in tags}
    live = noria.figures.live(function.id).estimate.labels
    return {id: (of.share, of.precision, of.recall) for id, of in live.items()}


def _matching(rows: Sequence[InUse], q: str) -> list[InUse]:
    """Those whose name or guideline has every word that was typed."""
    words = q.lower().split()
    return [
        row
        for row in rows
        if all(w in f"{row.label.name} {row.label.description or ''}".lower() for w in words)
    ]


def _in_order(rows: list[InUse], order: str) -> list[InUse]:
    """By name within the same; labels of which a figure is not known come last."""
    by_name = sorted(rows, key=lambda row: row.label.name.lower())
    if order == "samples":
        return sorted(by_name, key=lambda row: row.n)
    if order == "waiting":
        return sorted(by_name, key=lambda row: -row.waiting)
    if order == "unwritten":
        return sorted(by_name, key=lambda row: bool(row.label.description))
    if order in ("share", "precision", "recall"):
        sign = -1 if order == "share" else 1
        return sorted(by_name, key=lambda row: _place(getattr(row, order), sign))
    return by_name


def _place(estimate: Estimate | None, sign: int) -> tuple[bool, float]:
    known = isinstance(estimate, Figure)
    return not known, sign * estimate.value if isinstance(estimate, Figure) else 0.0
