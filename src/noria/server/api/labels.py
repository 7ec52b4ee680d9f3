"""Labels of a function."""

import asyncio
from typing import Any, Literal

from litestar import Request, Response

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.queries import query
from noria.server.api.sent import LabelBody, MergeBody
from noria.server.api.shapes import LabelShape, MergeShape, Shape, gone
from noria.server.audited import note, nothing_was_done
from noria.serving.bulk_changing import AT_ONCE_S

_ALL = "/v1/functions/{function_id:str}/labels"
_ONE = "/v1/functions/{function_id:str}/labels/{label_id:str}"


class DeleteLabelQuery(Shape):
    samples: Literal["keep", "delete"] = "keep"


@route("GET", _ALL, "ListLabels", Scope.INVOKE)
async def list_labels(request: Request[Any, Any, Any], function_id: str) -> list[LabelShape]:
    """All labels in the order of creation."""
    read = request.app.state.noria.storage.labels.all
    return [
        LabelShape.of(label) for label in await asyncio.to_thread(read, canonical("function", function_id))
    ]


@route("POST", _ALL, "PostLabel", Scope.EDIT, body=LabelBody, errors=[409])
async def post_label(request: Request[Any, Any, Any], function_id: str) -> LabelShape:
    """A new label; 409 with the `id` of the one that has this name already."""
    given = await body(request, LabelBody)
    add = request.app.state.noria.teacher.add_label
    label = await asyncio.to_thread(
        add, canonical("function", function_id), given.name, given.description, given.metadata
    )
    return LabelShape.of(label)


@route("GET", _ONE, "GetLabel", Scope.INVOKE)
async def get_label(request: Request[Any, Any, Any], function_id: str, label_id: str) -> LabelShape:
    """One label."""
    read = request.app.state.noria.storage.labels.get
    label = await asyncio.to_thread(read, canonical("function", function_id), canonical("label", label_id))
    return LabelShape.of(label)


@route("PUT", _ONE, "PutLabel", Scope.EDIT, body=LabelBody, errors=[409])
async def put_label(request: Request[Any, Any, Any], function_id: str, label_id: str) -> LabelShape:
    """Change a label: what is left out of the body is gone."""
    given = await body(request, LabelBody)
    update = request.app.state.noria.teacher.update_label
    label = await asyncio.to_thread(
        update,
        canonical("function", function_id),
        canonical("label", label_id),
        given.name,
        given.description,
        given.metadata,
    )
    return LabelShape.of(label)


@route("DELETE", _ONE, "DeleteLabel", Scope.EDIT, query=DeleteLabelQuery)
async def delete_label(request: Request[Any, Any, Any], function_id: str, label_id: str) -> Response[None]:
    """Delete the label; annotations and predictions that name it are gone at once.

    With `samples=delete` the samples that have it are deleted too, and the label goes with the last of them: of thousands
    that takes a while, and the `Location` header names the change to follow.
    """
    noria, by = request.app.state.noria, request.state.caller.name
    function_id, label_id = canonical("function", function_id), canonical("label", label_id)
    if query(request, DeleteLabelQuery).samples == "keep":
        await asyncio.to_thread(noria.teacher.delete_label, function_id, label_id)
        return gone()
    change = await asyncio.to_thread(noria.bulk.delete_label, function_id, label_id, by)
    note(request, samples=change.total)
    change = await noria.bulk.settled(change, AT_ONCE_S)
    answer = gone()
    if change.under_way:
        answer.headers["Location"] = f"/v1/functions/{function_id}/changes/{change.id}"
    return answer


@route("POST", _ONE + "/merge", "MergeLabel", Scope.EDIT, body=MergeBody)
async def merge_label(request: Request[Any, Any, Any], function_id: str, label_id: str) -> MergeShape:
    """Merge the label into another one of the function: whatever was said with it is said with the other.

    Samples, the queue, feedback, live figures and capture rules follow at once, and the live model answers the other
    label. Of a tags function, a sample on which one of the two is present has the tag. There is no way back; send
    `dryRun` first to see what changes.
    """
    given = await body(request, MergeBody)
    teacher, by = request.app.state.noria.teacher, request.state.caller.name
    function_id, label_id = canonical("function", function_id), canonical("label", label_id)
    into = await asyncio.to_thread(
        teacher.label_id, function_id, label_id=given.into_label_id, label_name=given.into_label_name
    )
    if given.dry_run:
        counts = await asyncio.to_thread(teacher.plan_merge, function_id, label_id, into)
        nothing_was_done(request)
    else:
        counts = await asyncio.to_thread(teacher.merge_label, function_id, label_id, into, by)
        note(request, into=into, samples=counts.samples)
    return MergeShape.of(label_id, into, counts, given.dry_run)


routes = [list_labels, post_label, get_label, put_label, delete_label, merge_label]
