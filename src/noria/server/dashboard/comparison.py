"""Two versions compared: which is right more often, and the items on which they part."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.response import Redirect

from noria.errors import ModelDamaged, SampleNotFound
from noria.records.client import Scope
from noria.records.sample import Sample
from noria.server.dashboard import pages
from noria.server.dashboard.contents import Contents
from noria.server.dashboard.languages import Later, t
from noria.server.dashboard.samples import label_counts, rows_beside
from noria.server.dashboard.services import frame, services
from noria.server.dashboard.tag_metrics import PATIENCE_S, RESTS
from noria.serving.comparing import CAPTURED, Compared, Kind, VersionComparison, kinds

if TYPE_CHECKING:
    from noria.app import Noria

_KINDS = 60  # ways to differ in the select
_WON = {
    "": "all",
    "first": Later("only the first is right"),
    "second": Later("only the second is right"),
    "none": Later("neither is right"),
}


@get("/functions/{function_id:str}/versions/compare", opt={"scope": Scope.VIEW}, sync_to_thread=True)
def compare(
    request: Request[Any, Any, Any],
    function_id: str,
    first: str = "",
    second: str = "",
    of: str = "",
    won: str = "",
    kind: str = "",
    page: str = "",
) -> Response[Any]:
    """of: samples, or captured ones without a label.   kind: what each says, two label ids.   page: from 1."""
    noria = services(request)
    shown = frame(noria, function_id, "versions")
    if shown.function.searches:
        return Redirect(shown.home)
    if first == second or not (first and second):
        return pages.refused(request, f"{shown.url}/versions", t("Choose two different versions."))
    try:
        found = noria.kept.get(
            ("comparison", shown.function.id, shown.function.changed_seq, first, second),
            lambda: noria.comparing.compare(shown.function.id, first, second),
            least_s=0.0, rest=RESTS, patience_s=PATIENCE_S,
        )  # fmt: skip
    except ModelDamaged as wrong:
        return pages.refused(request, f"{shown.url}/versions", str(wrong))
    if found is None:
        return pages.coming(request, frame=shown)
    labels = label_counts(noria, shown.function.id)
    parted = [item for item in (found.captured if of else found.judged) if item.differ]
    chosen = _chosen(parted, "" if of else won, kind)
    rows = rows_beside(len(labels))
    last = max(1, -(-len(chosen) // rows))
    at = min(int(page), last) if page.isascii() and page.isdigit() and int(page[:9]) else 1
    items = _with_samples(noria, shown.function.id, chosen[(at - 1) * rows : at * rows])
    query = {"first": first, "second": second, "of": of, "won": won, "kind": kind}
    here = f"{shown.url}/versions/compare"
    return pages.page(
        request,
        "comparison.html",
        frame=shown,
        found=found,
        every=noria.figures.versions(shown.function.id),
        parts=_parts(found),
        query=query,
        kinds=kinds(parted)[:_KINDS],
        kind_of=_kind_of,
        won=_WON,
        names={row.label.id: row.label.name for row in labels},
        labels=labels,
        items=items,
        contents=Contents(noria, shown.function).by_id([sample for _, sample in items]),
        n_items=len(chosen),
        before=pages.address(here, **query, page=at - 1) if at > 1 else None,
        after=pages.address(here, **query, page=at + 1) if at < last else None,
        here=pages.address(here, **query, page=at),
        link=lambda **other: pages.address(here, **(query | other)),
        try_both=pages.address(f"{shown.url}/invoke")
        + "?"
        + urlencode(
            {"side": [id for id in (first, second) if id != shown.function.live_version_id]}, doseq=True
        ),
        most_captured=CAPTURED,
    )


def _parts(found: VersionComparison) -> Mapping[str, int]:
    """On how many items each thing is so."""
    judged = found.judged
    return {
        "both": found.both_right,
        "first": sum(item.first_right > item.second_right for item in judged),
        "second": sum(item.second_right > item.first_right for item in judged),
        "neither": sum(item.first_right == item.second_right != 1 for item in judged),
        "differ": sum(item.differ for item in judged),
        "captured": sum(item.differ for item in found.captured),
    }


def _chosen(items: Sequence[Compared], won: str, kind: str) -> list[Compared]:
    return [item for item in items if _holds(item, won) and (not kind or kind in map(_kind_of, item.kinds))]


def _holds(item: Compared, won: str) -> bool:
    if won == "none":
        return item.first_right == item.second_right
    if won == "first":
        return item.first_right > item.second_right
    return won != "second" or item.second_right > item.first_right


def _kind_of(kind: Kind) -> str:
    return "~".join(kind)


def _with_samples(
    noria: "Noria", function_id: str, items: Sequence[Compared]
) -> list[tuple[Compared, Sample]]:
    """Without those that were deleted meanwhile."""
    found = []
    for item in items:
        try:
            found.append((item, noria.storage.samples.get(function_id, item.sample_id)))
        except SampleNotFound:
            continue
    return found
