"""Tags in the cells of a table: a list of names in one column, or a column for each tag.

A list has the names of the tags that are there, an empty one where none is; a cell with nothing in it says nothing of the
sample. What is not in the list is absent, save labels that a second list names: of these nothing was said.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from noria.formats.columns import Columns
from noria.formats.record import Said
from noria.formats.values import is_blank

_BETWEEN = re.compile(r"[,;|]")
_YES, _NO = ("1", "1.0", "true", "yes", "present"), ("0", "0.0", "false", "no", "absent")


def said_in(cells: Mapping[str, Any], columns: Columns) -> Said | None:
    """What a row says of its sample's tags, None for nothing.

    Raises ValueError in words that go on from the row's place.
    """
    if columns.tags:
        return said_by_columns(cells, columns.tags)
    present = names_in(cells.get(columns.label), columns.label)
    if present is None:
        return None
    unsaid = names_in(cells.get(columns.no_opinion), columns.no_opinion) or ()
    if (both := next((name for name in unsaid if name in present), None)) is not None:
        raise ValueError(f"has “{_short(both)}” in “{columns.label}” and in “{columns.no_opinion}”.")
    return Said(present, unsaid=unsaid)


def names_in(cell: object, column: str) -> tuple[str, ...] | None:
    """The names that a cell lists: a list, one in JSON, or names with a comma, semicolon or bar between them.

    None for a cell with nothing in it. Raises ValueError.

    >>> names_in('["a", "b, c"]', "labels"), names_in("a; b", "labels"), names_in("[]", "labels")
    (('a', 'b, c'), ('a', 'b'), ())
    """
    if is_blank(cell):
        return None
    if isinstance(cell, str):
        cell = _parsed(cell.strip(), column)
    if isinstance(cell, Mapping):  # of Label Studio's tables
        cell = cell.get("choices")
    listed = cell if isinstance(cell, list | tuple) else [cell]
    names = tuple(_name(each, column) for each in listed)
    if (twice := next((name for name in names if names.count(name) > 1), None)) is not None:
        raise ValueError(f"names “{_short(twice)}” twice in “{column}”.")
    return names


def said_by_columns(cells: Mapping[str, Any], columns: Sequence[str]) -> Said | None:
    """What is said where each tag has a column, of its name: 1 is there, 0 is not, an empty cell says nothing.

    Raises ValueError.
    """
    present: list[str] = []
    absent: list[str] = []
    for column in columns:
        cell = cells.get(column)
        if is_blank(cell):
            continue
        word = str(cell).strip().lower()
        if word not in _YES and word not in _NO:
            raise ValueError(f"has “{_short(word)}” in “{column}”, where 1, 0 or nothing is taken.")
        (present if word in _YES else absent).append(column.strip())
    return Said(tuple(present), tuple(absent), rest_absent=False) if present or absent else None


def _parsed(cell: str, column: str) -> object:
    if cell.startswith(("[", "{")):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            raise ValueError(f'has no list in JSON in “{column}”: ["one tag", "another"].') from None
    return [name for name in _BETWEEN.split(cell) if name.strip()]


def _name(value: object, column: str) -> str:
    name = value.strip() if isinstance(value, str) else "" if value is None else str(value)
    if not name or isinstance(value, list | dict):
        raise ValueError(f"has something else than names in “{column}”.")
    return name


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:59]}…"
