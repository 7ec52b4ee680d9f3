"""Second opinions, known answers and disagreements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import BadInput, DisagreementNotFound
from noria.records.opinion import Opinion, OpinionKind, Said
from noria.records.sample import Sample
from noria.storage import changes, opinion_rows, sample_rows, settling, upserts
from noria.storage.database import Database
from noria.storage.tables import leases, opinions, samples, second_asks

_O, _A = opinions.c, second_asks.c
_KNOWN = 500  # sure samples looked at, the newest: a person is shown a few of them


@dataclass(frozen=True, slots=True)
class MetCount:
    """First answers of one person that were met alike."""

    by: str
    blind: bool
    band: int  # of the model's confidence, by the bounds asked for
    n: int
    agreed: int  # said what the model said


@dataclass(frozen=True, slots=True)
class OpinionCount:
    """Opinions of one person on what one other answered, alike in everything that is told of them."""

    by: str
    label_id: str | None
    other_by: str | None
    other_label_id: str | None
    by_hand: bool
    n: int


class Opinions:
    def __init__(self, database: Database) -> None:
        self._db = database

    def waiting(
        self, function_id: str, person: str, by: str, since: datetime, at: datetime, limit: int
    ) -> list[Sample]:
        """Samples that this person may give a second opinion on, the longest waiting first.

        by: who would hold the lease.   since: asks before this time have lapsed.
        """
        query = _offered(function_id, person, since).where(~_taken(by, at))
        with self._db.read() as connection:
            ids = list(connection.scalars(query.order_by(_A.at, _A.sample_id).limit(limit)))
            return _samples(connection, ids)

    def count_waiting(self, function_id: str, since: datetime, person: str | None = None) -> int:
        """Samples that wait for a second opinion; with a person, those that they may be asked about."""
        query = sa.select(sa.func.count()).where(_A.function_id == function_id, _A.at >= since)
        if person is not None:
            query = sa.select(sa.func.count()).select_from(_offered(function_id, person, since).subquery())
        with self._db.read() as connection:
            return connection.scalar(query) or 0

    def stop_asking(self, function_id: str) -> None:
        """What the share had picked waits no longer; what people asked for does."""
        picked = (_A.function_id == function_id) & _A.by_hand.is_(False)
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            connection.execute(second_asks.delete().where(picked))

    def lease(
        self, function_id: str, sample_ids: Sequence[str], person: str, by: str, until: datetime, at: datetime
    ) -> list[str]:
        """Take samples that wait for a second opinion for a while; those really taken. Two people never get the same."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            query = _offered(function_id, person, None).where(_A.sample_id.in_(sample_ids), ~_taken(by, at))
            free = set(connection.scalars(query))
            for id in free:
                row = {"sample_id": id, "function_id": function_id, "by": by, "until": until}
                upserts.put(connection, leases, row)
        return [id for id in sample_ids if id in free]

    def sure(self, function_id: str, person: str) -> list[tuple[Sample, str]]:
        """Samples with the label that is sure, of which this person has said nothing: two agreed, or it was settled."""
        mine = opinions.alias().c
        settled = _O.settled_label_id == samples.c.annotation_label_id
        agreed = (_O.label_id == _O.other_label_id) & (_O.label_id == samples.c.annotation_label_id)
        said = sa.exists().where(mine.sample_id == _O.sample_id, mine.by == person, mine.at.is_not(None))
        query = (
            sa.select(_O.sample_id, samples.c.annotation_label_id)
            .join(samples, samples.c.id == _O.sample_id)
            .where(_O.function_id == function_id, _O.kind == OpinionKind.SECOND.value)
            .where(sa.or_(settled, agreed), ~said, _O.other_by != person)
            .where(sa.func.coalesce(_O.settled_by, "") != person, samples.c.annotated_by != person)
            .order_by(_O.at.desc(), _O.sample_id)
            .limit(_KNOWN)
        )
        with self._db.read() as connection:
            found = {row.sample_id: row.annotation_label_id for row in connection.execute(query)}
            return [(sample, found[sample.id]) for sample in _samples(connection, list(found))]

    def serve_known(self, function_id: str, person: str, of: Sequence[tuple[str, str]]) -> None:
        """This person is shown these samples, whose labels are sure: their answers are kept and change nothing."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            for sample_id, label_id in of:
                row = {"function_id": function_id, "sample_id": sample_id, "kind": OpinionKind.KNOWN.value}
                more = {"by": person, "other_label_id": label_id, "by_hand": False, "blind": True}
                upserts.keep_first(connection, opinions, {**row, **more})

    def give(
        self, function_id: str, sample_id: str, person: str, said: Said, label_id: str | None, at: datetime
    ) -> Opinion | None:
        """What this answer is, if it is none that moves the annotation: an answer to a known item or a second opinion.

        Safe to repeat. None where nobody asked this person, so that it is a first answer.
        Raises FunctionNotFound, LabelNotFound.
        """
        with self._db.read() as connection:
            if _is_first(connection, sample_id, person):
                return None
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            if label_id is not None:
                label_id = changes.meant(connection, function_id, label_id)
                changes.must_have_label(connection, function_id, label_id)
            return _give(connection, function_id, sample_id, person, said, label_id, at)

    def take_back(self, function_id: str, sample_id: str, person: str, at: datetime) -> bool:
        """Undo this person's second opinion or answer to a known item; whether there was one.

        Raises FunctionNotFound, BadInput where the disagreement was settled meanwhile.
        """
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            row = _own(connection, sample_id, person)
            if row is None:
                return False
            mine = (_O.sample_id == sample_id) & (_O.by == person) & (_O.kind == row.kind)
            if row.kind == OpinionKind.KNOWN:
                blank = {"at": None, "said": None, "label_id": None}
                connection.execute(opinions.update().where(mine).values(blank))
                return True
            if row.settled_at is not None:
                raise BadInput("Somebody has settled this sample meanwhile: your opinion stays as it was.")
            connection.execute(opinions.delete().where(mine))
            opinion_rows.ask(connection, function_id, sample_id, row.other_by, row.by_hand, at)
            return True

    def about(self, function_id: str, sample_ids: Sequence[str]) -> list[Opinion]:
        """What people said of these samples beside who answered first: second opinions, and answers to known items."""
        found: list[Opinion] = []
        beside = (_O.kind != OpinionKind.FIRST.value) & _O.at.is_not(None)
        with self._db.read() as connection:
            for some in changes.chunks(sample_ids):
                query = sa.select(opinions).where(
                    _O.function_id == function_id, _O.sample_id.in_(some), beside
                )
                found += [_opinion(row) for row in connection.execute(query)]
        return found

    def disputes(self, function_id: str, limit: int) -> list[Opinion]:
        """Second opinions that differ from the first and wait to be settled, the oldest first."""
        query = sa.select(opinions).where(_disputed(function_id)).order_by(_O.at, _O.sample_id).limit(limit)
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            return [_opinion(row) for row in connection.execute(query)]

    def count_disputes(self, function_id: str) -> int:
        with self._db.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).where(_disputed(function_id))) or 0

    def dispute(self, function_id: str, sample_id: str) -> Opinion:
        """Raises DisagreementNotFound where there is none, or none any more."""
        query = sa.select(opinions).where(_disputed(function_id), _O.sample_id == sample_id)
        with self._db.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise DisagreementNotFound(id=sample_id)
        return _opinion(row)

    def given(self, function_id: str, kind: OpinionKind) -> list[Opinion]:
        """All opinions of a kind that were given, the oldest first. Raises FunctionNotFound."""
        mine = (_O.function_id == function_id) & (_O.kind == kind.value) & _O.at.is_not(None)
        query = sa.select(opinions).where(mine).order_by(_O.at, _O.sample_id)
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            return [_opinion(row) for row in connection.execute(query)]

    def counts(self, function_id: str, kind: OpinionKind) -> list[OpinionCount]:
        """All opinions of a kind that were given, counted by who said what of whose answer. Raises FunctionNotFound."""
        columns = (_O.by, _O.label_id, _O.other_by, _O.other_label_id, _O.by_hand)
        mine = (_O.function_id == function_id) & (_O.kind == kind.value) & _O.at.is_not(None)
        query = sa.select(*columns, sa.func.count()).where(mine).group_by(*columns)
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            return [OpinionCount(*row) for row in connection.execute(query)]

    def met(self, function_id: str, bounds: Sequence[float]) -> list[MetCount]:
        """First answers counted by person, by whether the model's answer was kept back, and by its confidence.

        bounds: of the bands, ascending; band i lies below bounds[i].
        """
        below = [(_O.suggested_confidence < bound, i) for i, bound in enumerate(bounds)]
        band = sa.case(*below, else_=len(bounds)) if below else sa.literal(0)
        agreed = sa.func.sum(sa.case((_O.label_id == _O.suggested_label_id, 1), else_=0))
        query = (
            sa.select(_O.by, _O.blind, band.label("band"), sa.func.count(), agreed)
            .where(_O.function_id == function_id, _O.kind == OpinionKind.FIRST.value)
            .where(_O.blind.is_not(None), _O.suggested_label_id.is_not(None))
            .group_by(_O.by, _O.blind, sa.text("band"))
        )
        with self._db.read() as connection:
            return [MetCount(by, bool(b), k, n, int(a)) for by, b, k, n, a in connection.execute(query)]


def _give(
    connection: Connection,
    function_id: str,
    sample_id: str,
    person: str,
    said: Said,
    label_id: str | None,
    at: datetime,
) -> Opinion | None:
    sample = sample_rows.get(connection, function_id, sample_id)
    if sample.annotation is None:
        return None
    values = {"at": at, "said": said.value, "label_id": label_id}
    row = _own(connection, sample_id, person, served=True)
    if row is not None:  # served as known, or sent once more
        mine = (_O.sample_id == sample_id) & (_O.by == person) & (_O.kind == row.kind)
        if row.settled_at is None and not (row.kind == OpinionKind.KNOWN and row.at is not None):
            connection.execute(opinions.update().where(mine).values(values))
        return _opinion(connection.execute(sa.select(opinions).where(mine)).one())
    asked = connection.execute(
        _offered(function_id, person, None, _A.by_hand).where(_A.sample_id == sample_id)
    )
    if (found := asked.one_or_none()) is None:
        return None
    first = {"other_by": sample.annotation.by, "other_label_id": sample.annotation.label_id}
    key = {"function_id": function_id, "sample_id": sample_id, "kind": OpinionKind.SECOND.value, "by": person}
    more = {"by_hand": found.by_hand, "blind": True}
    connection.execute(opinions.insert().values({**key, **values, **first, **more}))
    connection.execute(second_asks.delete().where(_A.sample_id == sample_id))
    settling.release(connection, [sample_id])
    changes.changed(connection, function_id)
    return _opinion(connection.execute(sa.select(opinions).where(_mine(sample_id, person))).one())


def _is_first(connection: Connection, sample_id: str, person: str) -> bool:
    """The cheap question that every answer in the queue asks."""
    asked = sa.select(_A.sample_id).where(_A.sample_id == sample_id, _A.first_by != person)
    return connection.scalar(asked) is None and _own(connection, sample_id, person, served=True) is None


def _mine(sample_id: str, person: str) -> sa.ColumnElement[bool]:
    second = OpinionKind.SECOND.value
    return (_O.sample_id == sample_id) & (_O.by == person) & (_O.kind == second)


def _own(connection: Connection, sample_id: str, person: str, served: bool = False) -> Any:
    """This person's opinion that is no first one; with `served`, a known item that they have not answered as well."""
    query = sa.select(opinions).where(
        _O.sample_id == sample_id,
        _O.by == person,
        _O.kind != OpinionKind.FIRST.value,
        sa.true() if served else _O.at.is_not(None),
    )
    return connection.execute(query).first()


