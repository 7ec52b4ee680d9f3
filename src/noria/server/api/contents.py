"""What a sample's `data` is on the wire: the text, or the address of the image."""

from typing import Any

from litestar import Request

from noria.records.sample import Sample
from noria.server.api.shapes import SampleShape


def shape_of(request: Request[Any, Any, Any], sample: Sample, include_data: bool = True) -> SampleShape:
    return SampleShape.of(sample, data_of(request, sample) if include_data else None)


def data_of(request: Request[Any, Any, Any], sample: Sample) -> str:
    """A text as it is; of an image the signed address, absolute since clients look at its beginning."""
    return sample.data if sample.media_type is None else address_of(request, sample.function_id, sample.id)


def address_of(request: Request[Any, Any, Any], function_id: str, sample_id: str, side: int = 0) -> str:
    path: str = request.app.state.noria.links.path(function_id, sample_id, side)
    return str(request.base_url).rstrip("/") + path
