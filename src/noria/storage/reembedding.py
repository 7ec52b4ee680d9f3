"""Vectors of another encoder beside those in use, and the one transaction that makes them the installation's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.records.function import Modality
from noria.records.version import GateOutcome, ModelVersion
from noria.storage import changes, fields, upserts, versions
from noria.storage.database import Database
from noria.storage.tables import embeddings, encoders, functions, sample_counts, samples

KEPT = timedelta(days=1)  # how long vectors stay that no process has any more, nor a re-embedding
ANYWAY = "re-embedding"  # stands in the live history where a version went live in spite of the gate


@dataclass(frozen=True, slots=True)
class Lacking:
    """What an encoder has not embedded yet."""

    seq: int
    id: str
    function_id: str
    data: str
    field_values: Mapping[str, float | str] | None
    media_type: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Vector:
    seq: int
    function_id: str
    n_slots: int  # of a row: fields that there were when it was embedded; else 0
    vector: bytes  # float32, little-endian


@dataclass(frozen=True, slots=True)
class Trained:
    """A version that is to answer once its encoder is the installation's."""

    version: ModelVersion
    head: bytes
    out_of_fold: bytes
    covered_seq: int
    expected_live: str | None  # what the gate compared it with


class Reembedding:
    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, wanted: Mapping[Modality, str], at: datetime) -> dict[Modality, int]:
        """Numbers of these encoders, by modality; one that has had a number before has it again, with its vectors."""
        with self._db.write() as connection:
            found = {m: _number(connection, m, identity) for m, identity in wanted.items()}
            for modality, id in found.items():
                total = _n_samples(connection, modality)
                lacking = sa.select(sa.func.count()).select_from(_lacking(id, modality, 0).subquery())
                done = total - (connection.scalar(lacking) or 0)
                mine = encoders.update().where(encoders.c.id == id)
                connection.execute(mine.values(begun_at=at, used_at=at, done=done, total=total))
        return found

    def beat(self, ids: Sequence[int], at: datetime) -> None:
        """Somebody is at work on these."""
        with self._db.write() as connection:
            connection.execute(encoders.update().where(encoders.c.id.in_(ids)).values(used_at=at))

    def standing(self, ids: Sequence[int]) -> tuple[int, int]:
        """Samples that are done by these encoders, and all that are to be."""
        c = encoders.c
        query = sa.select(sa.func.sum(c.done), sa.func.sum(c.total)).where(c.id.in_(ids))
        with self._db.read() as connection:
            done, total = connection.execute(query).one()
        return int(done or 0), int(total or 0)

    def lacking(self, id: int, modality: Modality, after: int, limit: int) -> list[Lacking]:
        """Samples behind this place, staged ones too, without a vector of this encoder, in creation order."""
        query = _lacking(id, modality, after).order_by(samples.c.seq).limit(limit)
        with self._db.read() as connection:
            return [Lacking(*row) for row in connection.execute(query)]

    def last_place(self) -> int:
        """Of all samples there are."""
        with self._db.read() as connection:
            return connection.scalar(sa.select(sa.func.max(samples.c.seq))) or 0

    def put(self, id: int, vectors: Sequence[Vector], at: datetime) -> list[str]:
        """Store an encoder's vectors of samples that are still there; ids of the functions whose training they concern."""
        with self._db.write() as connection:
            there = changes.hold_all(connection, {vector.function_id for vector in vectors})
            places = [vector.seq for vector in vectors if vector.function_id in there]
            query = sa.select(samples.c.seq, samples.c.function_id, samples.c.annotated_at)
            kept = {row.seq: row for row in connection.execute(query.where(samples.c.seq.in_(places)))}
            rows = [
                {
                    "sample_seq": each.seq,
                    "encoder_id": id,
                    "vector": fields.fitted(connection, each.function_id, each.n_slots, each.vector)
                    if each.n_slots
                    else each.vector,
                }
                for each in vectors
                if each.seq in kept
            ]
            upserts.put(connection, embeddings, *rows)
            mine = encoders.update().where(encoders.c.id == id)
            connection.execute(mine.values(used_at=at, done=encoders.c.done + len(rows)))
        return sorted({row.function_id for row in kept.values() if row.annotated_at is not None})

    def wanted(self, function_ids: Sequence[str], at: datetime) -> None:
        """These functions have samples to be trained on that could not be read before."""
        with self._db.write() as connection:
            for function_id in sorted(changes.hold_all(connection, function_ids)):
                changes.wanted(connection, function_id, at)

    def functions(self, modalities: Sequence[Modality]) -> list[str]:
        """Ids of those that take such inputs and have a live version."""
        query = sa.select(functions.c.id).where(_of(modalities), functions.c.live_version_id.is_not(None))
        with self._db.read() as connection:
            return sorted(connection.scalars(query))

    def switch(
        self,
        numbers: Mapping[Modality, int],
        trained: Mapping[str, Trained | None],
        upto: int,
        at: datetime,
    ) -> list[str]:
        """Make these encoders current, and these versions live, by function; None where too little is left to learn from.

        upto: all samples as far as this place have their vectors. A pin is taken away.
        Returns the functions whose live version is none that was compared with, and then changes nothing.
        """
        with self._db.write() as connection:
            mine = sa.select(functions.c.id).where(_of(list(numbers)))
            held = changes.hold_all(connection, list(connection.scalars(mine)))
            query = sa.select(functions.c.id, functions.c.live_version_id).where(functions.c.id.in_(held))
            live = {row.id: row.live_version_id for row in connection.execute(query)}
            moved = [
                id
                for id, version_id in live.items()
                if version_id is not None
                and (id not in trained or ((one := trained[id]) and one.expected_live != version_id))
            ]
            if moved:
                return sorted(moved)
            for id, one in trained.items():
                if id in held:
                    _go_live(connection, id, one, at)
            for modality, number in numbers.items():
                _make_current(connection, modality, number, upto, at)
            for id in sorted(held):
                changes.changed(connection, id)
        return []

    def drop_unused(self, now: datetime, after: int, n: int) -> int | None:
        """Delete vectors that nobody has used for a day, of n samples behind this place; the place to go on from.

        None once there are none left, or none that may go.
        """
        old = ~encoders.c.current & (encoders.c.used_at < now - KEPT)
        with self._db.read() as connection:
            ids = list(connection.scalars(sa.select(encoders.c.id).where(old)))
            if not ids:
                return None
            mine = embeddings.c.encoder_id.in_(ids) & (embeddings.c.sample_seq > after)
            query = sa.select(embeddings.c.sample_seq).where(mine).order_by(embeddings.c.sample_seq).limit(n)
            places = list(connection.scalars(query))
        with self._db.write() as connection:
            still = list(connection.scalars(sa.select(encoders.c.id).where(old)))
            if places:
                gone = embeddings.c.encoder_id.in_(still) & embeddings.c.sample_seq.in_(places)
                connection.execute(embeddings.delete().where(gone))
                return int(max(places))
            if after == 0:  # the whole way was gone without finding any
                connection.execute(encoders.delete().where(encoders.c.id.in_(still), old))
                return None
        return 0


