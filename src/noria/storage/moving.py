"""Samples that go from one function to another, a few at a time: written there and deleted here in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import DoesNotFit, FunctionNotFound
from noria.learning.rows import Layout
from noria.records.field import Field
from noria.records.function import Function, Modality
from noria.records.ids import new_id
from noria.records.sample import Origin
from noria.storage import (
    adding,
    changes,
    copying,
    fields,
    functions,
    purging,
    sample_lists,
    settling,
    tagging,
)
from noria.storage.judged import CaptureOutcome
from noria.storage.sample_lists import SampleFilter
from noria.storage.tables import captures, labels, samples, tag_annotations

_JUDGED = (CaptureOutcome.ANNOTATED, CaptureOutcome.KNOWN)
_OF_TRAFFIC = (Origin.INVOKE_CAPTURE, Origin.FEEDBACK)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MovePlan:
    """What a move does beside taking samples from here to there."""

    known: (
        int | None
    )  # samples that are there already; None for rows, whose content keys are the function's own
    new_labels: tuple[str, ...]  # names of those that are made there
    judged: int  # captured calls that people, or copies, have answered: they stay in the count of calls alone


@dataclass(frozen=True, slots=True)
class Moved:
    files: list[tuple[str, str]]  # id here, id there
    known: int  # were there already, with a label of their own or none


def hold_both(connection: Connection, function_id: str, into: str) -> None:
    """Raises FunctionNotFound for the first, DoesNotFit where the second is gone."""
    found = changes.hold_all(connection, {function_id, into})
    if function_id not in found:
        raise FunctionNotFound(id=function_id)
    if into not in found:
        raise DoesNotFit("The function that the samples were to go to is deleted. Choose another.")


def must_fit(connection: Connection, function_id: str, into: str) -> None:
    """Raises FunctionNotFound, DoesNotFit with the reason."""
    source, target = functions.one(connection, function_id), functions.one(connection, into)
    why = misfit(source, target, *(fields.read(connection, id) for id in (function_id, into)))
    if why:
        raise DoesNotFit(why)


def misfit(source: Function, target: Function, fields: Sequence[Field], others: Sequence[Field]) -> str:
    """Why samples of one function can't go to another, empty where they can.

    fields, others: of the two functions, deleted ones among them.
    """
    if source.id == target.id:
        return "The samples are in this function already. Choose another."
    if source.input is not target.input:
        return (
            f"“{target.name}” takes another kind of input ({target.input.value}, not {source.input.value})."
        )
    if source.output is not target.output:
        return (
            f"“{target.name}” answers in another way ({target.output.value}, not {source.output.value}), "
            "so that labels would mean something else there."
        )
    if set(_by_name(fields)) != set(_by_name(others)):
        return f"“{target.name}” has other fields. Names and types have to be the same."
    if source.reads_texts and target.redaction.on and target.redaction != source.redaction:
        return (
            f"“{target.name}” hides parts of texts that are kept here. Export the samples and import them there: "
            "what comes in that way is redacted."
        )
    return ""


def fitting(connection: Connection, function_id: str) -> list[Function]:
    """Functions that samples of this one can go to, by name. Raises FunctionNotFound."""
    source = functions.one(connection, function_id)
    of_rows = source.input is Modality.TABULAR
    mine, others = [], {}
    if of_rows:
        mine, others = fields.read(connection, function_id), fields.of_all(connection)
    return [
        other
        for other in functions.alike(connection, source)
        if not misfit(source, other, mine, others.get(other.id, ()))
    ]


def plan(connection: Connection, function_id: str, into: str, filter: SampleFilter) -> MovePlan:
    """Raises BadInput."""
    mine = sample_lists.conditions(connection, function_id, filter)
    of_rows = functions.one(connection, function_id).input is Modality.TABULAR
    other = samples.alias()
    there = sa.exists().where(
        other.c.function_id == into, other.c.digest == samples.c.digest, other.c.staged.is_(False)
    )
    known = None
    if not of_rows:
        known = connection.scalar(sa.select(sa.func.count()).select_from(samples).where(*mine, there)) or 0
        mine = [*mine, ~there]
    judged = sa.select(sa.func.count()).where(
        captures.c.sample_id.in_(
            sa.select(samples.c.id).where(*sample_lists.conditions(connection, function_id, filter))
        ),
        captures.c.outcome.in_(_JUDGED),
    )
    new = _names_used(connection, function_id, mine) - _by_label_name(connection, into).keys()
    return MovePlan(known, tuple(sorted(new)), connection.scalar(judged) or 0)


def move_samples(
    connection: Connection,
    function_id: str,
    into: str,
    sample_ids: Sequence[str],
    at: datetime,
    file_of: Callable[[str], bytes],
) -> Moved:
    """Move samples, a few hundred at most, with what was said of them; both functions are held.

    What the other function has already keeps what is said of it there; what only waits for a label in its queue is
    answered by the label that comes.   file_of: the file of a sample, read of rows with an image.
    """
    here, beyond = fields.read(connection, function_id), fields.read(connection, into)
    field_names = {field.id: _by_name(beyond)[key].id for key, field in _by_name(here).items()}
    rows = copying.rows_of(connection, sample_ids)
    contents = [copying.content_of(row, field_names, file_of) for row in rows]
    there = adding.existing(connection, into, [bytes(content["digest"]) for content in contents])
    first: dict[bytes, tuple[Row, Row]] = {}  # rows may differ only in a field that is deleted
    for row, content in zip(rows, contents, strict=True):
        first.setdefault(bytes(content["digest"]), (row, content))
    fresh = [pair for digest, pair in first.items() if digest not in there]
    waiting = [
        (first[digest], before.id) for digest, before in there.items() if before.staged and digest in first
    ]
    coming = [*fresh, *(pair for pair, _ in waiting)]
    label_names = _label_names(connection, function_id, into, [row["id"] for row, _ in coming], at)
    names = copying.Names(label_names, field_names)
    pairs: list[tuple[Row, Row]] = [
        (row, _brought(copying.copied(row, into, names, content))) for row, content in fresh
    ]
    files = copying.insert(connection, into, pairs, names, _arranged(here, beyond))
    for (original, called), id in waiting:
        copy = copying.copied(original, into, names, called) | {"id": id}
        _answer(connection, into, original, copy, names, at)
    purging.purge_samples(connection, function_id, sample_ids, at)
    return Moved(files, len(rows) - len(coming))


def _brought(copy: dict[str, Any]) -> dict[str, Any]:
    """Traffic is the other function's: here it would pass for calls that this one had answered."""
    return copy | {"origin": Origin.UPLOAD.value} if copy["origin"] in _OF_TRAFFIC else copy


