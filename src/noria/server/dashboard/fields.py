"""Fields of a table function: named when it is made, and added, renamed and deleted beside its labels."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from noria.errors import BadInput, DuplicateField, FieldNotFound
from noria.records.client import Scope
from noria.records.field import FieldType
from noria.server.dashboard import pages
from noria.server.dashboard.languages import t
from noria.server.dashboard.services import services
from noria.server.prefix import at

TYPES = tuple(each.value for each in FieldType)
MAX_HEADER = 200_000  # characters of a pasted table that are looked at
_LINES = 20  # of its rows
_BLANK = 3  # empty lines of the editor to begin with
_LABELS = ("label", "labelname", "label_name", "annotation", "class", "target", "split")
_FORM = RequestEncodingType.URL_ENCODED


@dataclass(frozen=True, slots=True)
class NewField:
    """A line of the editor."""

    name: str = ""
    type: str = FieldType.TEXT.value


@dataclass(frozen=True, slots=True)
class Proposal:
    """Fields read from the beginning of a table, and the columns that look like none."""

    fields: tuple[NewField, ...]
    left_out: tuple[str, ...]

    @property
    def words(self) -> str:
        return "" if not self.left_out else (
            t("Left out, as a label is no field: {columns}.", columns=', '.join(f'“{name}”' for name in self.left_out))
        )  # fmt: skip


class FieldForm(msgspec.Struct):
    name: str = ""
    type: str = FieldType.TEXT.value


Form = Annotated[FieldForm, Body(media_type=_FORM)]


@post("/functions/{function_id:str}/fields", opt={"scope": Scope.EDIT}, status_code=200, sync_to_thread=True)
def add_field(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    back = _back(function_id)
    try:
        added = services(request).teacher.add_field(function_id, data.name, data.type)
    except DuplicateField:
        return pages.refused(
            request, back, t("There is a field named “{name}” already.", name=data.name.strip())
        )
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    return pages.done(
        request, back, t("Added “{name}”. It is missing in the rows that are there.", name=added.name)
    )


@post(
    "/functions/{function_id:str}/fields/{field_id:str}",
    opt={"scope": Scope.EDIT}, status_code=200, sync_to_thread=True,
)  # fmt: skip
def rename_field(
    request: Request[Any, Any, Any], function_id: str, field_id: str, data: Form
) -> Response[Any]:
    back = _back(function_id)
    try:
        services(request).teacher.rename_field(function_id, field_id, data.name)
    except DuplicateField:
        return pages.refused(
            request, back, t("There is another field named “{name}”.", name=data.name.strip())
        )
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    return pages.done(request, back, t("Renamed. Programs that send it by its old name have to change."))


@post(
    "/functions/{function_id:str}/fields/{field_id:str}/delete",
    opt={"scope": Scope.EDIT}, status_code=200, sync_to_thread=True,
)  # fmt: skip
def delete_field(request: Request[Any, Any, Any], function_id: str, field_id: str) -> Response[Any]:
    teacher, back = services(request).teacher, _back(function_id)
    name = next((field.name for field in teacher.fields(function_id) if field.id == field_id), None)
    if name is None:
        raise FieldNotFound(id=field_id)
    teacher.delete_field(function_id, field_id)
    return pages.done(
        request, back, t("The field “{name}” is deleted. The next version learns without it.", name=name)
    )


def lines_of(names: Sequence[str], types: Sequence[str]) -> list[NewField]:
    """What the editor's lines say; a line without a name is none.

    >>> lines_of(["age", " ", "job"], ["Number", "Text", "Text"])
    [NewField(name='age', type='Number'), NewField(name='job', type='Text')]
    """
    lines = zip(names, types, strict=False)
    return [NewField(name.strip(), type) for name, type in lines if name.strip()]


def with_blanks(fields: Sequence[NewField]) -> list[NewField]:
    """The lines that the editor shows: those filled in, and an empty one to go on with."""
    return [*fields, *[NewField()] * (1 if fields else _BLANK)]


def proposed(table: str) -> Proposal:
    """Fields from the beginning of a table: names from its header, types from the lines below.

    Raises BadInput for what has no header.

    >>> proposed("age;job;label\\n41;clerk;yes\\n;pilot;no").fields
    (NewField(name='age', type='Number'), NewField(name='job', type='Text'))
    """
    text = table.strip("\ufeff\r\n ")[:MAX_HEADER]
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text), delimiter=max("\t,;|", key=first.count))
    try:
        header, *below = islice(rows, _LINES)
    except (ValueError, csv.Error):
        raise BadInput(t("Paste the line with the names of the columns, and two lines below it.")) from None
    names = list(dict.fromkeys(name.strip() for name in header if name.strip()))
    left_out = tuple(name for name in names if name.lower() in _LABELS)
    columns = {name.strip(): i for i, name in reversed(list(enumerate(header)))}
    fields = tuple(
        NewField(name, _type([row[columns[name]] for row in below if len(row) > columns[name]]))
        for name in names
        if name not in left_out
    )
    if not fields:
        raise BadInput(t("The first line holds no names. Paste the line with the names of the columns."))
    return Proposal(fields, left_out)


def _type(values: Sequence[str]) -> str:
    """A number where all values that are there are numbers; images are told by their data URIs."""
    there = [value.strip() for value in values if value.strip()]
    if there and all(_is_number(value) for value in there):
        return FieldType.NUMBER.value
    if there and all(value.lower().startswith("data:image/") for value in there):
        return FieldType.IMAGE.value
    return FieldType.TEXT.value


def _is_number(value: str) -> bool:
    try:
        return math.isfinite(float(value)) and "_" not in value
    except ValueError:
        return False


def _back(function_id: str) -> str:
    return at(f"/functions/{function_id}/samples#fields")