def _number(connection: Connection, modality: Modality, identity: str) -> int:
    c = encoders.c
    query = sa.select(c.id).where(c.modality == modality.value, c.identity == identity)
    found: int | None = connection.scalar(query.order_by(c.id.desc()).limit(1).with_for_update())
    if found is None:
        values: dict[str, Any] = {"modality": modality.value, "identity": identity, "current": False}
        values |= {"complete_upto": 0, "done": 0, "total": 0}
        made = connection.execute(encoders.insert().values(values))
        assert made.inserted_primary_key is not None
        found = int(made.inserted_primary_key[0])
    return found


def _n_samples(connection: Connection, modality: Modality) -> int:
    query = sa.select(sa.func.sum(sample_counts.c.n)).join(
        functions, functions.c.id == sample_counts.c.function_id
    )
    return int(connection.scalar(query.where(_of([modality]))) or 0)


def _lacking(id: int, modality: Modality, after: int) -> sa.Select[Any]:
    c = samples.c
    has_one = sa.exists().where(embeddings.c.sample_seq == c.seq, embeddings.c.encoder_id == id)
    return (
        sa.select(c.seq, c.id, c.function_id, c.data, c.field_values, c.media_type, c.created_at)
        .join(functions, functions.c.id == c.function_id)
        .where(_of([modality]), c.seq > after, ~has_one)
    )


def _of(modalities: Sequence[Modality]) -> sa.ColumnElement[bool]:
    return functions.c.input.in_([modality.value for modality in modalities])


def _go_live(connection: Connection, function_id: str, one: Trained | None, at: datetime) -> None:
    """Whatever the gate says: nothing else can answer."""
    row = functions.update().where(functions.c.id == function_id)
    if one is None:
        connection.execute(row.values(live_version_id=None, pinned_version_id=None))
        return
    version, by = one.version, versions.BY_GATE
    if version.outcome is not GateOutcome.PROMOTED:
        version, by = replace(version, outcome=GateOutcome.PROMOTED), ANYWAY
    versions.insert(connection, version, one.head, one.out_of_fold)
    changes.covered(connection, function_id, one.covered_seq)
    versions.go_live(connection, function_id, versions.LiveChange(at, version.id, by, version.reason))
    connection.execute(row.values(pinned_version_id=None))


def _make_current(connection: Connection, modality: Modality, id: int, upto: int, at: datetime) -> None:
    before = (encoders.c.modality == modality.value) & encoders.c.current & (encoders.c.id != id)
    connection.execute(encoders.update().where(before).values(current=False, used_at=at))
    mine = encoders.update().where(encoders.c.id == id)
    made = connection.execute(mine.values(current=True, complete_upto=upto, used_at=at, current_since=at))
    assert made.rowcount == 1, "an encoder that is being used is not forgotten"
