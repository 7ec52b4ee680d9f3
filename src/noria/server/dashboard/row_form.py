"""A row typed by hand: an input for each field, and what a form or a pasted object says."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from litestar.datastructures import UploadFile

from noria.errors import BadImage, BadInput, NoriaError
from noria.records.field import Field, FieldType
from noria.server.dashboard.languages import Later, t
from noria.storage import SampleFilter

if TYPE_CHECKING:
    from noria.app import Noria

PASTED = "json"  # the name of the box for a pasted object
_LOOKED_AT = 100  # samples, the newest
_CHOICES = 20  # values of a category at most
_SHORT = 60  # characters
_EXAMPLES: Mapping[FieldType, float | str] = {
    FieldType.NUMBER: 12.5,
    FieldType.TEXT: Later("some words"),
    FieldType.IMAGE: "data:image/jpeg;base64,…",
}


@dataclass(frozen=True, slots=True)
class Control:
    """The input of one field."""

    id: str
    name: str
    type: FieldType
    choices: tuple[str, ...] = ()  # texts that came again and again
    long: bool = False  # texts that take more than a line
    value: str = ""  # as it was typed


async def row_of(form: Mapping[str, Any], fields: Sequence[Field]) -> dict[str, object]:
    """The row in a form, by field id, or the object pasted into it; what was left blank is missing.

    Raises BadInput, with the name of a field where it is about one.
    """
    if pasted := str(form.get(PASTED, "")).strip():
        return _object(pasted)
    row: dict[str, object] = {}
    for field in fields:
        given = form.get(field.id)
        if isinstance(given, UploadFile):
            if file := await given.read():
                row[field.id] = file
        elif isinstance(given, str) and given.strip():
            row[field.id] = _number(field, given) if field.type is FieldType.NUMBER else given
    return row


def controls(noria: "Noria", function_id: str, fields: Sequence[Field]) -> list[Control]:
    """An input for each field, fit for the values that the newest samples have in it."""
    if not fields:
        return []
    newest = noria.storage.samples.list(function_id, SampleFilter(), _LOOKED_AT).samples
    rows = [sample.field_values or {} for sample in newest]
    return [_control(field, [str(row[field.id]) for row in rows if field.id in row]) for field in fields]


def filled(controls: Sequence[Control], form: Mapping[str, Any]) -> list[Control]:
    """As they were sent, so that nothing has to be typed again; a browser keeps no files."""
    return [
        Control(c.id, c.name, c.type, c.choices, c.long, given if isinstance(given, str) else "")
        for c in controls
        for given in (form.get(c.id),)
    ]


def example_row(fields: Sequence[Field]) -> str:
    """A row as a program sends it, with values that only say what goes where; JSON in one line."""
    return json.dumps({field.name: _EXAMPLES[field.type] for field in fields}, ensure_ascii=False)


def asked_row(noria: "Noria", function_id: str, fields: Sequence[Field]) -> dict[str, float | str]:
    """A row to call with, as the newest sample has it, by the names of fields; without its image, and long texts cut."""
    if not fields:
        return {}
    newest = noria.storage.samples.list(function_id, SampleFilter(), 1).samples
    values = (newest[0].field_values if newest else None) or {}
    row = {field.name: _brief(values[field.id]) for field in fields if field.id in values}
    return row or {f.name: _EXAMPLES[f.type] for f in fields if f.type is not FieldType.IMAGE}


def field_of(problem: NoriaError, fields: Sequence[Field]) -> str:
    """The id of the field that a problem is about; empty for one that is about the whole row."""
    if isinstance(problem, BadImage):
        return next((field.id for field in fields if field.type is FieldType.IMAGE), "")
    return next((field.id for field in fields if field.name == problem.facts.get("field")), "")


def told(problem: NoriaError) -> str:
    """The problem's words, without the name of the field that they already hold."""
    return str(problem).removesuffix(f" (field: {problem.facts.get('field')})")


def _brief(value: float | str) -> float | str:
    if isinstance(value, str):
        return shorten(value, _SHORT, placeholder=" …")
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else value


def _object(pasted: str) -> dict[str, object]:
    try:
        row = json.loads(pasted)
    except (ValueError, RecursionError) as problem:
        raise BadInput(t("This is not JSON: {problem}.", problem=problem)) from None
    if not isinstance(row, dict):
        raise BadInput(t('Paste one object of fields, such as {"age": 41, "job": "clerk"}.'))
    return row


def _number(field: Field, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        wanted = t("takes a number, such as 12.5")
        raise BadInput(
            t("The field “{name}” {wanted}, and this is none.", name=field.name, wanted=wanted),
            field=field.name,
        ) from None


def _control(field: Field, values: Sequence[str]) -> Control:
    if field.type is not FieldType.TEXT or not values:
        return Control(field.id, field.name, field.type)
    long, distinct = max(map(len, values)) > _SHORT, sorted(set(values))
    again = not long and len(distinct) <= min(_CHOICES, len(values) // 2)
    return Control(field.id, field.name, field.type, tuple(distinct) if again else (), long)
