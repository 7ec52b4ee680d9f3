"""Parquet: one file, typed columns. Images are kept as data sets keep them, with their bytes in the column."""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from noria.errors import BadInput
from noria.formats import arrow
from noria.formats.format import Outline, Place
from noria.formats.record import Record, Refused
from noria.formats.rows import Cells, RowReader

_READ_ROWS = 256
_MAX_GROUP = 2_000_000_000  # bytes: a part of the file that is read as one
_BUFFER = 1_000_000


class ParquetReader(RowReader):
    def __init__(self, stream: BinaryIO, encoding: str | None = None) -> None:
        """Raises BadInput."""
        arrow.library()
        from pyarrow import ArrowException

        self._troubles = (ArrowException, OSError, ValueError, MemoryError, OverflowError)
        self._stream = stream
        try:
            file = self._open()
            schema, about = file.schema_arrow, file.metadata
            groups = (about.row_group(i).total_byte_size for i in range(about.num_row_groups))
            largest = max(groups, default=0)
        except self._troubles as problem:
            raise BadInput(f"The file can't be read as Parquet: {_first_line(problem)}") from None
        if largest > _MAX_GROUP:
            raise BadInput("A row group of the file is larger than 2 GB. Write it with smaller ones.")
        self.columns = arrow.checked_names(schema.names)
        self._names = arrow.class_names(schema)
        self.labels = tuple(name for names in self._names.values() for name in names)
        self.schema = schema
        self.total = about.num_rows

    def rows(self) -> Iterator[tuple[Place, Cells | Refused]]:
        number = 0
        for batch in self.batches():
            for row in arrow.rows_of(batch, self._names):
                number += 1
                yield f"Row {number}", row

    def batches(self) -> Iterator[Any]:
        """Record batches. Raises BadInput."""
        number = 0
        try:
            for batch in self._open().iter_batches(_READ_ROWS):
                yield batch
                number += batch.num_rows
        except self._troubles as problem:
            raise BadInput(
                f"The file can't be read as Parquet behind row {number:,}: {_first_line(problem)}"
            ) from None

    def _open(self) -> Any:
        from pyarrow import parquet

        self._stream.seek(0)
        return parquet.ParquetFile(self._stream, buffer_size=_BUFFER, pre_buffer=False)


def write(records: Iterable[Record], stream: BinaryIO, outline: Outline) -> None:
    arrow.library()
    from pyarrow import parquet

    schema = arrow.schema_of(outline)
    with parquet.ParquetWriter(stream, schema, compression="zstd") as out:
        for batch in arrow.batches_of(records, outline, schema):
            out.write_batch(batch)


def _first_line(problem: BaseException) -> str:
    return (str(problem) or type(problem).__name__).split("\n")[0][:300]
