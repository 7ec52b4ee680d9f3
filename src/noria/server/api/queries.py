"""What stands behind the question mark: names in any case, and an empty value is one not given."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request

from noria.errors import BadInput
from noria.server.api.fitting import fitted, names

T = TypeVar("T", bound=msgspec.Struct)

Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""A time in a query: ISO 8601, UTC where it names no zone, or a day; read it with `moment`."""


def query(request: Request[Any, Any, Any], shape: type[T]) -> T:
    """The request's query as this shape. Raises BadInput with the name of the parameter."""
    known = names(shape)
    fields: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        field = known.get(name.lower())
        if field is None or not value:
            continue
        if field[0].endswith("[]"):
            fields.setdefault(field[0], []).append(value)
        else:
            fields.setdefault(field[0], value)
    return fitted(fields, shape, strict=False)


def moment(given: str | None, name: str) -> datetime | None:
    """An aware UTC datetime. Raises BadInput."""
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput(
            f"{name} must be a time such as 2026-01-31T12:00:00Z. In an address, + is written %2B.",
            given=given[:100],
        ) from None
