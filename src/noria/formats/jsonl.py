"""JSONL: an object a line, exact."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

from noria.errors import BadInput
from noria.formats.format import Outline, Place
from noria.formats.lines import BROKEN, NOT_TEXT, Lines, TooLong, encoding_of
from noria.formats.record import Record, Refused
from noria.formats.rows import MAX_COLUMNS, Cells, RowReader, row_of_texts

_LOOKED_AT = 1000  # rows, for the columns there are


class JsonlReader(RowReader):
    def __init__(self, stream: BinaryIO, encoding: str | None = None) -> None:
        """Raises BadInput."""
        self._stream = stream
        self._encoding = encoding_of(stream, encoding)
        columns: dict[str, None] = {}
        for _, row in islice(self.rows(), _LOOKED_AT):
            if not isinstance(row, Refused):
                columns.update(dict.fromkeys(row))
        if not columns:
            raise BadInput("No line of the file is a JSON object with something in it.")
        if len(columns) > MAX_COLUMNS:
            raise BadInput(f"The rows have {len(columns):,} fields; at most {MAX_COLUMNS:,} are taken.")
        self.columns = tuple(columns)

    def rows(self) -> Iterator[tuple[Place, Cells | Refused]]:
        lines = Lines(self._stream, self._encoding, newline="\n")
        try:
            while True:
                lines.begin()
                try:
                    line = next(lines)
                    row = self._row(line) if line.strip() else None
                except StopIteration:
                    return
                except TooLong:
                    row = Refused("is too long to be read.")
                if row is not None:
                    yield f"Line {lines.number}", row
        finally:
            lines.close()

    def _row(self, line: str) -> Cells | Refused:
        if BROKEN in line:
            return Refused(NOT_TEXT.format(encoding=self._encoding))
        try:
            found = json.loads(line, object_pairs_hook=_object)
        except _Twice as twice:
            return Refused(f"has the field “{twice}” twice.")
        except (ValueError, RecursionError):
            return Refused("is not JSON.")
        return found if isinstance(found, dict) else Refused("is not a JSON object.")


def write(records: Iterable[Record], stream: BinaryIO, outline: Outline) -> None:
    write_rows((row_of_texts(record, outline) for record in records), stream)


def write_rows(rows: Iterable[Cells], stream: BinaryIO) -> None:
    for row in rows:
        stream.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


class _Twice(Exception):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1)[:100])
    return made
