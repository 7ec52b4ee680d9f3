"""CSV with a header, as spreadsheets read and write it.

A cell that a spreadsheet would take for a formula gets a leading quote when it is written, and a cell that begins like
this loses one when it is read, so that what was written is read as it was.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from typing import Any, BinaryIO

from noria.errors import BadInput
from noria.formats.format import Outline, Place
from noria.formats.lines import BROKEN, MAX_LINE, NOT_TEXT, Lines, TooLong, encoding_of
from noria.formats.record import Record, Refused
from noria.formats.rows import MAX_COLUMNS, Cells, RowReader, names_of, row_of_texts

csv.field_size_limit(MAX_LINE)
_DELIMITERS = ",;\t|"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_HEAD = 1_000_000  # bytes
_TEXT_ROOM = 2_000_000  # characters of a row: a quote that is never closed takes no more with it


class CsvReader(RowReader):
    of_texts = True

    def __init__(self, stream: BinaryIO, encoding: str | None = None) -> None:
        """Raises BadInput for what can't be a table at all."""
        self._stream = stream
        self._encoding = encoding_of(stream, encoding)
        self._of_images = _holds_images(stream)
        first = self._first_line()
        self._delimiter = max(_DELIMITERS, key=first.count) if any(d in first for d in _DELIMITERS) else ","
        self.columns = _columns(self._header())
        self._of_images |= any(name.strip().lower() == "image" for name in self.columns)

    def rows(self) -> Iterator[tuple[Place, Cells | Refused]]:
        lines = self._lines()
        try:
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            next(reader)
            while True:
                lines.begin()
                first = lines.number + 1
                try:
                    row = self._row(next(reader))
                except StopIteration:
                    return
                except TooLong:
                    row = Refused(_too_long(first, lines.number))
                except csv.Error as problem:
                    row = Refused(_unreadable(problem, first, lines.number))
                if row is not None:
                    yield f"Line {first}", row
        finally:
            lines.close()

    def _row(self, cells: list[str]) -> Cells | Refused | None:
        """None for an empty line."""
        if not any(cell.strip() for cell in cells):
            return None
        if any(BROKEN in cell for cell in cells):
            return Refused(NOT_TEXT.format(encoding=self._encoding))
        if len(cells) != len(self.columns):
            return Refused(
                f"has {len(cells)} cell{'' if len(cells) == 1 else 's'} where the header has {len(self.columns)}."
            )
        return dict(zip(self.columns, map(_bare, cells), strict=True))

    def _header(self) -> list[str]:
        lines = self._lines()
        try:
            header = next(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except (csv.Error, TooLong, StopIteration):
            raise BadInput(
                "The first line can't be read as a header. Put the columns' names there."
            ) from None
        finally:
            lines.close()
        if any(BROKEN in name for name in header):
            raise BadInput(f"The header {NOT_TEXT.format(encoding=self._encoding)}")
        return header

    def _first_line(self) -> str:
        lines = self._lines()
        try:
            return next(lines)
        except (TooLong, StopIteration):
            raise BadInput(
                "The first line can't be read as a header. Put the columns' names there."
            ) from None
        finally:
            lines.close()

    def _lines(self) -> Lines:
        return Lines(self._stream, self._encoding, room=MAX_LINE if self._of_images else _TEXT_ROOM)


def write(records: Iterable[Record], stream: BinaryIO, outline: Outline) -> None:
    write_rows(names_of(outline), (row_of_texts(record, outline) for record in records), stream)


def write_rows(header: Sequence[str], rows: Iterable[Cells], stream: BinaryIO) -> None:
    """header: names of the columns. rows: texts, numbers, and what JSON can hold; a cell that is left out is empty."""
    out = TextIOWrapper(stream, "utf-8", newline="")
    table = csv.writer(out)
    table.writerow(map(neutral, header))
    for row in rows:
        table.writerow(_cell(row.get(name)) for name in header)
    out.detach()


def _holds_images(stream: BinaryIO) -> bool:
    """By the beginning of the first rows, whose lines are then longer than a text's."""
    stream.seek(0)
    return b"data:image/" in stream.read(_HEAD).replace(b"\0", b"")


def _columns(header: Sequence[str]) -> tuple[str, ...]:
    """Raises BadInput."""
    if len(header) > MAX_COLUMNS:
        raise BadInput(f"The header has {len(header):,} columns; at most {MAX_COLUMNS:,} are taken.")
    names = tuple(_bare(name).strip() or f"column {place}" for place, name in enumerate(header, 1))
    if (twice := next((name for name in names if names.count(name) > 1), None)) is not None:
        raise BadInput(f"The header has the column “{twice[:100]}” twice. Rename one of them.")
    return names


def _cell(value: Any) -> str:
    """
    >>> [_cell(value) for value in ("-5", -5, None)]
    ["'-5", '-5', '']
    """
    if value is None:
        return ""
    if isinstance(value, int | float):  # which is no formula, whatever its sign
        return json.dumps(value)
    return neutral(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def neutral(cell: str) -> str:
    """
    >>> [neutral(cell) for cell in ("=1+1", "'=1", "it's", "-5")]
    ["'=1+1", "''=1", "it's", "'-5"]
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _bare(cell: str) -> str:
    """
    >>> [_bare(neutral(cell)) for cell in ("=1+1", "'=1", "it's", "-5")]
    ['=1+1', "'=1", "it's", '-5']
    """
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _too_long(first: int, last: int) -> str:
    if first == last:
        return "is too long to be read."
    return f"opens a quote that is not closed; lines {first:,} to {last:,} were passed over."


def _unreadable(problem: csv.Error, first: int, last: int) -> str:
    if "unexpected end" in str(problem):
        return f"opens a quote that is not closed; lines {first:,} to {last:,} were passed over."
    passed = "" if first == last else f"; lines {first:,} to {last:,} were passed over"
    return f"can't be read: {problem}{passed}."
