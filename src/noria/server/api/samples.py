"""Samples and their annotations."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import Parameter

from noria.errors import BadInput, SampleNotFound
from noria.records.client import Scope
from noria.records.ids import canonical
from noria.records.sample import AnnotationSource, Origin
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.paging import linked
from noria.server.api.shapes import AnnotationBody, AnnotationShape, Done, SampleBody, SampleShape
from noria.storage import SampleFilter

_ALL = "/v1/functions/{function_id:str}/samples"
_ONE = "/v1/functions/{function_id:str}/samples/{sample_id:str}"
_ALL_LEGACY = "/v0.9/functions/{function_id:str}/samples"
_ONE_LEGACY = "/v0.9/functions/{function_id:str}/samples/{sample_id:str}"
MAX_PAGE = 1000
MAX_OFFSET = 1_000_000_000


@route("POST", [_ALL, _ALL_LEGACY], "PostSample", Scope.ANNOTATE, body=SampleBody, errors=[409, 503])
async def post_sample(request: Request[Any, Any, Any], function_id: str) -> SampleShape:
    """A new sample; 409 with `existingSampleId` when the function has one with this data."""
    given = await body(request, SampleBody)
    annotation = given.annotation or AnnotationBody()
    sample = await request.app.state.noria.teacher.add_sample(
        canonical("function", function_id),
        given.data,
        by=request.state.caller.name,
        label_id=annotation.label_id,
        label_name=annotation.label_name,
        external_id=given.external_id,
        sample_sets=[s.sample_set_id for s in given.sample_sets or []],
    )
    return SampleShape.of(sample)


@route("GET", [_ALL, _ALL_LEGACY], "ListSamples", Scope.ANNOTATE)
async def list_samples(
    request: Request[Any, Any, Any],
    function_id: str,
    cursor: str | None = None,
    batch_size: Annotated[int, Parameter(query="batchSize", ge=1, le=MAX_PAGE)] = MAX_PAGE,
    start_index: Annotated[int | None, Parameter(query="startIndex", ge=0, le=MAX_OFFSET)] = None,
    count: Annotated[int | None, Parameter(ge=1, le=MAX_PAGE)] = None,
    external_id: Annotated[str | None, Parameter(query="externalId")] = None,
    annotated: bool | None = None,
    predicted: bool | None = None,
    annotation_label_id: Annotated[str | None, Parameter(query="annotationLabelId")] = None,
    prediction_label_id: Annotated[str | None, Parameter(query="predictionLabelId")] = None,
    agree: Annotated[bool | None, Parameter(query="predictionAndAnnotationAgree")] = None,
    capture_reason: Annotated[str | None, Parameter(query="captureReason")] = None,
    origin: str | None = None,
    search_text: Annotated[str | None, Parameter(query="searchText", max_length=1000)] = None,
    sample_ids: Annotated[list[str] | None, Parameter(query="sampleIds[]", max_length=MAX_PAGE)] = None,
    sample_set_id: Annotated[str | None, Parameter(query="sampleSetId")] = None,
    in_train_set: Annotated[bool | None, Parameter(query="inTrainSet")] = None,
    created_before: Annotated[datetime | None, Parameter(query="createdBefore")] = None,
    created_after: Annotated[datetime | None, Parameter(query="createdAfter")] = None,
    sort_by: Annotated[str, Parameter(query="sortBy")] = "creation",
    sort_order: Annotated[str, Parameter(query="sortOrder")] = "descending",
    include_data: Annotated[bool, Parameter(query="includeData")] = True,
) -> Response[list[SampleShape]]:
    """Samples, newest first unless `sortOrder=ascending`; the `Link` header names the next page.

    Captured samples that nobody has annotated are listed only with `origin=InvokeCapture` or `captureReason`.
    """
    if sort_by.lower() != "creation":
        raise BadInput("Samples can be sorted by creation only. Send sortBy=creation or leave it out.")
    chosen = SampleFilter(
        external_id=external_id,
        start_index=start_index,
        count=count,
        annotated=annotated,
        predicted=predicted,
        annotation_label_id=canonical("label", annotation_label_id) if annotation_label_id else None,
        prediction_label_id=canonical("label", prediction_label_id) if prediction_label_id else None,
        prediction_and_annotation_agree=agree,
        capture_reason=capture_reason,
        origin=_origin(origin),
        search_text=search_text,
        sample_ids=tuple(canonical("sample", s) for s in sample_ids) if sample_ids else None,
        sample_set_id=canonical("sampleset", sample_set_id) if sample_set_id else None,
        in_train_set=in_train_set,
        created_before=created_before,
        created_after=created_after,
        ascending=_ascending(sort_order),
    )
    listing = request.app.state.noria.storage.samples.list
    page = await asyncio.to_thread(
        listing, canonical("function", function_id), chosen, count or batch_size, cursor
    )
    return linked(request, [SampleShape.of(s, include_data) for s in page.samples], page.next_cursor)


@route("DELETE", _ALL, "DeleteSampleByExternalId", Scope.ANNOTATE)
async def delete_by_external_id(
    request: Request[Any, Any, Any],
    function_id: str,
    external_id: Annotated[str, Parameter(query="externalId")],
) -> Done:
    await asyncio.to_thread(
        request.app.state.noria.teacher.delete_sample_by_external_id,
        canonical("function", function_id),
        external_id,
    )
    return Done()


@route("GET", [_ONE, _ONE_LEGACY], "GetSample", Scope.ANNOTATE)
async def get_sample(request: Request[Any, Any, Any], function_id: str, sample_id: str) -> SampleShape:
    read = request.app.state.noria.storage.samples.get
    sample = await asyncio.to_thread(read, canonical("function", function_id), canonical("sample", sample_id))
    return SampleShape.of(sample)


@route("DELETE", [_ONE, _ONE_LEGACY], "DeleteSample", Scope.ANNOTATE)
async def delete_sample(request: Request[Any, Any, Any], function_id: str, sample_id: str) -> Done:
    delete = request.app.state.noria.teacher.delete_sample
    await asyncio.to_thread(delete, canonical("function", function_id), canonical("sample", sample_id))
    return Done()


async def _annotate(request: Request[Any, Any, Any], function_id: str, sample_id: str) -> AnnotationShape:
    given = await body(request, AnnotationBody)
    function_id, sample_id = canonical("function", function_id), canonical("sample", sample_id)
    teacher, by = request.app.state.noria.teacher, request.state.caller.name
    chosen = {"label_id": given.label_id, "label_name": given.label_name}
    try:
        sample = await asyncio.to_thread(
            teacher.annotate, function_id, sample_id, by=by, source=AnnotationSource.API, **chosen
        )
    except SampleNotFound:
        # The id of a call that was not captured: the caller's word goes to the feedback lane.
        await asyncio.to_thread(teacher.feedback, function_id, sample_id, by=by, **chosen)
        label_id = await asyncio.to_thread(teacher.label_id, function_id, **chosen)
        return AnnotationShape(label_id=label_id)
    return AnnotationShape(label_id=sample.annotation.label_id, created_at=sample.annotation.at)


@route("PUT", _ONE + "/annotation", "PutAnnotation", Scope.ANNOTATE, body=AnnotationBody)
async def put_annotation(
    request: Request[Any, Any, Any], function_id: str, sample_id: str
) -> AnnotationShape:
    """Give a sample its label, by `labelId` or `labelName`."""
    return await _annotate(request, function_id, sample_id)


@route("POST", _ONE + "/annotation", "PostAnnotation", Scope.ANNOTATE, body=AnnotationBody)
async def post_annotation(
    request: Request[Any, Any, Any], function_id: str, sample_id: str
) -> AnnotationShape:
    """The same as PUT."""
    return await _annotate(request, function_id, sample_id)


@route("DELETE", _ONE + "/annotation", "DeleteAnnotation", Scope.ANNOTATE)
async def delete_annotation(request: Request[Any, Any, Any], function_id: str, sample_id: str) -> Done:
    await asyncio.to_thread(
        request.app.state.noria.teacher.unannotate,
        canonical("function", function_id),
        canonical("sample", sample_id),
        request.state.caller.name,
    )
    return Done()


@route("POST", _ONE + "/feedback", "PostFeedback", Scope.INVOKE, body=AnnotationBody)
async def post_feedback(request: Request[Any, Any, Any], function_id: str, sample_id: str) -> Done:
    """A caller's word on what an answered call really was; it is kept apart and trains after review."""
    given = await body(request, AnnotationBody)
    await asyncio.to_thread(
        request.app.state.noria.teacher.feedback,
        canonical("function", function_id),
        canonical("sample", sample_id),
        by=request.state.caller.name,
        label_id=given.label_id,
        label_name=given.label_name,
    )
    return Done()


def _origin(given: str | None) -> Origin | None:
    if given is None:
        return None
    for origin in Origin:
        if origin.value.lower() == given.lower():
            return origin
    raise BadInput("No such origin.", origin=given, known=", ".join(Origin))


def _ascending(given: str) -> bool:
    if given.lower() not in {"ascending", "descending"}:
        raise BadInput("sortOrder must be ascending or descending.", given=given)
    return given.lower() == "ascending"


routes = [
    post_sample, list_samples, delete_by_external_id, get_sample, delete_sample,
    put_annotation, post_annotation, delete_annotation, post_feedback,
]  # fmt: skip
