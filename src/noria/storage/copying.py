"""Copies of functions: settings, labels and fields at once, samples a few at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from blake3 import blake3
from sqlalchemy import Connection

from noria.records.field import row_digest
from noria.records.ids import new_id
from noria.records.sample import AnnotationSource
from noria.storage.tables import (
    annotation_log,
    embeddings,
    fields,
    functions,
    labels,
    sample_set_members,
    samples,
    tag_annotations,
    tag_log,
    tag_thresholds,
)


@dataclass(frozen=True, slots=True)
class Names:
    """Ids of the copy's labels and fields by those of the original."""

    labels: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)


def copy_function(connection: Connection, function_id: str, name: str, at: datetime) -> tuple[str, Names]:
    """A function like this one without its samples; its id, and what its parts are called. The original is held."""
    query = sa.select(functions).where(functions.c.id == function_id)
    original = connection.execute(query).mappings().one()
    id = new_id("function")
    kept = ("project_id", "input", "output", "capture", "redaction", "decision_threshold")
    values = {key: original[key] for key in kept} | {"id": id, "name": name, "created_at": at}
    connection.execute(functions.insert().values(values))
    names = Names(
        _copy_parts(connection, labels, "label", function_id, id),
        _copy_parts(connection, fields, "field", function_id, id),
    )
    thresholds = sa.select(tag_thresholds).where(tag_thresholds.c.function_id == function_id)
    for row in connection.execute(thresholds).mappings().all():
        new = {**row, "function_id": id, "label_id": names.labels[row["label_id"]]}
        connection.execute(tag_thresholds.insert().values(new))
    return id, names


def _copy_parts(
    connection: Connection, table: sa.Table, kind: str, function_id: str, into: str
) -> dict[str, str]:
    """Rows of labels or fields in their order, deleted fields among them: embeddings have a place for these."""
    query = sa.select(table).where(table.c.function_id == function_id).order_by(table.c.seq)
    found = {}
    for row in connection.execute(query).mappings().all():
        found[row["id"]] = new_id(kind)
        values = {key: value for key, value in row.items() if key != "seq"}
        connection.execute(table.insert().values({**values, "id": found[row["id"]], "function_id": into}))
    return found


def copy_samples(
    connection: Connection,
    into: str,
    sample_ids: Sequence[str],
    names: Names,
    file_of: Callable[[str], bytes],
) -> list[tuple[str, str]]:
    """Copy these samples with what was said of them; returns (id, id of the copy) of those with a file.

    file_of: the file of a sample; read of rows with an image, whose content keys are made anew.
    What the function has already, and a label that was made after the function was copied, are left out.
    """
    found = [
        (row, copied(row, into, names, content_of(row, names.fields, file_of)))
        for row in rows_of(connection, sample_ids)
    ]
    digests = [copy["digest"] for _, copy in found]
    there = sa.select(samples.c.digest).where(samples.c.function_id == into, samples.c.digest.in_(digests))
    known = {bytes(digest) for digest in connection.scalars(there)}
    return insert(connection, into, [pair for pair in found if bytes(pair[1]["digest"]) not in known], names)


def rows_of(connection: Connection, sample_ids: Sequence[str]) -> list[dict[str, Any]]:
    """In creation order."""
    query = sa.select(samples).where(samples.c.id.in_(sample_ids)).order_by(samples.c.seq)
    return [dict(row) for row in connection.execute(query).mappings()]


def content_of(
    row: Mapping[str, Any], field_names: Mapping[str, str], file_of: Callable[[str], bytes]
) -> dict[str, Any]:
    """What of a sample's content is called otherwise in another function: of a row its values and its content key."""
    if row["field_values"] is None:
        return {"digest": row["digest"]}
    known = {field_names[id]: value for id, value in row["field_values"].items() if id in field_names}
    picture = b"" if row["media_type"] is None else blake3(file_of(row["id"])).digest()
    return {"field_values": known, "digest": row_digest(known, picture)}


