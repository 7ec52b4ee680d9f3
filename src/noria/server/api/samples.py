"""Samples and their annotations."""

import asyncio
from typing import Any

from litestar import Request, Response

from noria.errors import SampleNotFound
from noria.records.client import Scope
from noria.records.ids import canonical
from noria.records.sample import AnnotationSource
from noria.server.api.bodies import body, body_or_list
from noria.server.api.contents import shape_of
from noria.server.api.declare import MAX_BODY_OF_FILES, route
from noria.server.api.filters import ExternalIdQuery, SamplesQuery
from noria.server.api.paging import linked
from noria.server.api.queries import query
from noria.server.api.sent import AnnotationBody, SampleBody, TagBody, Tags
from noria.server.api.shapes import AnnotationShape, SampleShape, TagShape, gone
from noria.serving.teaching import NamedTag

_ALL = "/v1/functions/{function_id:str}/samples"
_ONE = "/v1/functions/{function_id:str}/samples/{sample_id:str}"
_ALL_LEGACY = "/v0.9/functions/{function_id:str}/samples"
_ONE_LEGACY = "/v0.9/functions/{function_id:str}/samples/{sample_id:str}"
_ANNOTATION = [_ONE + "/annotation", _ONE_LEGACY + "/annotation"]


@route(
    "POST",
    [_ALL, _ALL_LEGACY],
    "PostSample",
    Scope.ANNOTATE,
    body=SampleBody,
    errors=[409],
    max_body=MAX_BODY_OF_FILES,
    unlogged=True,
)
async def post_sample(request: Request[Any, Any, Any], function_id: str) -> SampleShape:
    """A new sample; 409 with `existingSampleId` when the function has one with this data.

    A tags function takes a list of `{labelName, present}` under `annotation`: labels that it doesn't name are absent.
    """
    given = await body(request, SampleBody)
    tags = _named(given.annotation) if isinstance(given.annotation, list) else None
    annotation = given.annotation if isinstance(given.annotation, AnnotationBody) else None
    annotation = annotation or AnnotationBody(label_id=given.label_id, label_name=given.label_name)
    sample = await request.app.state.noria.teacher.add_sample(
        canonical("function", function_id),
        given.data,
        by=request.state.caller.name,
        label_id=annotation.label_id,
        label_name=annotation.label_name,
        external_id=given.external_id,
        sample_sets=[s.sample_set_id for s in given.sample_sets or []],
        tags=tags,
    )
    return shape_of(request, sample)


@route("GET", [_ALL, _ALL_LEGACY], "ListSamples", Scope.VIEW, query=SamplesQuery)
async def list_samples(request: Request[Any, Any, Any], function_id: str) -> Response[list[SampleShape]]:
    """Samples, newest first unless `sortOrder=ascending`; the `Link` header names the next page.

    Captured samples that nobody has annotated are listed only with `origin=InvokeCapture` or `captureReason`, or where
    they are named, by `sampleIds[]` or `externalId`.
    """
    asked = query(request, SamplesQuery)
    listing = request.app.state.noria.storage.samples.list
    function_id = canonical("function", function_id)
    await request.app.state.noria.live.get(function_id)
    page = await asyncio.to_thread(
        listing,
        function_id,
        asked.filter(),
        asked.count or asked.batch_size,
        asked.cursor,
    )
    samples = [shape_of(request, sample, asked.include_data) for sample in page.samples]
    return linked(request, samples, page.next_cursor)


@route("DELETE", [_ALL, _ALL_LEGACY], "DeleteSampleByExternalId", Scope.ANNOTATE, query=ExternalIdQuery)
async def delete_by_external_id(request: Request[Any, Any, Any], function_id: str) -> Response[None]:
    """Delete the newest sample with this `externalId`, a staged one only where there is no other."""
    external_id = query(request, ExternalIdQuery).external_id
    delete = request.app.state.noria.teacher.delete_sample_by_external_id
    await asyncio.to_thread(delete, canonical("function", function_id), external_id)
    return gone()


@route("GET", [_ONE, _ONE_LEGACY], "GetSample", Scope.VIEW)
async def get_sample(request: Request[Any, Any, Any], function_id: str, sample_id: str) -> SampleShape:
    """One sample, a staged one too."""
    function_id = canonical("function", function_id)
    await request.app.state.noria.live.get(function_id)
    read = request.app.state.noria.storage.samples.get
    sample = await asyncio.to_thread(read, function_id, canonical("sample", sample_id))
    return shape_of(request, sample)


@route("DELETE", [_ONE, _ONE_LEGACY], "DeleteSample", Scope.ANNOTATE)
async def delete_sample(request: Request[Any, Any, Any], function_id: str, sample_id: str) -> Response[None]:
    """Delete a sample, for good; its captures count as not answered."""
    delete = request.app.state.noria.teacher.delete_sample
    await asyncio.to_thread(delete, canonical("function", function_id), canonical("sample", sample_id))
    return gone()


def _named(tags: list[TagBody]) -> list[NamedTag]:
    return [NamedTag(tag.label_id, tag.label_name, tag.present) for tag in tags]


async def _annotate(
    request: Request[Any, Any, Any], function_id: str, sample_id: str
) -> AnnotationShape | list[TagShape]:
    given = await body_or_list(request, AnnotationBody, TagBody)
    function_id, sample_id = canonical("function", function_id), canonical("sample", sample_id)
    teacher, by = request.app.state.noria.teacher, request.state.caller.name
    function = (await request.app.state.noria.live.get(function_id)).function
    if function.tags or isinstance(given, list):
        tags = _named(given) if isinstance(given, list) else [NamedTag(given.label_id, given.label_name)]
        sample = await asyncio.to_thread(
            teacher.annotate_tags, function_id, sample_id, tags, by=by, source=AnnotationSource.API
        )
        return [TagShape.of(tag) for tag in sample.tags.tags]
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


@route("PUT", _ANNOTATION, "PutAnnotation", Scope.ANNOTATE, body=AnnotationBody | Tags, unlogged=True)
async def put_annotation(
    request: Request[Any, Any, Any], function_id: str, sample_id: str
) -> AnnotationShape | list[TagShape]:
    """Give a sample its label, by `labelId` or `labelName`; its tags, by a list of `{labelName, present}`.

    Of a tags function, labels that the list doesn't name are absent, and the answer lists all of them.
    """
    return await _annotate(request, function_id, sample_id)


@route("POST", _ANNOTATION, "PostAnnotation", Scope.ANNOTATE, body=AnnotationBody | Tags, unlogged=True)
async def post_annotation(
    request: Request[Any, Any, Any], function_id: str, sample_id: str
) -> AnnotationShape | list[TagShape]:
    """The same as PUT."""
    return await _annotate(request, function_id, sample_id)


@route("DELETE", _ANNOTATION, "DeleteAnnotation", Scope.ANNOTATE, unlogged=True)
async def delete_annotation(
    request: Request[Any, Any, Any], function_id: str, sample_id: str
) -> Response[None]:
    """Take the label away; a sample that was only captured is staged again."""
    await asyncio.to_thread(
        request.app.state.noria.teacher.unannotate,
        canonical("function", function_id),
        canonical("sample", sample_id),
        request.state.caller.name,
    )
    return gone()


routes = [
    post_sample, list_samples, delete_by_external_id, get_sample, delete_sample,
    put_annotation, post_annotation, delete_annotation,
]  # fmt: skip
