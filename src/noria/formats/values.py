"""What the cells of a table hold: numbers, texts, images, or nothing; and which of these a whole column holds."""

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal

from noria.records.field import FieldType

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_IMAGE = re.compile(r"\s*data:image/[^,]{0,200},", re.IGNORECASE)
_LONG = 10**15  # an integer from here on is an id: a number would not keep all its digits
_ID = re.compile(r"-?[0-9]{16,}")


def number_in(text: str) -> float | None:
    """The number that a cell of text holds, written as in JSON; None for anything else.

    >>> [number_in(text) for text in ("41", " -2.5 ", "1e5", "1,000", "007", "NaN", "1e999")]
    [41.0, -2.5, 100000.0, None, None, None, None]
    """
    text = text.strip()
    if len(text) > 400 or not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def plain(number: float) -> float | int:
    """
    >>> [plain(number) for number in (41.0, 2.5, 1e300)]
    [41, 2.5, 1e+300]
    """
    return int(number) if number.is_integer() and abs(number) < _LONG else number


def is_blank(value: object) -> bool:
    """Whether a cell has nothing in it. Not a number is how some tools write a missing one."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def as_field(value: object, type: FieldType, from_text: bool) -> object:
    """A cell as its field takes it; None for nothing. What can't be of the type is left for the field to refuse.

    from_text: whether cells are all texts, as in CSV.
    """
    if is_blank(value):
        return None
    if type is FieldType.IMAGE:
        return _file(value) or value
    if type is FieldType.TEXT:
        return value if isinstance(value, str | bytes) else _as_text(value)
    if isinstance(value, Decimal):
        return float(value)
    number = number_in(value) if from_text and isinstance(value, str) else None
    return value if number is None else number


def _file(value: object) -> bytes | None:
    """A file, or one as some data sets keep it: with its name beside it."""
    if isinstance(value, Mapping):
        value = value.get("bytes")
    return value if isinstance(value, bytes) else None


def _as_text(value: object) -> str:
    if isinstance(value, int | float | list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


class ColumnType:
    """What a column holds, as far as it was seen."""

    def __init__(self) -> None:
        self._maybe = [FieldType.NUMBER, FieldType.IMAGE]
        self._seen = False

    @property
    def type(self) -> FieldType:
        """Number where all values but blanks are numbers, so too Image, else Text; Text where there are none."""
        return self._maybe[0] if self._seen and self._maybe else FieldType.TEXT

    def see(self, value: object, from_text: bool) -> None:
        if (self._seen and not self._maybe) or is_blank(value):
            return
        self._seen = True
        self._maybe = [type for type in self._maybe if _could_be(value, type, from_text)]


def _could_be(value: object, type: FieldType, from_text: bool) -> bool:
    if type is FieldType.IMAGE:
        return _file(value) is not None or (isinstance(value, str) and _IMAGE.match(value) is not None)
    if isinstance(value, str):
        return from_text and number_in(value) is not None and not _ID.fullmatch(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    return abs(value) < _LONG if isinstance(value, int) else math.isfinite(value)
