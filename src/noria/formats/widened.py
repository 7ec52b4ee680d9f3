"""A table written again, in any of the formats of tables, with columns beside its own."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Any, BinaryIO

from noria.errors import BadInput
from noria.formats import arrow, csv, jsonl
from noria.formats.parquet import ParquetReader
from noria.formats.record import Refused
from noria.formats.rows import Cells, RowReader, data_uri, text_of
from noria.formats.values import as_field
from noria.records.field import FieldType

FORMATS = ("csv", "jsonl", "parquet")
_DATA_SETS = (
    b"huggingface"  # a schema's description for the `datasets` library, which new columns would contradict
)


class Kind(Enum):
    """What an added column holds; any of its cells may be None."""

    TEXT = "text"
    NUMBER = "number"
    TEXTS = "texts"  # a list
    NUMBERS = "numbers"
    SCORES = "scores"  # a list of {"label": text, "confidence": number}


@dataclass(frozen=True, slots=True)
class Widened:
    """The columns of such a table."""

    own: Mapping[str, FieldType]  # by name; where the table itself has types, these are kept
    added: Mapping[str, Kind]


def write(
    reader: RowReader, columns: Widened, values: Iterable[Mapping[str, Any]], stream: BinaryIO, format: str
) -> None:
    """values: of the added columns, a mapping for each row of the table. format: one of the names above.

    A row of the table that can't be read has nothing in its own columns. Raises BadInput, for more or fewer `values`
    than rows as well.
    """
    if format != "parquet":
        rows = (
            {**{name: _plain(cell) for name, cell in cells.items()}, **added}
            for cells, added in _pairs(_cells(reader), values)
        )
        if format == "csv":
            csv.write_rows([*columns.own, *columns.added], rows, stream)
        else:
            jsonl.write_rows(rows, stream)
    elif isinstance(reader, ParquetReader):
        _write_batches(reader, columns, iter(values), stream)
    else:
        _write_typed(reader, columns, values, stream)


def _cells(reader: RowReader) -> Iterator[Cells]:
    for _, cells in reader.rows():
        yield {} if isinstance(cells, Refused) else cells


def _pairs(
    rows: Iterable[Cells], values: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Cells, Mapping[str, Any]]]:
    try:
        yield from zip(rows, values, strict=True)
    except ValueError:
        raise _changed() from None


def _changed() -> BadInput:
    return BadInput("The file has other rows than when it was first read. Begin anew with --anew.")


def _write_batches(
    reader: ParquetReader, columns: Widened, values: Iterator[Mapping[str, Any]], stream: BinaryIO
) -> None:
    """Cells of the table stay what they are, to the bit."""
    library = arrow.library()
    from pyarrow import parquet

    fields = _fields(columns.added)
    about = {key: value for key, value in (reader.schema.metadata or {}).items() if key != _DATA_SETS}
    schema = library.schema([*reader.schema, *fields], metadata=about)
    with parquet.ParquetWriter(stream, schema, compression="zstd") as out:
        for batch in reader.batches():
            added = list(islice(values, batch.num_rows))
            if len(added) < batch.num_rows:
                raise _changed()
            arrays = [library.array([each[f.name] for each in added], f.type) for f in fields]
            out.write_batch(library.RecordBatch.from_arrays([*batch.columns, *arrays], schema=schema))
    if next(values, None) is not None:
        raise _changed()


def _write_typed(
    reader: RowReader, columns: Widened, values: Iterable[Mapping[str, Any]], stream: BinaryIO
) -> None:
    """A table of texts gets a column of numbers where all of its cells are numbers."""
    library = arrow.library()
    from pyarrow import parquet

    types = {
        name: library.float64() if type is FieldType.NUMBER else library.string()
        for name, type in columns.own.items()
    }
    schema = library.schema([*types.items(), *_fields(columns.added)])
    rows = (
        {
            **{name: _typed(cells.get(name), type, reader.of_texts) for name, type in columns.own.items()},
            **added,
        }
        for cells, added in _pairs(_cells(reader), values)
    )
    with parquet.ParquetWriter(stream, schema, compression="zstd") as out:
        while batch := list(islice(rows, arrow.BATCH_ROWS)):
            out.write_batch(library.RecordBatch.from_pylist(batch, schema))


def _typed(cell: object, type: FieldType, of_texts: bool) -> object:
    if type is FieldType.NUMBER:
        number = as_field(cell, type, of_texts)
        return None if number is None else float(number)  # type: ignore[arg-type]
    return None if cell is None else text_of(cell)


def _fields(added: Mapping[str, Kind]) -> Sequence[Any]:
    library = arrow.library()
    text, number = library.string(), library.float64()
    types = {
        Kind.TEXT: text,
        Kind.NUMBER: number,
        Kind.TEXTS: library.list_(text),
        Kind.NUMBERS: library.list_(number),
        Kind.SCORES: library.list_(library.struct([("label", text), ("confidence", number)])),
    }
    return [library.field(name, types[kind]) for name, kind in added.items()]


def _plain(cell: object) -> object:
    """A cell as JSON can hold it: a file is its data URI, a time its text, not a number is nothing.

    >>> [_plain(cell) for cell in (b"GIF89a", {"bytes": b"x", "path": None}, float("nan"), [1, "a"])]
    ['data:application/octet-stream;base64,R0lGODlh', 'data:application/octet-stream;base64,eA==', None, [1, 'a']]
    """
    if isinstance(cell, Mapping) and isinstance(cell.get("bytes"), bytes):
        cell = cell["bytes"]
    if isinstance(cell, bytes):
        return data_uri(cell, None)
    if isinstance(cell, float) and not math.isfinite(cell):
        return None
    if cell is None or isinstance(cell, str | int | float):
        return cell
    return json.loads(json.dumps(cell, default=str)) if isinstance(cell, list | dict) else str(cell)
