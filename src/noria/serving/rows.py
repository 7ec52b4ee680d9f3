"""A row as callers send it: an object of fields, checked and made ready for its encoder."""

import math
from collections.abc import Callable, Mapping, Sequence

from noria.errors import BadInput
from noria.records.content import Content
from noria.records.field import Field, FieldType, FieldValues, Slot, row_digest
from noria.records.ids import canonical
from noria.redaction import Redactor
from noria.serving.limits import MAX_TEXT, json_kind, storable

_NAMED = 5  # fields in a message
_WANTED = {
    FieldType.NUMBER: "a number, such as 12.5 without quotes",
    FieldType.TEXT: "a text in quotes",
    FieldType.IMAGE: "an image as a data URI or an address",
}


def row_content(
    data: object, fields: Sequence[Field], image: Callable[[object], Content], hide: Redactor | None = None
) -> Content:
    """The content of a row. Keys are ids or names of fields; null, blank texts and absent keys are missing values.

    fields: all there ever were.   image: reads an image as an image function does.   hide: what of its texts must
    not be kept.
    Raises BadInput with the name of the field, TooLarge, and what `image` raises.
    """
    given = _by_field(data, [field for field in fields if not field.deleted])
    known: dict[str, float | str] = {}
    picture = None
    for field in fields:
        value = given.get(field.id)
        if value is None:
            continue
        if field.type is FieldType.IMAGE:
            picture = image(value)
        elif (checked := _checked(field, value)) is not None:
            known[field.id] = hide.hide(checked) if hide and isinstance(checked, str) else checked
    if not known and picture is None:
        raise BadInput(f"The row is empty. Send a value for one of its fields at least: {_named(fields)}.")
    lines = storable(_lines(fields, known, picture), "The row", MAX_TEXT)
    file, media_type = (picture.file, picture.media_type) if picture else (None, None)
    slots = tuple(
        Slot(field.type, file if field.type is FieldType.IMAGE and field.id in given else known.get(field.id))
        for field in fields
    )
    return Content(
        lines, row_digest(known, picture.digest if picture else b""), file, media_type, slots, known
    )


def _by_field(data: object, fields: Sequence[Field]) -> dict[str, object]:
    """Values by field id. Raises BadInput for what is no object, and for unknown and doubled fields."""
    if not isinstance(data, Mapping):
        example = '{"age": 41, "job": "clerk"}'
        raise BadInput(f"data must be an object of fields such as {example}, not {json_kind(data)}.")
    ids = {field.id: field.id for field in fields} | {field.name: field.id for field in fields}
    given: dict[str, object] = {}
    for key, value in data.items():
        id = ids.get(key) or ids.get(canonical("field", str(key)))
        if id is None:
            raise BadInput(f"This function has no field “{str(key)[:100]}”. It has: {_named(fields)}.")
        if id in given:
            raise BadInput(
                f"The field “{str(key)[:100]}” is there twice, by its name and by its id. Leave one out."
            )
        given[id] = value
    return given


def _checked(field: Field, value: object) -> float | str | None:
    """None for a blank text. Raises BadInput for a value of another type."""
    if field.type is FieldType.NUMBER and isinstance(value, int | float) and not isinstance(value, bool):
        return _number(field, value)
    if field.type is FieldType.TEXT and isinstance(value, str):
        return value if value.strip() else None
    raise BadInput(
        f"The field “{field.name}” takes {_WANTED[field.type]}, and this is {json_kind(value)}.",
        field=field.name,
    )


def _number(field: Field, value: int | float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise BadInput(f"The number in the field “{field.name}” is too large.", field=field.name)
    return number + 0.0  # -0 is 0


def _lines(fields: Sequence[Field], known: FieldValues, picture: Content | None) -> str:
    """As people read it, a line a field."""
    shown = {field.name: _shown(known[field.id]) for field in fields if field.id in known}
    if picture is not None:
        shown |= {f.name: "(image)" for f in fields if f.type is FieldType.IMAGE and not f.deleted}
    return "\n".join(f"{name}: {value}" for name, value in shown.items())


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.15g}"


def _named(fields: Sequence[Field]) -> str:
    names = [f"“{field.name}”" for field in fields if not field.deleted]
    if not names:
        return "none yet; add them with POST /v1/functions/{id}/fields"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
