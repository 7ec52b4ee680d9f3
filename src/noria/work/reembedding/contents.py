"""Stored samples as their encoder reads them, in chunks."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from noria.encoders import EncoderSet
from noria.encoders.features import features
from noria.errors import BadInput, FileLost, FunctionNotFound
from noria.records.field import Field, FieldType, Row, Slot
from noria.records.function import Modality
from noria.storage import Lacking, Storage, Vector

log = logging.getLogger("noria.reembedding")

CHUNK = 64  # samples that one process embeds and one transaction stores
_CHUNK_BYTES = 16_000_000
_READ = 512


@dataclass(frozen=True, slots=True)
class StoredContent:
    seq: int
    function_id: str
    readable: str | bytes | Row


Chunk = Sequence[StoredContent]


def chunks(storage: Storage, id: int, modality: Modality, after: int = 0) -> Iterator[Chunk]:
    """What the encoder of this number lacks, behind this place, one pass; samples whose file is lost are left out."""
    chunk: list[StoredContent] = []
    size = 0
    while rows := storage.reembedding.lacking(id, modality, after, _READ):
        fields: dict[str, Sequence[Field]] = {}  # read afresh: of a row the slots are counted
        for row in rows:
            after = row.seq
            try:
                content = _content(storage, modality, row, fields)
            except FunctionNotFound:  # deleted meanwhile
                continue
            except FileLost:
                log.debug("%s: the file of %s is lost; it gets no embedding", row.function_id, row.id)
                continue
            chunk.append(content)
            size += len(content.readable)
            if len(chunk) == CHUNK or size >= _CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk
            chunk, size = [], 0


def embedded(chunk: Chunk, modality: Modality, encoders: EncoderSet) -> list[Vector]:
    """The vectors of a chunk, by any process with these encoders; what can't be read is left out."""
    found = []
    for content in chunk:
        try:
            row = features(encoders[modality], content.readable)
        except BadInput as problem:
            log.debug("%s: a sample gets no embedding: %s", content.function_id, problem)
            continue
        n_slots = len(content.readable) if modality is Modality.TABULAR else 0
        found.append(Vector(content.seq, content.function_id, n_slots, row.astype("<f4").tobytes()))
    return found


def _content(
    storage: Storage, modality: Modality, row: Lacking, fields: dict[str, Sequence[Field]]
) -> StoredContent:
    """Raises FunctionNotFound, FileLost."""
    if modality is Modality.TEXT:
        return StoredContent(row.seq, row.function_id, row.data)
    file = None if row.media_type is None else storage.blobs.get(row.function_id, row.id)
    if modality is Modality.IMAGE:
        return StoredContent(row.seq, row.function_id, file or b"")
    if row.function_id not in fields:
        fields[row.function_id] = storage.fields.all(row.function_id)
    return StoredContent(row.seq, row.function_id, _row(row, fields[row.function_id], file))


def _row(row: Lacking, fields: Sequence[Field], file: bytes | None) -> Row:
    known = row.field_values or {}
    pictured = _pictured(row, fields) if file is not None else None
    return tuple(Slot(f.type, file if f.id == pictured else known.get(f.id)) for f in fields)


def _pictured(row: Lacking, fields: Sequence[Field]) -> str | None:
    """The id of the field that the row's image is in: a function has one such field at a time."""
    images = [field for field in fields if field.type is FieldType.IMAGE]
    then = [field for field in images if field.created_at <= row.created_at]  # not so where it was moved here
    return (then or images)[-1].id if images else None
