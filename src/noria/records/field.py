"""A field: one column of a table function."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from blake3 import blake3


class FieldType(StrEnum):
    NUMBER = "Number"
    TEXT = "Text"
    IMAGE = "Image"


@dataclass(frozen=True, slots=True)
class Field:
    id: str
    function_id: str
    name: str
    type: FieldType
    created_at: datetime
    deleted: bool = False  # its slot in stored embeddings stays, and nothing reads it any more


@dataclass(frozen=True, slots=True)
class Slot:
    """What a row holds in one field, in the order in which the fields were made."""

    type: FieldType
    value: float | str | bytes | None  # bytes of an image's file; None: missing


Row = tuple[Slot, ...]
"""A row as its encoder reads it: a slot for every field there ever was."""

FieldValues = Mapping[str, float | str]
"""A row as it is stored, by field id, missing values left out; an image's file lies beside it."""


def row_digest(values: FieldValues, file_digest: bytes = b"") -> bytes:
    """The content key of a row. file_digest: of its image, if it has one."""
    canonical_form = json.dumps(sorted(values.items()), ensure_ascii=False, separators=(",", ":"))
    return blake3(canonical_form.encode() + file_digest).digest()
