"""A function's embeddings by the places of its samples in creation order, for whoever keeps them in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from noria.learning.words import embedding_in
from noria.records.sample import Origin, Sample
from noria.storage import changes, own_encoders, sample_rows, tagging
from noria.storage.database import Database
from noria.storage.judged import CaptureOutcome
from noria.storage.tables import captures, embeddings, samples


@dataclass(frozen=True, slots=True)
class Standing:
    """How a function's samples stand, as far as some place in the order."""

    n: int
    staged: list[int]  # places of those that are captured and not yet annotated


class Vectors:
    """Places are never given twice, and a function's new ones are always behind those that anybody has seen."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def places(self, function_id: str, after: int = 0, upto: int | None = None) -> list[int]:
        """Of its samples, staged ones too, in (after, upto], ascending. Raises FunctionNotFound."""
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            query = sa.select(samples.c.seq).where(_within(function_id, after, upto))
            return sorted(connection.scalars(query))

    def standing(self, function_id: str, upto: int) -> Standing:
        """Raises FunctionNotFound."""
        within = _within(function_id, 0, upto)
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            n = connection.scalar(sa.select(sa.func.count()).select_from(samples).where(within)) or 0
            staged = sa.select(samples.c.seq).where(within, samples.c.staged.is_(True))
            return Standing(n, list(connection.scalars(staged)))

    def judged(self, function_id: str, most: int) -> dict[int, str | None]:
        """The newest samples that are annotated, by place, with their label's id; those with tags have no one label's: None."""
        with self._db.read() as connection:
            return _judged(connection, function_id, most, 0)

    def judged_or_waiting(self, function_id: str, most: int, after: int = 0) -> dict[int, str | None]:
        """The same and those that wait for a label (None); of all these the newest, behind some place."""
        waits = (captures.c.sample_id == samples.c.id) & (captures.c.outcome == CaptureOutcome.OPEN)
        staged = (samples.c.function_id == function_id) & samples.c.staged.is_(True)
        waiting = sa.select(samples.c.seq).where(staged, samples.c.seq > after, sa.exists().where(waits))
        with self._db.read() as connection:
            newest = connection.scalars(waiting.order_by(samples.c.seq.desc()).limit(most))
            found: dict[int, str | None] = dict.fromkeys(newest)
            found |= _judged(connection, function_id, most, after)
        return {place: found[place] for place in sorted(found)[-most:]}

    def at(self, places: Sequence[int]) -> list[tuple[int, bytes]]:
        """Places, ascending, with their embeddings (float32, little-endian), without what follows those of texts; gone ones are left out."""
        columns = embeddings.c
        found: list[tuple[int, bytes]] = []
        with self._db.read() as connection:
            for some in changes.chunks(places):
                query = sa.select(columns.sample_seq, columns.vector).where(
                    columns.sample_seq.in_(some), own_encoders.vectors(connection)
                )
                found += [(seq, _embedding(vector)) for seq, vector in connection.execute(query).all()]
        return sorted(found)

    def staged(self, function_id: str, most: int) -> list[int]:
        """Places of the newest samples that were captured and have no label, ascending: skipped and expired ones too."""
        mine = (samples.c.function_id == function_id) & samples.c.staged.is_(True)
        with self._db.read() as connection:
            query = sa.select(samples.c.seq).where(mine).order_by(samples.c.seq.desc()).limit(most)
            return sorted(connection.scalars(query))

    def newest(
        self,
        function_id: str,
        most: int,
        since: datetime | None = None,
        until: datetime | None = None,
        origin: Origin | None = None,
    ) -> list[int]:
        """Places of the newest samples that came in [since, until), staged or not, ascending; those of one origin alone."""
        mine = _within(function_id, 0, None)
        if since is not None:
            mine &= samples.c.created_at >= since
        if until is not None:
            mine &= samples.c.created_at < until
        if origin is not None:
            mine &= samples.c.origin == origin.value
        with self._db.read() as connection:
            query = sa.select(samples.c.seq).where(mine).order_by(samples.c.seq.desc()).limit(most)
            return sorted(connection.scalars(query))

    def samples(self, function_id: str, places: Sequence[int], staged: bool = False) -> dict[int, Sample]:
        """By place, those that are staged or those that are not; what is gone or of the other kind is left out."""
        found: dict[int, Sample] = {}
        with self._db.read() as connection:
            for some in changes.chunks(places):
                mine = (samples.c.function_id == function_id) & samples.c.staged.is_(staged)
                query = sa.select(samples).where(mine, samples.c.seq.in_(some))
                found.update((sample.seq, sample) for sample in sample_rows.read(connection, query))
        return found


def _embedding(vector: bytes) -> bytes:
    features = np.frombuffer(vector, dtype="<f4")
    return vector[: embedding_in(features).nbytes]


def _judged(connection: sa.Connection, function_id: str, most: int, after: int) -> dict[int, str | None]:
    annotated, _ = tagging.marks(connection, function_id)
    mine = (samples.c.function_id == function_id) & (samples.c.seq > after) & annotated.is_not(None)
    query = sa.select(samples.c.seq, samples.c.annotation_label_id).where(mine)
    rows = connection.execute(query.order_by(samples.c.seq.desc()).limit(most))
    return {row.seq: row.annotation_label_id for row in rows}


def _within(function_id: str, after: int, upto: int | None) -> sa.ColumnElement[bool]:
    """Both values of `staged` are named since it stands before the place in the index: new ones are found at once."""
    mine = (samples.c.function_id == function_id) & samples.c.staged.in_((False, True))
    within = mine & (samples.c.seq > after)
    return within if upto is None else within & (samples.c.seq <= upto)
