"""From what a caller sent to the shape a handler reads: names in any case, and in words what doesn't fit."""

from functools import cache
from typing import Any, TypeVar

import msgspec

from noria.errors import BadInput

T = TypeVar("T", bound=msgspec.Struct)


def fitted(fields: dict[str, Any], shape: type[T], *, strict: bool = True) -> T:
    """The fields as this shape; names that it doesn't know are passed over.

    strict: whether a number may not come as text, as it has to in a form or a query.
    Raises BadInput with the name of the field.
    """
    try:
        return msgspec.convert(_renamed(fields, shape), shape, strict=strict)
    except msgspec.ValidationError as problem:
        raise BadInput(_in_words(problem)) from None


def refuse_nul(made: msgspec.Struct) -> None:
    """No text has use for a NUL character, and not every database takes it. Raises BadInput with the field's name."""
    if (where := _nul_in(made)) is not None:
        raise BadInput(f"{where}: it holds a NUL character. Remove it and send it again.")


@cache
def names(shape: type[msgspec.Struct]) -> dict[str, str]:
    """The name of each field on the wire, by the same in lower case."""
    return {name.lower(): name for name in shape.__struct_encode_fields__}


@cache
def _shapes_in(shape: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct]]:
    """The shapes of those fields that hold one, by the fields' names on the wire."""
    found = {f.encode_name: _shape_in(f.type) for f in msgspec.structs.fields(shape)}
    return {name: inner for name, inner in found.items() if inner is not None}


def _renamed(value: Any, shape: type[msgspec.Struct]) -> Any:
    """Bring the names of an object, whatever their case, to those of the shape; nested shapes too."""
    if not isinstance(value, dict):
        return value
    known, shapes = names(shape), _shapes_in(shape)
    renamed = {}
    for name, content in value.items():
        if (field := known.get(name.lower())) is None:
            continue
        if (inner := shapes.get(field)) is not None:
            many = isinstance(content, list)
            content = [_renamed(each, inner) for each in content] if many else _renamed(content, inner)
        renamed[field] = content
    return renamed


def _shape_in(kind: Any) -> type[msgspec.Struct] | None:
    """The shape inside a type such as `AnnotationBody | None` or `list[SampleSetShape] | None`."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    for part in getattr(kind, "__args__", ()):
        if (found := _shape_in(part)) is not None:
            return found
    return None


def _nul_in(value: Any, where: str = "the body") -> str | None:
    """The name of the field that holds a NUL character."""
    if isinstance(value, str):
        return where if "\x00" in value else None
    if isinstance(value, msgspec.Struct):
        fields = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
        parts = [(name, getattr(value, field)) for name, field in fields]
    elif isinstance(value, dict):
        parts = [(where, part) for entry in value.items() for part in entry]
    elif isinstance(value, list):
        parts = [(where, part) for part in value]
    else:
        return None
    return next((found for name, part in parts if (found := _nul_in(part, name)) is not None), None)


def _in_words(problem: msgspec.ValidationError) -> str:
    what, _, where = str(problem).partition(" - at `$")
    place = where.rstrip("`").lstrip(".") or "the body"
    return f"{place}: {what[0].lower()}{what[1:]}. Mend it and send it again; /schema lists what is taken."
