"""Search: the samples of a search function nearest to an input, and of any function those similar to one of its own.

A distance is the cosine distance of the stored embeddings, 1 - cos, in [0, 2] with six decimals: 0 for a copy, about 1
where two samples have nothing in common.
"""

from typing import Annotated, Any

from litestar import Request
from msgspec import UNSET, Meta, UnsetType

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.contents import data_of, shape_of
from noria.server.api.declare import MAX_BODY_OF_FILES, route
from noria.server.api.queries import query
from noria.server.api.sent import SearchBody
from noria.server.api.shapes import AnnotationShape, Data, PredictionShape, Shape, TagShape
from noria.serving.searching import MAX_FOUND, Found


class SearchQuery(Shape):
    sample_count: Annotated[int, Meta(ge=1, le=MAX_FOUND)] = 10
    include_data: bool = True


class FoundShape(Shape):
    sample_id: str
    distance: float
    external_id: str | None = None
    data: Data | UnsetType = UNSET


class SearchAnswer(Shape):
    """How v0.9 answers."""

    search_samples: list[FoundShape]


class SimilarShape(FoundShape):
    """With what the sample is labelled and what the live version says of it."""

    annotation: AnnotationShape | list[TagShape] | UnsetType = UNSET
    prediction: PredictionShape | list[PredictionShape] | UnsetType = UNSET


@route(
    "POST",
    "/v1/search-functions/{function_id:str}/invoke",
    "InvokeSearchFunction",
    Scope.INVOKE,
    query=SearchQuery,
    body=SearchBody,
    max_body=MAX_BODY_OF_FILES,
)
async def invoke_search(request: Request[Any, Any, Any], function_id: str) -> list[FoundShape]:
    """The samples nearest to `data`, or to the sample `sampleId`, which is not among them; nearest first.

    `sampleCount`: how many at most. `includeData`: false leaves their data out. `distance` is the cosine distance of the
    embeddings, 1 - cos, in [0, 2]: 0 for a copy.
    """
    return await _searched(request, function_id)


@route(
    "POST",
    "/v0.9/functions/{function_id:str}/search",
    "Search",
    Scope.INVOKE,
    query=SearchQuery,
    body=SearchBody,
    max_body=MAX_BODY_OF_FILES,
)
async def search(request: Request[Any, Any, Any], function_id: str) -> SearchAnswer:
    """The same as InvokeSearchFunction, under `searchSamples`."""
    return SearchAnswer(search_samples=await _searched(request, function_id))


@route(
    "GET",
    "/v1/functions/{function_id:str}/samples/{sample_id:str}/similar",
    "ListSimilarSamples",
    Scope.VIEW,
    query=SearchQuery,
)
async def list_similar(
    request: Request[Any, Any, Any], function_id: str, sample_id: str
) -> list[SimilarShape]:
    """Samples similar to this one, with their labels, nearest first: among them, a wrong label stands out.

    `distance` is the cosine distance of the embeddings, 1 - cos, in [0, 2]: 0 for a copy. A staged sample may be asked
    about and is not among the answers.
    """
    asked = query(request, SearchQuery)
    found = await request.app.state.noria.searcher.similar(
        canonical("function", function_id), canonical("sample", sample_id), asked.sample_count
    )
    return [_similar(request, each, asked.include_data) for each in found]


async def _searched(request: Request[Any, Any, Any], function_id: str) -> list[FoundShape]:
    asked, given = query(request, SearchQuery), await body(request, SearchBody)
    found = await request.app.state.noria.searcher.search(
        canonical("function", function_id),
        data=given.data,
        sample_id=given.sample_id,
        count=asked.sample_count,
    )
    return [
        FoundShape(
            sample_id=each.sample.id,
            distance=each.distance,
            external_id=each.sample.external_id,
            data=data_of(request, each.sample) if asked.include_data else UNSET,
        )
        for each in found
    ]


def _similar(request: Request[Any, Any, Any], found: Found, include_data: bool) -> SimilarShape:
    sample = shape_of(request, found.sample, include_data)
    return SimilarShape(
        sample_id=sample.id,
        distance=found.distance,
        external_id=sample.external_id,
        data=sample.data,
        annotation=sample.annotation,
        prediction=sample.prediction,
    )


routes = [invoke_search, search, list_similar]
