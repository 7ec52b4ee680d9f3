"""Similar: the samples nearest to one, with their labels, where a wrong one stands out."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.records.sample import Sample
from noria.server.dashboard import pages
from noria.server.dashboard.contents import Contents
from noria.server.dashboard.languages import t
from noria.server.dashboard.samples import label_counts, rows_beside
from noria.server.dashboard.services import frame, services
from noria.server.prefix import at
from noria.serving.searching import Found

_FOUND = 20
_ASKED = 5  # of the nearest with a label, for the verdict: farther ones say what is frequent


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the five nearest samples that have a label say of the one that was asked about."""

    n_labelled: int
    own: str | None  # its own label
    n_own: int  # neighbours that share it
    most: str | None  # the label that most neighbours have
    n_most: int

    @property
    def doubtful(self) -> bool:
        """Most of at least three neighbours agree on another label."""
        return self.own is not None and self.most != self.own and 2 * self.n_most > self.n_labelled >= 3


@dataclass(frozen=True, slots=True)
class Neighbour:
    sample: Sample
    distance: float
    other: bool  # has another label than the one that was asked about


@get("/functions/{function_id:str}/samples/{sample_id:str}/similar", opt={"scope": Scope.VIEW})
async def similar(request: Request[Any, Any, Any], function_id: str, sample_id: str) -> Response[str]:
    noria, id = services(request), canonical("sample", sample_id)
    shown = await asyncio.to_thread(frame, noria, function_id, "samples")
    sample = await asyncio.to_thread(noria.storage.samples.get, shown.function.id, id)
    labels = await asyncio.to_thread(label_counts, noria, shown.function.id)
    found = await noria.searcher.similar(shown.function.id, id, min(_FOUND, rows_beside(len(labels))))
    names = {row.label.id: row.label.name for row in labels}
    contents = await asyncio.to_thread(Contents, noria, shown.function)
    content = contents.of(id, sample)
    return pages.page(
        request,
        "similar.html",
        frame=shown,
        sample=sample,
        content=content,
        labels=labels,
        names=names,
        thresholds=await asyncio.to_thread(noria.storage.tags.thresholds, shown.function.id),
        found=[Neighbour(each.sample, each.distance, _differs(sample, each.sample)) for each in found],
        contents=contents.by_id(each.sample for each in found),
        verdict=verdict(sample, [each.sample for each in found], names),
        here=f"{shown.url}/samples/{id}/similar",
    )


def verdict(asked: Sample, found: Sequence[Sample], names: Mapping[str, str]) -> Verdict:
    """found: nearest first.   names: of labels by their ids."""
    labelled = [names.get(s.annotation.label_id, t("a deleted label")) for s in found if s.annotation]
    said = Counter(labelled[:_ASKED])
    own = names.get(asked.annotation.label_id) if asked.annotation else None
    most, n_most = said.most_common(1)[0] if said else (None, 0)
    return Verdict(said.total(), own, said[own] if own else 0, most, n_most)


def shown_found(contents: Contents, found: Found) -> dict[str, Any]:
    """One answer of a search, for its template."""
    sample = found.sample
    return {
        "content": contents.of(sample.id, sample),
        "distance": found.distance,
        "external_id": sample.external_id,
        "url": at(f"/functions/{sample.function_id}/samples/{sample.id}/similar"),
    }


def _differs(asked: Sample, other: Sample) -> bool:
    return bool(asked.annotation and other.annotation) and (
        asked.annotation.label_id != other.annotation.label_id  # type: ignore[union-attr]
    )
