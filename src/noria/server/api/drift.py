"""Drift: how recent traffic differs from the traffic before. One of Noria's own additions."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from litestar import Request
from msgspec import Meta

from noria.estimate.accuracy import TooFew
from noria.estimate.drift import Move
from noria.estimate.weighing import Weighing
from noria.records.client import Scope
from noria.records.ids import canonical
from noria.records.sample import Sample
from noria.server.api.declare import route
from noria.server.api.queries import query
from noria.server.api.shapes import Shape
from noria.serving.drifting import RECENT_H, Course, DriftReport
from noria.serving.weighing import since_of

if TYPE_CHECKING:
    from noria.app import Noria


class DriftQuery(Shape):
    recent_hours: Annotated[int, Meta(ge=1, le=168)] = RECENT_H


class MoveShape(Shape):
    """One kind of call: a label's id, a band of confidence in percent, or a cell's number. Shares are of calls, 0 to 1."""

    kind: str
    before: float
    now: float
    usual_low: float | None  # null while the reference is too short
    usual_high: float | None
    moved: bool
    since: datetime | None  # null unless it moved
    sample_ids: list[str]  # examples of a cell that moved or is among the largest changes

    @classmethod
    def of(cls, move: Move, samples: Sequence[Sample]) -> "MoveShape":
        return cls(
            kind=move.kind,
            before=move.before,
            now=move.now,
            usual_low=move.low,
            usual_high=move.high,
            moved=move.moved,
            since=datetime.fromtimestamp(move.since * 3600, UTC) if move.moved else None,
            sample_ids=[sample.id for sample in samples],
        )


class CourseShape(Shape):
    """How far the recent calls lie from the reference, and what moved."""

    size: float  # share of calls that would have to be of another kind: total variation distance
    by_chance: float  # about as much with nothing moved
    calls_before: int
    calls_now: int
    watched: bool  # whether there are enough days to say that something moved
    moves: list[MoveShape]

    @classmethod
    def of(cls, course: Course | None, examples: Mapping[str, Sequence[Sample]]) -> "CourseShape | None":
        """examples: of some kinds, by kind."""
        if course is None:
            return None
        drift = course.drift
        return cls(
            size=drift.size,
            by_chance=drift.by_chance,
            calls_before=round(drift.n_before),
            calls_now=round(drift.n_now),
            watched=drift.watched,
            moves=[MoveShape.of(move, examples.get(move.kind, ())) for move in drift.moves],
        )


class SavedShape(Shape):
    """Share of calls that would be answered rightly instead of wrongly, with its 95 % interval."""

    value: float
    low: float
    high: float


class WeighedRecallShape(Shape):
    """Of the calls that are of a label, the share answered with it: now, and with the weights."""

    label_id: str
    before: float
    after: float


class LabelThresholdShape(Shape):
    """With two labels: answer this one from this confidence in it, the other below."""

    label_id: str
    confidence: float


class WeighingShape(Shape):
    """Multiply each confidence by its label's weight and take the largest: fewer errors, by people's labels."""

    since: datetime  # of the calls it is about
    weights: dict[str, float]  # by label id; their sum is 1
    threshold: LabelThresholdShape | None  # null with more than two labels
    errors: float  # share of calls answered wrongly without the weights
    saved: SavedShape
    recalls: list[WeighedRecallShape]  # of labels with enough counted labels
    counted: int

    @classmethod
    def of(cls, found: Weighing, since: datetime) -> "WeighingShape":
        return cls(
            since=since,
            weights=dict(found.weights),
            threshold=LabelThresholdShape(*found.threshold) if found.threshold else None,
            errors=found.errors,
            saved=SavedShape(found.saved, found.low, found.high),
            recalls=[
                WeighedRecallShape(id, recall.before, recall.after) for id, recall in found.recalls.items()
            ],
            counted=found.counted,
        )


class DriftShape(Shape):
    """The reference is [begin, split), watched are [split, end), recent are [recent, end)."""

    begin: datetime
    split: datetime
    recent: datetime
    end: datetime
    moved: bool
    class_balance: CourseShape | None  # null before there are calls to compare
    confidence: CourseShape | None
    embedding: CourseShape | None  # null before there are cells, and calls since then
    cells_made: datetime | None  # embeddings are told apart by cells since then
    mean_confidence_before: float | None
    mean_confidence_now: float | None
    new_model: float  # share of recent calls answered by versions that had answered nothing before
    weighing: WeighingShape | None  # null unless it surely saves errors

    @classmethod
    def of(cls, report: DriftReport, weighing: Weighing | TooFew | None) -> "DriftShape":
        before, now = report.mean_confidence or (None, None)
        return cls(
            begin=report.begin,
            split=report.split,
            recent=report.recent,
            end=report.end,
            moved=report.moved,
            class_balance=CourseShape.of(report.balance, {}),
            confidence=CourseShape.of(report.confidence, {}),
            embedding=CourseShape.of(report.embedding, report.cells.examples),
            cells_made=report.cells.made_at,
            mean_confidence_before=before,
            mean_confidence_now=now,
            new_model=report.new_model,
            weighing=WeighingShape.of(weighing, since_of(report))
            if isinstance(weighing, Weighing) and weighing.helps
            else None,
        )


@route("GET", "/v1/functions/{function_id:str}/drift", "GetDrift", Scope.INVOKE, query=DriftQuery)
async def get_drift(request: Request[Any, Any, Any], function_id: str) -> DriftShape:
    """What moved in production traffic, by answered label, by confidence and by embedding, and since when.

    Of tags `classBalance` has each tag's expected share of calls, and `confidence` is null.

    `weighing`: weights by the class balance, where answers weighed with them would surely be wrong less often.
    """
    asked = canonical("function", function_id), query(request, DriftQuery).recent_hours
    return await asyncio.to_thread(_read, request.app.state.noria, *asked)


def _read(noria: "Noria", function_id: str, recent_h: int) -> DriftShape:
    report = noria.drifts.report(function_id, recent_h, labelled=False)
    tags = noria.storage.functions.get(
        function_id
    ).tags  # each has a threshold, and nothing to be weighed with
    return DriftShape.of(report, None if tags else noria.weighings.of(function_id, report))


routes = [get_drift]
