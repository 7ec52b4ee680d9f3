"""The file whose rows are answered."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Self

from noria import formats
from noria.errors import BadInput
from noria.formats import Columns, FieldColumn
from noria.formats.columns import IMAGE_NAMES, TEXT_NAMES
from noria.formats.parquet import ParquetReader
from noria.formats.rows import RowReader
from noria.formats.widened import FORMATS
from noria.records.field import Field, FieldType
from noria.records.function import Modality
from noria.serving.bulk_invoking.answering import Answering, Rows
from noria.serving.transferring.planning import survey

CHUNK_ROWS = 500
_CHUNK_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that are answered together; the same file is cut into the same chunks each time."""

    number: int
    rows: Rows


@dataclass(frozen=True, slots=True)
class InputTable:
    """An open file, looked through once."""

    reader: RowReader
    rows: int
    own: Mapping[str, FieldType]  # its columns

    @classmethod
    def open(cls, stream: BinaryIO, name: str) -> Self:
        """Raises BadInput."""
        format = formats.guess(name, stream)
        if format.name not in FORMATS:
            raise BadInput(f"{name} is no table. Bulk invoke takes CSV, JSONL and Parquet.")
        reader = format.open(stream, None)
        assert isinstance(reader, RowReader)
        if isinstance(reader, ParquetReader):  # which knows both without being read
            return cls(reader, reader.total or 0, dict.fromkeys(reader.columns, FieldType.TEXT))
        found = survey(reader, lambda rows, total: None)
        return cls(reader, found.rows, found.types)

    def columns_for(self, answering: Answering, column: str | None) -> Columns:
        """Which columns are the data. column: that of texts or images, if it was named. Raises BadInput."""
        if answering.function.input is Modality.TABULAR:
            if column:
                raise BadInput("Rows of a table have no --column: each column is a field of its name.")
            return Columns(fields=self._fields(answering.fields))
        usual = IMAGE_NAMES if answering.function.input is Modality.IMAGE else TEXT_NAMES
        return Columns(data=column_of(list(self.own), column, usual))

    def _fields(self, fields: Sequence[Field]) -> tuple[FieldColumn, ...]:
        by_name = {name.strip(): name for name in self.own}
        found = tuple(
            FieldColumn(by_name[field.name], field.name, field.type)
            for field in fields
            if not field.deleted and field.name in by_name
        )
        if not found:
            names = ", ".join(field.name for field in fields if not field.deleted)
            raise BadInput(f"No column has the name of one of the function's fields: {names[:300]}.")
        return found

    def names_of(self, added: Sequence[str]) -> dict[str, str]:
        """The name of each added column: its own, or one with `answer_` before it where the file has such a column.

        >>> InputTable(None, 0, {"Label": FieldType.TEXT}).names_of(["label", "version"])
        {'label': 'answer_label', 'version': 'version'}
        """
        taken = {name.strip().lower() for name in self.own}
        names = {}
        for name in added:
            free = name
            while free in taken:
                free = f"answer_{free}"
            names[name] = free
        return names

    def chunks(self, columns: Columns) -> Iterator[Chunk]:
        """Raises BadInput where nothing more can be read."""
        number, size = 0, 0.0
        rows: list[tuple[formats.Place, formats.Record | formats.Refused]] = []
        for place, record in self.reader.records(columns):
            rows.append((place, record))
            size += 0 if isinstance(record, formats.Refused) else _size(record.data)
            if len(rows) == CHUNK_ROWS or size >= _CHUNK_BYTES:
                yield Chunk(number, rows)
                number, size, rows = number + 1, 0.0, []
        if rows:
            yield Chunk(number, rows)


def column_of(names: Sequence[str], asked: str | None, usual: Sequence[str]) -> str:
    """The column that was asked for, the only one, or the first with a usual name. Raises BadInput.

    >>> column_of(["id", "Text"], None, ("text",))
    'Text'
    """
    if asked is None and len(names) > 1:
        by_name = {name.strip().lower(): name for name in names}
        asked = next((by_name[name] for name in usual if name in by_name), None)
        if asked is None:
            raise BadInput(
                f"Say with --column which column holds the data. There are: {', '.join(names)[:300]}."
            )
    return Columns.choose(names, {"data": asked} if asked else {}).data


def _size(data: object) -> float:
    if isinstance(data, Mapping):
        return math.fsum(map(_size, data.values()))
    return len(data) if isinstance(data, str | bytes) else 8
