"""Tables as records: formats whose records are rows with named cells share this."""

import json
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from noria.formats.columns import Columns, name_of, name_of_tags
from noria.formats.format import Outline, Place
from noria.formats.record import Fields, Record, Refused
from noria.formats.tags import said_in
from noria.formats.values import as_field

MAX_COLUMNS = 1000
Cells = Mapping[str, Any]


class RowReader(ABC):
    """A reader of rows; a format says which columns there are and reads the cells."""

    columns: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    total: int | None = None
    of_texts = False  # whether all cells are texts, numbers too

    @abstractmethod
    def rows(self) -> Iterator[tuple[Place, Cells | Refused]]:
        """From the first one."""

    def records(self, columns: Columns) -> Iterator[tuple[Place, Record | Refused]]:
        for place, cells in self.rows():
            yield place, cells if isinstance(cells, Refused) else record_of(cells, columns, self.of_texts)


def record_of(cells: Cells, columns: Columns, of_texts: bool = False) -> Record | Refused:
    """A row as a record. What is no text is taken as it is written in JSON.

    of_texts: cells are all texts, so that those of number fields are read as numbers.
    """
    data = _row(cells, columns, of_texts) if columns.fields else _data(cells.get(columns.data))
    if not data and not columns.fields:
        return Refused(f"has nothing in “{columns.data}”.")
    try:
        metadata = _parsed(cells.get(columns.metadata), dict, "metadata", "an object of strings")
        sets = _parsed(cells.get(columns.sample_sets), list, "sample_sets", "a list of ids")
        tags = said_in(cells, columns) if columns.several else None
        label = None if columns.several else _label(cells.get(columns.label), columns.label)
    except ValueError as wrong:
        return Refused(str(wrong))
    if metadata is not None:
        metadata = {name: text_of(value) for name, value in metadata.items() if value is not None}
    return Record(
        data,
        label,
        text_of(cells.get(columns.external_id)) or None,
        metadata,
        tuple(text_of(each) for each in sets or ()),
        tags=tags,
    )


def row_of(record: Record, outline: Outline) -> dict[str, Any]:
    """A record as a row: its data under `text` or `image`, or under its fields' names; columns are the same for all."""
    if isinstance(record.data, Mapping):
        row = {name: record.data.get(name) for name in outline.fields}
    else:
        row = {"image" if outline.of_images else "text": record.data}
    external_id, metadata, sets = (
        name_of(part, outline.fields) for part in ("external_id", "metadata", "sample_sets")
    )
    row |= _labels(record, outline) | {external_id: record.external_id}
    if outline.with_metadata or metadata != "metadata":  # else the field would be read as metadata
        row[metadata] = record.metadata or None
    if outline.with_sample_sets or sets != "sample_sets":
        row[sets] = list(record.sample_sets) or None
    return row


def row_of_texts(record: Record, outline: Outline) -> dict[str, Any]:
    """The same for a format that can't hold files: an image is its data URI."""
    return {
        name: data_uri(value, record.media_type) if isinstance(value, bytes) else value
        for name, value in row_of(record, outline).items()
    }


def names_of(outline: Outline) -> list[str]:
    """The columns of such rows, in their order."""
    return list(row_of(Record({} if outline.fields else ""), outline))


def data_uri(file: bytes, media_type: str | None) -> str:
    """An image as text."""
    return f"data:{media_type or 'application/octet-stream'};base64,{b64encode(file).decode()}"


def text_of(value: object) -> str:
    """
    >>> [text_of(value) for value in ("a", None, 7, True, [1])]
    ['a', '', '7', 'true', '[1]']
    """
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _labels(record: Record, outline: Outline) -> dict[str, Any]:
    if not outline.several:
        return {name_of("label", outline.fields): record.label}
    said, unsaid = record.tags, name_of("no_opinion", outline.fields)
    row: dict[str, Any] = {name_of_tags(outline.fields): None if said is None else list(said.present)}
    if outline.with_no_opinion or unsaid != "no_opinion":
        row[unsaid] = list(said.unsaid) or None if said is not None else None
    return row


def _label(value: object, column: str) -> str | None:
    """Raises ValueError for several."""
    if isinstance(value, list):
        if len(value) > 1:
            raise ValueError(f"has more than one choice in “{column}”, where one label is taken.")
        value = value[0] if value else None
    return text_of(value).strip() or None


def _row(cells: Cells, columns: Columns, of_texts: bool) -> Fields:
    """Values by field, missing ones left out."""
    values = {each.name: as_field(cells.get(each.column), each.type, of_texts) for each in columns.fields}
    return {name: value for name, value in values.items() if value is not None}


def _data(value: object) -> str | bytes:
    """A text, a file, or a file as some data sets keep it: with its name beside it."""
    if isinstance(value, Mapping) and isinstance(value.get("bytes"), bytes):
        value = value["bytes"]
    if isinstance(value, bytes):
        return value
    text = text_of(value)
    return text if text.strip() else ""


def _parsed(value: object, kind: type[Any], name: str, what: str) -> Any:
    """Raises ValueError in words that go on from the row's place."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise ValueError(f"has no JSON in “{name}”.") from None
    if not isinstance(value, kind):
        raise ValueError(f"has something else than {what} in “{name}”.")
    return value or None
