"""Samples in files: CSV with a header, JSONL, or Parquet."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from noria.errors import BadInput

_COLUMNS = ("text", "label", "external_id")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Row(NamedTuple):
    number: int  # from 1
    text: str
    label: str = ""
    external_id: str = ""


def read_rows(file: Path, text: str, label: str, external_id: str = "external_id") -> Iterator[Row]:
    """The rows of a file by the names of its columns. Raises BadInput with the row's number."""
    if not file.exists():
        raise BadInput(f"There is no file {file}.")
    for number, row in enumerate(_parquet(file) if file.suffix == ".parquet" else _lines(file), 1):
        if not isinstance(row, dict) or text not in row:
            raise BadInput(
                f"Row {number} of {file} has no column {text}. Name the one that holds the text with --text."
            )
        name, own_id = str(row.get(label) or "").strip(), str(row.get(external_id) or "")
        yield Row(number, str(row[text] or ""), name, own_id)


def _lines(file: Path) -> Iterator[object]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        try:
            yield from (
                map(json.loads, filter(str.strip, lines))
                if file.suffix == ".jsonl"
                else csv.DictReader(lines)
            )
        except (UnicodeDecodeError, csv.Error, json.JSONDecodeError) as problem:
            raise BadInput(f"{file} can't be read as UTF-8 {file.suffix or 'CSV'}: {problem}") from None


def _parquet(file: Path) -> Iterator[object]:
    """A batch in memory at a time."""
    try:
        from pyarrow import ArrowInvalid, parquet  # not among our dependencies: few need it, and it is large
    except ImportError:
        raise BadInput("To read Parquet, install pyarrow beside Noria: pip install pyarrow") from None
    try:
        for batch in parquet.ParquetFile(file).iter_batches():
            yield from batch.to_pylist()
    except (ArrowInvalid, OSError) as problem:
        raise BadInput(f"{file} can't be read as Parquet: {problem}") from None


def write_rows(file: Path, rows: Iterable[Row]) -> int:
    """Write the rows one a line, and say how many there were."""
    written = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        if file.suffix != ".jsonl":
            table.writerow(_COLUMNS)
        for row in rows:
            written += 1
            cells = (row.text, row.label, row.external_id)
            if file.suffix == ".jsonl":
                out.write(json.dumps(dict(zip(_COLUMNS, cells, strict=True)), ensure_ascii=False) + "\n")
            else:
                table.writerow(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
    return written
