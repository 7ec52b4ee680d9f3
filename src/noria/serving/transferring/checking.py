"""The first reading of a file: what an import would add, before it adds anything."""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from typing import Any

from noria.errors import BadInput, NoriaError
from noria.formats import Columns, Reader, Record, Refused
from noria.formats.rows import RowReader, text_of
from noria.records.content import Content
from noria.records.field import Field
from noria.records.function import Function, Modality
from noria.records.transfer import Findings, Problem, in_words
from noria.redaction import Redactor, redactor
from noria.serving.intake import content_of, is_address, redacted
from noria.serving.limits import (
    MAX_LABELS,
    checked_external_id,
    checked_metadata,
    checked_name,
    checked_sample_set,
)
from noria.serving.rows import row_content

SHOWN_ROWS = 6
_SHOWN_COLUMNS = 12
_SHOWN = 140  # characters of a cell
_KEPT = 500  # problems

Seen = Callable[[int, int | None], None]
"""Told of rows read, and of how many there are if that is known; may raise to end the reading."""


def check(
    reader: Reader, columns: Columns, function: Function, labels: Collection[str], seen: Seen,
    fields: Sequence[Field] = (),
) -> tuple[Findings, list[Problem]]:  # fmt: skip
    """What the file holds, and what is wrong with rows of it. Raises BadInput where it can't be imported.

    labels: names of those that the function has. fields: of a table, as they will be when its rows come.
    """
    hide = redactor(function.redaction)
    rows = refused = 0
    problems: list[Problem] = []
    named = dict.fromkeys([] if function.searches else reader.labels)
    for place, record in reader.records(columns):
        rows += 1
        why = record.why if isinstance(record, Refused) else wrong_with(record, function, fields)
        if why is not None:
            refused += 1
            if len(problems) < _KEPT:
                problems.append((place, redacted(why, hide)))
        elif isinstance(record, Record) and not function.searches:
            named.update(dict.fromkeys(name.strip() for name in record.label_names if name))
            _check_number(len(named), reader)
        seen(rows, reader.total)
    if rows == refused:
        raise BadInput(
            f"No row can be imported. {in_words(problems[0])}" if problems else "The file has no rows."
        )
    new = tuple(name for name in named if name not in labels)
    if len(new) + len(labels) > MAX_LABELS:
        raise BadInput(f"With {len(new):,} new labels the function would have more than {MAX_LABELS:,}.")
    found = Findings(
        rows, refused, len(named), new, reader.columns, columns.by_part, _first(reader, columns, hide)
    )
    return found, problems


def wrong_with(record: Record, function: Function, fields: Sequence[Field] = ()) -> str | None:
    """Why a row can't be imported, as far as that is seen without decoding it."""
    try:
        if function.input is Modality.TABULAR:
            row_content(record.data, fields, _picture)
        elif not (function.input is Modality.IMAGE and is_address(record.data)):
            content_of(function.input, record.data)
        checked_external_id(record.external_id)
        checked_metadata(record.metadata)
        for each in record.sample_sets:
            checked_sample_set(each)
        for name in () if function.searches else record.label_names:
            checked_name(name, "label")
    except NoriaError as problem:
        return str(problem)
    return None


def _picture(data: object) -> Content:
    """An image of a row; one that is to be fetched is seen once it is."""
    return Content("", b"", b"") if is_address(data) else content_of(Modality.IMAGE, data)


def _check_number(labels: int, reader: Reader) -> None:
    if labels > MAX_LABELS:
        other = " Is it the right column?" if reader.columns else ""
        raise BadInput(
            f"The file has more than {MAX_LABELS:,} labels, and a function has at most as many.{other}"
        )


def _first(reader: Reader, columns: Columns, hide: Redactor | None) -> tuple[tuple[str, Any], ...]:
    """The first rows as people are shown them."""
    return tuple(islice(_shown(reader, columns, hide), SHOWN_ROWS))


def _shown(reader: Reader, columns: Columns, hide: Redactor | None) -> Iterator[tuple[str, Any]]:
    if isinstance(reader, RowReader):
        for place, cells in reader.rows():
            if isinstance(cells, Refused):
                yield place, redacted(cells.why, hide)
            else:
                yield place, {name: _cell(cells.get(name), hide) for name in reader.columns[:_SHOWN_COLUMNS]}
        return
    for place, record in reader.records(columns):
        if isinstance(record, Refused):
            yield place, redacted(record.why, hide)
        else:
            yield (
                place,
                {"label": _cell(record.label if record.tags is None else list(record.tags.present), hide)},
            )


def _cell(value: object, hide: Redactor | None) -> str:
    if isinstance(value, dict) and isinstance(value.get("bytes"), bytes):
        value = value["bytes"]
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    text = redacted(", ".join(map(text_of, value)) if isinstance(value, list) else text_of(value), hide)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