def _answer(
    connection: Connection,
    into: str,
    row: Row,
    copy: Row,
    names: copying.Names,
    at: datetime,
) -> None:
    """A captured sample that is not annotated becomes one that somebody brought; it keeps its id and its captures."""
    given = ("annotation_label_id", "annotated_at", "annotated_by", "annotation_source")
    values = {key: copy[key] for key in given} | {"staged": False, "brought": True}
    values |= {key: copy[key] for key in ("external_id", "metadata", "note") if copy[key] is not None}
    connection.execute(samples.update().where(samples.c.id == copy["id"]).values(values))
    copying.copy_said(connection, into, [(row, copy)], names)
    if copy["annotated_at"] is not None:
        turn_at = settling.turn_at(connection, into, at)
        settling.annotated(connection, copy["id"], copy["annotation_label_id"], turn_at)
        settling.release(connection, [copy["id"]])
        settling.log_rho(connection, into, turn_at)


def _label_names(
    connection: Connection, function_id: str, into: str, sample_ids: Sequence[str], at: datetime
) -> dict[str, str]:
    """Ids of the other function's labels by those of this one; those that the samples need and it lacks are made."""
    there = _by_label_name(connection, into)
    used = _names_used(connection, function_id, [samples.c.id.in_(sample_ids)]) if sample_ids else set()
    query = sa.select(labels).where(labels.c.function_id == function_id).order_by(labels.c.seq)
    found = {}
    for row in connection.execute(query).mappings().all():
        name = row["name"]
        if name in used and name not in there:
            there[name] = new_id("label")
            values = {key: row[key] for key in ("name", "description", "metadata")}
            new = values | {"id": there[name], "function_id": into, "created_at": at}
            connection.execute(labels.insert().values(new))
            changes.changed(connection, into)
        if name in there:
            found[row["id"]] = there[name]
    return found


def _names_used(connection: Connection, function_id: str, mine: Sequence[sa.ColumnElement[bool]]) -> set[str]:
    """Names of the labels that these samples have; of tags, of those that are present."""
    if tagging.gives_tags(connection, function_id):
        said = tag_annotations.c
        have = sa.select(said.label_id).where(
            said.present.is_(True), said.sample_id.in_(sa.select(samples.c.id).where(*mine))
        )
    else:
        have = sa.select(samples.c.annotation_label_id).where(
            *mine, samples.c.annotation_label_id.is_not(None)
        )
    query = sa.select(labels.c.name).where(labels.c.function_id == function_id, labels.c.id.in_(have))
    return set(connection.scalars(query))


def _by_label_name(connection: Connection, function_id: str) -> dict[str, str]:
    query = sa.select(labels.c.name, labels.c.id).where(labels.c.function_id == function_id)
    return {row.name: row.id for row in connection.execute(query)}


def _by_name(fields: Sequence[Field]) -> dict[tuple[str, str], Field]:
    return {(field.name, field.type.value): field for field in fields if not field.deleted}


def _arranged(here: Sequence[Field], beyond: Sequence[Field]) -> Callable[[bytes], bytes]:
    """The embedding of a row as the other function lays it out; anything else stays as it is."""
    if not here:
        return bytes
    layout, wanted = Layout.of(here), Layout.of(beyond)
    mine = dict(zip((field.id for field in here), layout.slices, strict=True))
    sources = _by_name(here)
    parts = [None if field.deleted else mine[sources[field.name, field.type.value].id] for field in beyond]

    def arranged(vector: bytes) -> bytes:
        full = vector.ljust(4 * layout.width, b"\0")
        return b"".join(
            bytes(4 * (to.stop - to.start)) if part is None else full[4 * part.start : 4 * part.stop]
            for part, to in zip(parts, wanted.slices, strict=True)
        )

    return arranged
