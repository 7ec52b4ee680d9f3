"""Many samples changed or moved with one call, and copies of functions. Noria's own additions."""

import asyncio
from datetime import datetime
from typing import Any

from litestar import Request
from msgspec import UNSET, UnsetType

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.records.sample import AnnotationSource
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.filters import SamplesChosen
from noria.server.api.queries import Id
from noria.server.api.sent import Name, Tags
from noria.server.api.shapes import FunctionShape, Shape
from noria.server.audited import note, note_beside, nothing_was_done
from noria.server.guard import must_edit, must_edit_everywhere
from noria.serving.bulk_changing import AT_ONCE_S
from noria.serving.teaching import NamedTag
from noria.storage import BulkChange, BulkCounts, MovePlan

_SAMPLES = "/v1/functions/{function_id:str}/samples"
_ALL = "/v1/functions/{function_id:str}/changes"
_ONE = _ALL + "/{change_id:str}"


class ChosenBody(Shape):
    """Which samples: those that the filter finds, or with `all` every one but those that only wait in the queue.

    With `dryRun` nothing is changed.
    """

    filter: SamplesChosen | None = None
    all: bool = False
    dry_run: bool = False


class DeleteBody(ChosenBody):
    pass


class RelabelBody(ChosenBody):
    """The label, by its id or name; of a tags function a list of tags, and others stay as they are said to be."""

    label_id: str | None = None
    label_name: str | None = None
    tags: Tags | None = None


class MoveBody(ChosenBody, kw_only=True):
    """To which function, by its id."""

    into_function_id: Id


class CopyBody(Shape):
    name: Name | None = None  # "… (copy)" of the original's


class PlanShape(Shape):
    """What a change touches."""

    sample_count: int
    annotated_count: int
    waiting_count: int  # in the queue
    judged_count: int | UnsetType = UNSET  # of a move: captured calls whose answers stop to count here
    known_count: int | UnsetType = (
        UNSET  # of a move: samples that are there already; of tables nobody counts them
    )
    new_labels: list[str] | UnsetType = UNSET  # of a move: names of those that are made there

    @classmethod
    def of(cls, counts: BulkCounts, move: MovePlan | None = None) -> "PlanShape":
        plan = cls(
            sample_count=counts.samples, annotated_count=counts.annotated, waiting_count=counts.waiting
        )
        if move is not None:
            plan.judged_count, plan.new_labels = move.judged, list(move.new_labels)
            plan.known_count = UNSET if move.known is None else move.known
        return plan


class ChangeShape(Shape):
    """How far a bulk change is: `position` of `total` samples are done. Without an id it was a dry run."""

    kind: str
    state: str  # planned, running, done, failed or stopped
    position: int
    total: int
    id: str | UnsetType = UNSET
    function_id: str | UnsetType = UNSET
    plan: PlanShape | UnsetType = UNSET  # of a dry run
    created_at: datetime | UnsetType = UNSET
    ended_at: datetime | UnsetType = UNSET
    error: str | UnsetType = UNSET
    into_function_id: str | UnsetType = UNSET  # of a move
    known_count: int | UnsetType = UNSET  # of a move: of those that are done, they were there already

    @classmethod
    def of(cls, change: BulkChange) -> "ChangeShape":
        return cls(
            kind=change.kind.value,
            state=change.state.value,
            position=change.position,
            total=change.total,
            id=change.id,
            function_id=change.function_id,
            created_at=change.created_at,
            ended_at=change.ended_at or UNSET,
            error=change.error or UNSET,
            into_function_id=change.into_function_id or UNSET,
            known_count=change.known if change.into_function_id else UNSET,
        )

    @classmethod
    def planned(cls, kind: str, counts: BulkCounts, move: MovePlan | None = None) -> "ChangeShape":
        plan = PlanShape.of(counts, move)
        return cls(kind=kind, state="planned", position=0, total=counts.samples, plan=plan)


class CopyShape(Shape):
    """The new function, which is there at once, and its samples on their way."""

    function: FunctionShape
    change: ChangeShape


@route("POST", _SAMPLES + "/delete", "PostSamplesDelete", Scope.EDIT, body=DeleteBody)
async def delete_samples(request: Request[Any, Any, Any], function_id: str) -> ChangeShape:
    """Delete the samples that a filter finds, the same as of the list, or that are named by `sampleIds`.

    `dryRun` counts them. What takes more than two seconds goes on by itself: follow it under `changes`.
    """
    given = await body(request, DeleteBody)
    bulk, function_id = request.app.state.noria.bulk, canonical("function", function_id)
    filter = (given.filter or SamplesChosen()).filter()
    if given.dry_run:
        counts = await asyncio.to_thread(bulk.count, function_id, filter, given.all)
        nothing_was_done(request)
        return ChangeShape.planned("delete", counts)
    change = await asyncio.to_thread(
        bulk.delete, function_id, filter, request.state.caller.name, every=given.all
    )
    note(request, change=change.id, samples=change.total)
    return ChangeShape.of(await bulk.settled(change, AT_ONCE_S))


