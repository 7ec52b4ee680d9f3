"""Labelled texts in files on this machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from noria import formats
from noria.errors import BadInput


class Row(NamedTuple):
    text: str
    label: str


def read_rows(file: Path, text: str, label: str) -> Iterator[Row]:
    """The rows of a file by the names of its columns. Raises BadInput, for the first row that can't be read as well."""
    if not file.exists():
        raise BadInput(f"There is no file {file}.")
    with file.open("rb") as stream:
        try:
            reader = formats.guess(file.name, stream).open(stream, None)
            given = {"data": text, "label": label if label in reader.columns else ""}
            columns = formats.Columns.choose(reader.columns, given)
        except BadInput as problem:
            raise BadInput(f"{file}: {problem} Name columns with --text and --label.") from None
        for place, record in reader.records(columns):
            if isinstance(record, formats.Refused):
                raise BadInput(f"{file}: {place} {record.why}")
            yield Row(str(record.data), record.label or "")
