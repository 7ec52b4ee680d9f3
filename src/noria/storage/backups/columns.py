"""Kinds of columns: what a value is in a backup, whichever database it came from.

A backup names the kind of each of its columns, so that one of an older Noria can be read when its tables have changed.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from noria.storage.columns import Time

_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "text": sa.Text(),
    "integer": sa.BigInteger(),
    "number": sa.Double(),  # times too, as epoch seconds
    "boolean": sa.Boolean(),
    "bytes": sa.LargeBinary(),
    "json": sa.JSON(),
    "json or null": sa.JSON(none_as_null=True),
}


def kinds(table: sa.Table) -> dict[str, str]:
    """Kind by column, in order."""
    return {str(column.name): _kind(column.type) for column in table.columns}


def plain(table: str, kinds: Mapping[str, str]) -> sa.TableClause:
    """The table with values as they are kept: no types of our own, no defaults. Raises KeyError for an unknown kind."""
    return sa.table(table, *(sa.column(name, _TYPES[kind]) for name, kind in kinds.items()))


def to_json(value: Any) -> str:
    """What JSON has no way to write: bytes, in Base64."""
    return base64.b64encode(value).decode()


def from_json(kinds: Mapping[str, str]) -> list[Callable[[Any], Any]]:
    """A function for each column, that gives the value back."""
    return [_bytes if kind == "bytes" else _same for kind in kinds.values()]


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else base64.b64decode(value, validate=True)


def _same(value: Any) -> Any:
    return value


def _kind(type_: sa.types.TypeEngine[Any]) -> str:
    if isinstance(type_, sa.JSON):
        return "json or null" if type_.none_as_null else "json"
    if isinstance(type_, (Time, sa.Double)):
        return "number"
    if isinstance(type_, sa.Boolean):
        return "boolean"
    if isinstance(type_, sa.LargeBinary):
        return "bytes"
    if isinstance(type_, sa.Integer):
        return "integer"
    if isinstance(type_, sa.String):
        return "text"
    raise TypeError(f"a backup has no kind for columns of {type_!r}")