def copied(row: Mapping[str, Any], into: str, names: Names, content: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a copy, which nobody has predicted yet; without an annotation whose label has no name there."""
    label_id = names.labels.get(row["annotation_label_id"] or "")
    values = {key: value for key, value in row.items() if key != "seq"}
    values |= {
        "id": new_id("sample"),
        "function_id": into,
        "staged": False,
        "brought": True,
        "annotation_label_id": label_id,
        "prediction_label_id": None,
        "prediction_confidence": None,
        "prediction_version_id": None,
        **content,
    }
    if row["annotation_label_id"] is not None and label_id is None:
        values |= {"annotated_at": None, "annotated_by": None, "annotation_source": None}
    return values


def insert(
    connection: Connection,
    into: str,
    pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]],
    names: Names,
    vector_of: Callable[[bytes], bytes] = bytes,
) -> list[tuple[str, str]]:
    """Insert copies with what was said of their originals; returns (id, id of the copy) of those with a file.

    vector_of: the embedding of a copy, from that of the original.
    """
    if not pairs:
        return []
    connection.execute(samples.insert(), [copy for _, copy in pairs])
    _copy_embeddings(connection, [(row["seq"], copy["id"]) for row, copy in pairs], vector_of)
    copy_said(connection, into, pairs, names)
    return [(row["id"], copy["id"]) for row, copy in pairs if row["media_type"] is not None]


def copy_said(
    connection: Connection,
    into: str,
    pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]],
    names: Names,
) -> None:
    """Sample sets and tags of the originals, and in the log who said what of them and when."""
    new = {row["id"]: copy for row, copy in pairs}
    _copy_sets(connection, into, new)
    _copy_said(connection, into, new, names)


def _copy_embeddings(
    connection: Connection, of: Sequence[tuple[int, str]], vector_of: Callable[[bytes], bytes]
) -> None:
    """Those of every encoder. of: place of the original, id of the copy."""
    ids = [id for _, id in of]
    places = {row.id: row.seq for row in connection.execute(
        sa.select(samples.c.id, samples.c.seq).where(samples.c.id.in_(ids))
    )}  # fmt: skip
    query = sa.select(embeddings).where(embeddings.c.sample_seq.in_([seq for seq, _ in of]))
    copies = {seq: places[id] for seq, id in of}
    rows = [
        {"sample_seq": copies[row.sample_seq], "encoder_id": row.encoder_id, "vector": vector_of(row.vector)}
        for row in connection.execute(query)
    ]
    if rows:
        connection.execute(embeddings.insert(), rows)


def _copy_sets(connection: Connection, into: str, new: Mapping[str, Mapping[str, Any]]) -> None:
    query = sa.select(sample_set_members).where(sample_set_members.c.sample_id.in_(list(new)))
    rows = [
        {**row, "function_id": into, "sample_id": new[row["sample_id"]]["id"]}
        for row in connection.execute(query).mappings()
    ]
    if rows:
        connection.execute(sample_set_members.insert(), rows)


def _copy_said(connection: Connection, into: str, new: Mapping[str, Mapping[str, Any]], names: Names) -> None:
    """Tags, and in the log who said what and when."""
    query = sa.select(tag_annotations).where(tag_annotations.c.sample_id.in_(list(new)))
    tags = [
        {
            **row,
            "function_id": into,
            "sample_id": new[row["sample_id"]]["id"],
            "label_id": names.labels[row["label_id"]],
        }
        for row in connection.execute(query).mappings()
        if row["label_id"] in names.labels
    ]
    if tags:
        connection.execute(tag_annotations.insert(), tags)
    said: dict[str, dict[str, bool]] = {}
    for tag in tags:
        said.setdefault(tag["sample_id"], {})[tag["label_id"]] = tag["present"]
    annotated = [copy for copy in new.values() if copy["annotated_at"] is not None]
    entries = [
        {
            "function_id": into,
            "sample_id": copy["id"],
            "digest": copy["digest"],
            "by": copy["annotated_by"],
            "source": AnnotationSource.IMPORT.value,  # whoever labelled them did not do it twice
            "at": copy["annotated_at"],
        }
        for copy in annotated
    ]
    of_labels = [
        {**entry, "label_id": copy["annotation_label_id"]}
        for entry, copy in zip(entries, annotated, strict=True)
        if copy["annotation_label_id"] is not None
    ]
    of_tags = [
        {**entry, "tags": said.get(copy["id"], {})}
        for entry, copy in zip(entries, annotated, strict=True)
        if copy["annotation_label_id"] is None
    ]
    if of_labels:
        connection.execute(annotation_log.insert(), of_labels)
    if of_tags:
        connection.execute(tag_log.insert(), of_tags)