def _offered(
    function_id: str, person: str, since: datetime | None, *columns: sa.ColumnElement[Any]
) -> sa.Select[Any]:
    """Samples that wait for the opinion of somebody who has not labelled them, as this person has not."""
    return (
        sa.select(_A.sample_id, *columns)
        .join(samples, samples.c.id == _A.sample_id)
        .where(_A.function_id == function_id, _A.first_by != person, samples.c.annotated_by != person)
        .where(samples.c.annotation_label_id.is_not(None), sa.true() if since is None else _A.at >= since)
    )


def _taken(by: str, at: datetime) -> sa.ColumnElement[bool]:
    """Somebody else holds a lease on the sample."""
    return sa.exists().where(leases.c.sample_id == _A.sample_id, leases.c.until > at, leases.c.by != by)


def _disputed(function_id: str) -> sa.ColumnElement[bool]:
    second = (_O.function_id == function_id) & (_O.kind == OpinionKind.SECOND.value)
    return second & opinion_rows.disputed()


def _samples(connection: Connection, ids: Sequence[str]) -> list[Sample]:
    """In this order."""
    found: dict[str, Sample] = {}
    for some in changes.chunks(ids):
        query = sa.select(samples).where(samples.c.id.in_(some))
        found |= {sample.id: sample for sample in sample_rows.read(connection, query)}
    return [found[id] for id in ids if id in found]


def _opinion(row: Any) -> Opinion:
    return Opinion(
        row.sample_id, OpinionKind(row.kind), row.by, row.at, Said(row.said), row.label_id, row.other_by,
        row.other_label_id, row.by_hand, row.settled_by, row.settled_at, row.settled_label_id,
    )  # fmt: skip
