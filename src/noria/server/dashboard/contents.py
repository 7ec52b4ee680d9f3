"""What a sample holds, as every page shows it: a text, an image, or the fields of a row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING, Protocol

from noria.records.field import Field, FieldType, FieldValues
from noria.records.function import Function, Modality
from noria.records.sample import Sample
from noria.server.dashboard.images import shown_image
from noria.server.dashboard.languages import t

if TYPE_CHECKING:
    from noria.app import Noria

_LINE = 400  # characters of a row in one line
_IN_LINE = 60  # characters of a value in it
_GROUPED = 10_000  # a year and a house number stay as they are


class Stored(Protocol):
    """What every record of a sample or a call has."""

    @property
    def data(self) -> str: ...

    @property
    def media_type(self) -> str | None: ...

    @property
    def field_values(self) -> FieldValues | None: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A field of a row and what the row has in it."""

    name: str
    type: FieldType
    words: str  # empty where it is missing, and for an image

    @property
    def is_number(self) -> bool:
        return self.type is FieldType.NUMBER


@dataclass(frozen=True, slots=True)
class Content:
    """One sample's content."""

    line: str  # all of it in a line: the text, or "age 41 · job clerk"; empty for an image alone
    image: Mapping[str, str] | None = None  # the addresses of its previews, by size
    entries: tuple[Entry, ...] | None = None  # of a row, all of the function's fields in their order


class Contents:
    """The contents of one function's samples; its fields are read once."""

    def __init__(self, noria: "Noria", function: Function) -> None:
        self._noria = noria
        self._function_id = function.id
        self.fields = fields_of(noria, function)

    def by_id(self, samples: Iterable[Sample]) -> dict[str, Content]:
        return {sample.id: self.of(sample.id, sample) for sample in samples}

    def of(self, sample_id: str, stored: Stored) -> Content:
        image = None
        if stored.media_type is not None:
            image = shown_image(self._noria, self._function_id, sample_id)
        if stored.field_values is None:
            return Content(stored.data, image)
        entries = row_entries(stored.field_values, self.fields)
        if not any(field.type is FieldType.IMAGE for field in self.fields):
            image = None  # its field was deleted
        return Content(in_a_line(entries) or (t("an image") if image else t("an empty row")), image, entries)

    def in_a_line(self, data: str, values: FieldValues | None) -> str:
        """Of a call that may not be stored: its text, or its fields."""
        return data if values is None else in_a_line(row_entries(values, self.fields))


def fields_of(noria: "Noria", function: Function) -> list[Field]:
    """The fields that are not deleted; none for texts and images."""
    if function.input is not Modality.TABULAR:
        return []
    return [field for field in noria.storage.fields.all(function.id) if not field.deleted]


def row_entries(values: FieldValues, fields: Sequence[Field]) -> tuple[Entry, ...]:
    """A row under the names that its fields have now, missing ones among them."""
    return tuple(Entry(field.name, field.type, _words(values.get(field.id))) for field in fields)


def in_a_line(entries: Sequence[Entry]) -> str:
    """What a row has, field after field, long texts and the end cut off; empty where it has nothing in words.

    >>> in_a_line([Entry("age", FieldType.NUMBER, "41"), Entry("note", FieldType.TEXT, ""), Entry("job", FieldType.TEXT, "clerk")])
    'age 41 · job clerk'
    """
    said = " · ".join(_said(entries))
    return said if len(said) <= _LINE else f"{said[: _LINE - 2].rstrip()} …"


def number(value: float) -> str:
    """A number as people read it: thousands apart from five digits on, so that a year stays a year.

    >>> [number(n) for n in (2006.0, 48213.5, -1250000.0, 0.1, 1e20)]
    ['2006', '48,213.5', '-1,250,000', '0.1', '1e+20']
    """
    plain = f"{value:.15g}"
    if abs(value) < _GROUPED or "e" in plain:
        return plain
    whole, point, rest = plain.partition(".")
    return f"{int(whole):,}{point}{rest}"


def _said(entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        if entry.words:
            yield f"{entry.name} {shorten(entry.words, _IN_LINE, placeholder=' …')}"


def _words(value: float | str | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else number(float(value))