@route("POST", _SAMPLES + "/relabel", "PostSamplesRelabel", Scope.ANNOTATE, body=RelabelBody)
async def relabel_samples(request: Request[Any, Any, Any], function_id: str) -> ChangeShape:
    """Give the samples that a filter finds, or that are named by `sampleIds`, one label.

    Of a tags function, `tags` says which are there and which are not; what is said of others stays. Captured samples
    are settled by it. `dryRun` counts them. What takes more than two seconds goes on by itself, see `changes`.
    """
    given = await body(request, RelabelBody)
    bulk, function_id = request.app.state.noria.bulk, canonical("function", function_id)
    filter = (given.filter or SamplesChosen()).filter()
    if given.dry_run:
        counts = await asyncio.to_thread(bulk.count, function_id, filter, given.all)
        nothing_was_done(request)
        return ChangeShape.planned("relabel", counts)
    tags = [NamedTag(tag.label_id, tag.label_name, tag.present) for tag in given.tags or ()]
    if given.tags is None:
        tags = [NamedTag(given.label_id, given.label_name)]
    change = await asyncio.to_thread(
        bulk.relabel, function_id, filter, tags, request.state.caller.name, AnnotationSource.API,
        every=given.all,
    )  # fmt: skip
    note(request, change=change.id, samples=change.total)
    return ChangeShape.of(await bulk.settled(change, AT_ONCE_S))


@route("POST", _SAMPLES + "/move", "PostSamplesMove", Scope.EDIT, body=MoveBody)
async def move_samples(request: Request[Any, Any, Any], function_id: str) -> ChangeShape:
    """Move the samples that a filter finds, or that are named by `sampleIds`, to another function of the same kind.

    Data, `externalId`, metadata, notes and annotations go along, these by the names of their labels; captures and
    figures stay. What the other function has already is not added twice and keeps its label. Both have to be yours
    to edit. `dryRun` counts. What takes more than two seconds goes on by itself, see `changes`.
    """
    given = await body(request, MoveBody)
    bulk, function_id = request.app.state.noria.bulk, canonical("function", function_id)
    into = canonical("function", given.into_function_id)
    must_edit(request.state.caller, into)
    filter = (given.filter or SamplesChosen()).filter()
    if given.dry_run:
        counts = await asyncio.to_thread(bulk.count, function_id, filter, given.all)
        plan = await asyncio.to_thread(bulk.plan_move, function_id, filter, into, every=given.all)
        nothing_was_done(request)
        return ChangeShape.planned("move", counts, plan)
    change = await asyncio.to_thread(
        bulk.move, function_id, filter, into, request.state.caller.name, every=given.all
    )
    note(request, change=change.id, samples=change.total, into=into)
    note_beside(request, into, change=change.id, samples=change.total, **{"from": function_id})
    return ChangeShape.of(await bulk.settled(change, AT_ONCE_S))


@route("GET", _ALL, "ListChanges", Scope.VIEW)
async def list_changes(request: Request[Any, Any, Any], function_id: str) -> list[ChangeShape]:
    """The last hundred bulk changes, the newest first; of a copy, that which brought its samples."""
    read = request.app.state.noria.storage.bulk_changes.latest
    found = await asyncio.to_thread(read, canonical("function", function_id))
    return [ChangeShape.of(change) for change in found]


@route("GET", _ONE, "GetChange", Scope.VIEW)
async def get_change(request: Request[Any, Any, Any], function_id: str, change_id: str) -> ChangeShape:
    """How far a bulk change is."""
    read = request.app.state.noria.storage.bulk_changes.get
    found = await asyncio.to_thread(read, canonical("function", function_id), canonical("change", change_id))
    return ChangeShape.of(found)


@route("POST", _ONE + "/stop", "StopChange", Scope.EDIT)
async def stop_change(request: Request[Any, Any, Any], function_id: str, change_id: str) -> ChangeShape:
    """Stop a bulk change that runs; what is done stays done."""
    stop = request.app.state.noria.bulk.stop
    found = await asyncio.to_thread(stop, canonical("function", function_id), canonical("change", change_id))
    return ChangeShape.of(found)


@route("POST", "/v1/functions/{function_id:str}/copy", "CopyFunction", Scope.EDIT, body=CopyBody)
async def copy_function(request: Request[Any, Any, Any], function_id: str) -> CopyShape:
    """A new function with the settings, labels, fields, rules and samples of this one, annotations included.

    Its captures, figures and versions are its own: it trains by itself once its samples are there.
    """
    must_edit_everywhere(request.state.caller)
    given = await body(request, CopyBody)
    noria = request.app.state.noria
    change = await asyncio.to_thread(
        noria.bulk.copy, canonical("function", function_id), given.name, request.state.caller.name
    )
    note(request, copy=change.function_id, samples=change.total)
    change = await noria.bulk.settled(change, AT_ONCE_S)
    function = await asyncio.to_thread(noria.storage.functions.get, change.function_id)
    return CopyShape(function=FunctionShape.of(function), change=ChangeShape.of(change))


routes = [
    delete_samples, relabel_samples, move_samples, list_changes, get_change, stop_change, copy_function,
]  # fmt: skip
