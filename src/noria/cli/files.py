"""Samples in files on this machine, as `noria.formats` reads and writes them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from noria import formats
from noria.errors import BadInput


class Row(NamedTuple):
    place: str  # in the file, for people
    text: str
    label: str = ""
    external_id: str = ""


def read_rows(file: Path, text: str, label: str, external_id: str = "external_id") -> Iterator[Row | str]:
    """The rows of a file by the names of its columns; what is wrong with a row in place of one that can't be read.

    A file without the columns for labels and ids has none. Raises BadInput.
    """
    if not file.exists():
        raise BadInput(f"There is no file {file}.")
    with file.open("rb") as stream:
        try:
            reader = formats.guess(file.name, stream).open(stream, None)
            given = {"label": label, "external_id": external_id}
            named = {part: column if column in reader.columns else "" for part, column in given.items()}
            columns = formats.Columns.choose(reader.columns, {"data": text, **named})
        except BadInput as problem:
            raise BadInput(f"{file}: {problem} Name columns with --text and --label.") from None
        for place, record in reader.records(columns):
            if isinstance(record, formats.Refused):
                yield f"{place} {record.why}"
            else:
                yield Row(place, str(record.data), record.label or "", record.external_id or "")


def whole_rows(file: Path, text: str, label: str) -> Iterator[Row]:
    """The rows of a file that has to be read in full. Raises BadInput for the first one that can't be."""
    for row in read_rows(file, text, label):
        if isinstance(row, str):
            raise BadInput(f"{file}: {row}")
        yield row


def write_rows(file: Path, rows: Iterable[Row]) -> int:
    """Write the rows one a line, and say how many there were."""
    written = 0

    def records() -> Iterator[formats.Record]:
        nonlocal written
        for row in rows:
            written += 1
            yield formats.Record(row.text, row.label or None, row.external_id or None)

    with file.open("wb") as out:
        formats.named("jsonl" if file.suffix == ".jsonl" else "csv").write(records(), out, formats.Outline())
    return written
