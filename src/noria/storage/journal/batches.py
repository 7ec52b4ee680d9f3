"""A batch of the capture writer as bytes, and back."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import msgspec

from noria.records.capture import CaptureDecision, NewCapture
from noria.records.content import Content
from noria.records.field import FieldType, Slot
from noria.records.tags import TagsAnswer
from noria.storage.sums import CaptureBatch, CellRow, DecisionRow, KnownRow, SumsRow, TrafficRow


class _Content(msgspec.Struct, frozen=True):
    """Without the file, which is in the store of files already, and without a row's values, which stand there twice."""

    text: str
    digest: bytes
    media_type: str | None
    field_values: dict[str, float | str] | None
    slots: list[FieldType] | None  # of a row


class _Capture(msgspec.Struct, frozen=True):
    id: str
    function_id: str
    sample_id: str
    content: _Content
    embedding: bytes
    version_id: str | None
    at: datetime
    decision: CaptureDecision
    label_id: str
    confidence: float
    external_id: str | None
    metadata: dict[str, str] | None
    cell: int | None
    tags: TagsAnswer | None


class _Batch(msgspec.Struct, frozen=True):
    captures: list[_Capture]
    sums: Sequence[SumsRow]
    traffic: Sequence[TrafficRow]
    known: Sequence[KnownRow]
    cells: Sequence[CellRow]
    decisions: Sequence[DecisionRow]
    writer: str | None
    number: int


_FIELDS = [field.name for field in fields(NewCapture)]
_DECISION = [field.name for field in fields(CaptureDecision)]
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Batch)


def to_bytes(batch: CaptureBatch) -> bytes:
    """All that committing it needs but the files of its captures."""
    parts = {field.name: getattr(batch, field.name) for field in fields(batch)}
    return _encoder.encode(_Batch(**{**parts, "captures": [_capture(each) for each in batch.captures]}))


def from_bytes(data: bytes) -> CaptureBatch:
    """Raises msgspec.MsgspecError for bytes of another format."""
    batch = _decoder.decode(data)
    parts = {name: getattr(batch, name) for name in batch.__struct_fields__}
    return CaptureBatch(**{**parts, "captures": tuple(_restored(each) for each in batch.captures)})


def _capture(new: NewCapture) -> _Capture:
    values: dict[str, Any] = {name: getattr(new, name) for name in _FIELDS}
    content, decision = new.content, new.decision
    values["content"] = _Content(
        content.text,
        content.digest,
        content.media_type,
        None if content.field_values is None else dict(content.field_values),
        None if content.row is None else [slot.type for slot in content.row],
    )
    values["decision"] = CaptureDecision(**{name: getattr(decision, name) for name in _DECISION})
    return _Capture(**values)


def _restored(found: _Capture) -> NewCapture:
    values: dict[str, Any] = {name: getattr(found, name) for name in _FIELDS}
    content = found.content
    row = None if content.slots is None else tuple(Slot(type, None) for type in content.slots)
    values["content"] = Content(
        content.text, content.digest, None, content.media_type, row, content.field_values
    )
    return NewCapture(**values)
