"""What a sample's `data` is on the wire: the text, the address of the image, or the row by field id."""

from typing import Any, Protocol

from litestar import Request

from noria.records.field import Field, FieldType, FieldValues
from noria.records.sample import Sample
from noria.server.api.shapes import Data, SampleShape


def shape_of(request: Request[Any, Any, Any], sample: Sample, include_data: bool = True) -> SampleShape:
    """A list of samples is of one function, which this process has in memory once any was read."""
    live = request.app.state.noria.live.peek(sample.function_id) if sample.tags_prediction else None
    thresholds = live.thresholds if live else {}
    return SampleShape.of(sample, data_of(request, sample) if include_data else None, thresholds)


def data_of(request: Request[Any, Any, Any], sample: Sample) -> Data:
    return wired(request, sample.function_id, sample.id, sample)


class Stored(Protocol):
    """What every record of a sample has."""

    @property
    def data(self) -> str: ...

    @property
    def media_type(self) -> str | None: ...

    @property
    def field_values(self) -> FieldValues | None: ...


def wired(request: Request[Any, Any, Any], function_id: str, sample_id: str, stored: Stored) -> Data:
    """A text as it is; of an image the signed address, absolute since clients look at its beginning."""
    image = None if stored.media_type is None else address_of(request, function_id, sample_id)
    if stored.field_values is not None:
        return _row(stored.field_values, image, _fields(request, function_id))
    return stored.data if image is None else image


def address_of(request: Request[Any, Any, Any], function_id: str, sample_id: str, side: int = 0) -> str:
    path: str = request.app.state.noria.links.path(function_id, sample_id, side)
    return str(request.base_url).rstrip("/") + path


def _row(values: FieldValues, image: str | None, fields: list[Field]) -> dict[str, float | int | str]:
    """The fields that are there, in their order. Whole numbers have no point."""
    shown: dict[str, float | int | str] = {}
    for field in fields:
        if field.type is FieldType.IMAGE and image is not None:
            shown[field.id] = image
        elif field.id in values:
            shown[field.id] = _plain(values[field.id])
    return shown


def _plain(value: float | str) -> float | int | str:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _fields(request: Request[Any, Any, Any], function_id: str) -> list[Field]:
    """Read once a request."""
    if "fields" not in request.state:  # a request is about one function
        request.state.fields = request.app.state.noria.teacher.fields(function_id)
    fields: list[Field] = request.state.fields
    return fields
