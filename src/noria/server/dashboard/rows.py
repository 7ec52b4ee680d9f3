"""Rows of an uploaded CSV or JSONL file, and the columns to take from it."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from noria.errors import BadInput

csv.field_size_limit(10_000_000)
_TEXT_NAMES = ("text", "data", "sample", "input", "content", "message", "body", "query", "sentence")
_LABEL_NAMES = ("label", "labelname", "label_name", "annotation", "category", "class", "intent", "target")
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Table:
    """The file's rows as columns of text; a JSON object is a row whose fields are the columns."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[int, dict[str, str] | str]]  # (line, cells by column, or why it can't be read)

    def guess(self, names: Sequence[str], otherwise: str = "") -> str:
        """The first column with one of these names, whatever its case."""
        by_name = {column.strip().lower(): column for column in self.columns}
        return next((by_name[name] for name in names if name in by_name), otherwise)

    @property
    def text_column(self) -> str:
        return self.guess(_TEXT_NAMES, self.columns[0] if self.columns else "")

    @property
    def label_column(self) -> str:
        return self.guess(_LABEL_NAMES)


def read(file: bytes, cut: bool = False) -> Table:
    """The table in a file. Raises BadInput for one that can't be a table at all.

    cut: the bytes are only the beginning of the file; its last, torn row is left out.
    """
    text = file.decode("utf-8-sig", errors="ignore" if cut else "replace")
    if not text.strip():
        raise BadInput("The file is empty. Choose one with a row for each sample.")
    if "\x00" in text:
        raise BadInput("This is not a text file. Save the table as CSV or JSONL, in UTF-8.")
    if cut and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    return _jsonl(text) if text.lstrip().startswith("{") else _csv(text)


def _csv(text: str) -> Table:
    first = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(_DELIMITERS, key=first.count) if any(d in first for d in _DELIMITERS) else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [name.strip() for name in next(reader)]
    except csv.Error as error:
        raise BadInput(f"The header can't be read: {error}.") from None
    columns = tuple(name or f"column {i}" for i, name in enumerate(header, 1))
    return Table(columns, list(_csv_rows(reader, columns)))


def _csv_rows(
    reader: Iterator[list[str]], columns: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Rows below the header, with the line that each begins at, as an editor counts it."""
    while True:
        line = getattr(reader, "line_num", 0) + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, f"can't be read: {error}"
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(columns):
            yield line, f"has {len(cells)} cells where the header has {len(columns)}"
        else:
            yield line, dict(zip(columns, cells, strict=False))


def _jsonl(text: str) -> Table:
    columns: dict[str, None] = {}
    rows: list[tuple[int, dict[str, str] | str]] = []
    for line, raw in enumerate(text.split("\n"), 1):
        if not raw.strip():
            continue
        try:
            found = json.loads(raw)
        except (ValueError, RecursionError):
            rows.append((line, "is not JSON"))
            continue
        if not isinstance(found, dict):
            rows.append((line, "is not a JSON object"))
            continue
        cells = {str(key): _cell(value) for key, value in found.items() if value is not None}
        columns.update(dict.fromkeys(cells))
        rows.append((line, cells))
    return Table(tuple(columns), rows)


def _cell(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
