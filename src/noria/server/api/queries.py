"""What stands behind the question mark: names in any case; of several with one name, the first.

A list is its name again and again, with `[]` behind it or without.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request

from noria.errors import BadInput
from noria.server.api.fitting import fitted, names

T = TypeVar("T", bound=msgspec.Struct)

Id = Annotated[str, msgspec.Meta(max_length=100)]
"""An id in a query; one that there is not finds nothing."""

Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""A time in a query: ISO 8601, UTC where it names no zone, or a day; read it with `moment`."""


def query(request: Request[Any, Any, Any], shape: type[T]) -> T:
    """The request's query as this shape. Raises BadInput with the name of the parameter."""
    if not request.scope["query_string"]:
        made: T = _defaults(shape)
        return made
    known = names(shape)
    fields: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        field = known.get(name.lower()) or known.get(f"{name.lower()}[]")
        if field is None:
            continue
        if field.endswith("[]"):
            fields.setdefault(field, []).append(value)
        else:
            fields.setdefault(field, value)
    made = fitted(fields, shape, strict=False)
    for name, wire_name in zip(made.__struct_fields__, made.__struct_encode_fields__, strict=True):
        if wire_name in fields and getattr(made, name) is None:
            raise BadInput(f"{wire_name}: null is no value. Leave it out instead.")
    return made


@cache
def _defaults(shape: type[T]) -> T:
    return fitted({}, shape)


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
