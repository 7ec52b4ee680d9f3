"""Samples: every stored input."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import DuplicateSample, SampleNotFound
from noria.records.sample import NewSample, Sample
from noria.storage import (
    adding,
    changes,
    own_encoders,
    predictions,
    purging,
    sample_files,
    sample_lists,
    sample_rows,
    tagging,
)
from noria.storage.adding import AddedMany
from noria.storage.blobs import Blobs
from noria.storage.database import Database
from noria.storage.sample_lists import SampleFilter, SamplePage
from noria.storage.tables import annotation_log, embeddings, sample_counts, sample_set_members, samples


@dataclass(frozen=True, slots=True)
class SampleCounts:
    """Staged samples are counted apart from the others."""

    samples: int
    annotated: int
    predicted: int
    staged: int


class Samples:
    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._db = database
        self._blobs = blobs

    def add(self, sample: NewSample, at: datetime) -> Sample:
        """The sample as stored; a staged one with the same data is adopted and keeps its id.

        Raises FunctionNotFound, LabelNotFound, DuplicateSample.
        """
        with sample_files.stored(self._blobs, [sample]) as stored, self._db.write() as connection:
            changes.hold(connection, sample.function_id)
            result = adding.add(connection, sample.function_id, [sample], at)
            if result.duplicates:
                raise DuplicateSample(result.duplicates[0][1])
            stored.update(result.added)
            return sample_rows.get(connection, sample.function_id, result.added[0])

    def add_many(self, samples: Sequence[NewSample], at: datetime) -> AddedMany:
        """All in one transaction. Raises FunctionNotFound, LabelNotFound, and then adds none."""
        by_function: dict[str, list[tuple[int, NewSample]]] = defaultdict(list)
        for place, new in enumerate(samples):
            by_function[new.function_id].append((place, new))
        total = AddedMany([], [])
        with sample_files.stored(self._blobs, samples) as stored, self._db.write() as connection:
            for function_id in sorted(by_function):
                changes.hold(connection, function_id)
                places, news = zip(*by_function[function_id], strict=True)
                part = adding.add(connection, function_id, news, at)
                total.added.extend(part.added)
                stored.update(part.added)
                total.duplicates.extend((places[place], id) for place, id in part.duplicates)
        return total

    def get(self, function_id: str, id: str) -> Sample:
        """Raises FunctionNotFound, SampleNotFound."""
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            return sample_rows.get(connection, function_id, id)

    def by_external_id(self, function_id: str, external_id: str) -> Sample:
        """The newest one, a staged one only where there is no other. Raises FunctionNotFound, SampleNotFound."""
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            found = sample_rows.read(
                connection, _by_external_id(sa.select(samples), function_id, external_id)
            )
        if not found:
            raise SampleNotFound(external_id=external_id)
        return found[0]

    def list(
        self, function_id: str, filter: SampleFilter, limit: int, cursor: str | None = None
    ) -> SamplePage:
        """Raises FunctionNotFound, BadInput for a cursor that is none."""
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            return sample_lists.page(connection, function_id, filter, limit, cursor)

    def write_note(self, function_id: str, id: str, note: str | None) -> None:
        """In the place of the one before; None takes it away. Raises SampleNotFound."""
        query = sa.update(samples).where(samples.c.id == id, samples.c.function_id == function_id)
        with self._db.write() as connection:
            if connection.execute(query.values(note=note)).rowcount == 0:
                raise SampleNotFound(id=id)

    def delete(self, function_id: str, id: str, at: datetime) -> None:
        """Raises FunctionNotFound, SampleNotFound."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            id = _delete(connection, function_id, id, at)
        self._blobs.drop(function_id, [id])

    def delete_by_external_id(self, function_id: str, external_id: str, at: datetime) -> None:
        """The newest one, a staged one only where there is no other. Raises FunctionNotFound, SampleNotFound."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            id = connection.scalar(_by_external_id(sa.select(samples.c.id), function_id, external_id))
            if id is None:
                raise SampleNotFound(external_id=external_id)
            _delete(connection, function_id, id, at)
        self._blobs.drop(function_id, [id])

    def counts(self, function_id: str) -> SampleCounts:
        """Raises FunctionNotFound."""
        kinds = sample_counts.c
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            has_one = kinds.predicted_by if tagging.gives_tags(connection, function_id) else kinds.predicted
            query = (
                sa.select(
                    kinds.staged,
                    sa.func.sum(kinds.n),
                    sa.func.sum(sa.case((kinds.annotated, kinds.n), else_=0)),
                    sa.func.sum(sa.case((has_one, kinds.n), else_=0)),
                )
                .where(kinds.function_id == function_id)
                .group_by(kinds.staged)
            )
            found = {staged: tuple(map(int, counts)) for staged, *counts in connection.execute(query)}
        n, annotated, predicted = found.get(False, (0, 0, 0))
        return SampleCounts(n, annotated, predicted, staged=found.get(True, (0, 0, 0))[0])

    def set_predictions(
        self, function_id: str, rows: Sequence[tuple[str, str, float]], version_id: str | None
    ) -> None:
        """Store (sample id, label id, confidence); rows whose label or sample is gone are left out."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            predictions.store(connection, function_id, rows, version_id)

    def unpredicted(self, function_id: str, limit: int) -> Sequence[tuple[str, bytes]]:
        """Ids and embeddings of samples, none staged, that the live version has not predicted yet."""
        with self._db.read() as connection:
            return predictions.missing(connection, function_id, limit)

    def annotated_with(self, function_id: str, digests: Sequence[bytes]) -> Sequence[Sample]:
        """The annotated samples with these content keys, in no order."""
        pages = []
        with self._db.read() as connection:
            for some in changes.chunks(digests):
                mine = samples.c.digest.in_(some) & (samples.c.function_id == function_id)
                query = sa.select(samples).where(mine, samples.c.annotation_label_id.is_not(None))
                pages.append(sample_rows.read(connection, query))
        return [sample for page in pages for sample in page]

    def embeddings(self, function_id: str, sample_ids: Sequence[str]) -> dict[str, bytes]:
        """Embeddings by sample id, of texts with the places of their words behind them; unknown ids are left out."""
        found: dict[str, bytes] = {}
        with self._db.read() as connection:
            for some in changes.chunks(sample_ids):
                query = (
                    sa.select(samples.c.id, embeddings.c.vector)
                    .join_from(samples, embeddings, embeddings.c.sample_seq == samples.c.seq)
                    .where(samples.c.id.in_(some), samples.c.function_id == function_id)
                    .where(own_encoders.vectors(connection))
                )
                found.update({id: bytes(vector) for id, vector in connection.execute(query)})
        return found

    def known(self, function_id: str, digests: Sequence[bytes]) -> set[bytes]:
        """Which of these contents the function has already, but for captured ones that nobody has looked at."""
        with self._db.read() as connection:
            found = adding.existing(connection, function_id, digests)
        return {digest for digest, before in found.items() if not before.staged}

    def extras(self, function_id: str) -> tuple[bool, bool]:
        """Whether any sample, none staged, has metadata, and whether any is in a sample set."""
        mine = (samples.c.function_id == function_id) & samples.c.staged.is_(False)
        some = sa.select(samples.c.seq).where(mine, samples.c.metadata.is_not(None)).limit(1)
        members = sample_set_members.c
        inside = (
            sa.select(samples.c.seq).join_from(samples, sample_set_members, members.sample_id == samples.c.id)
        ).where(mine)
        with self._db.read() as connection:
            return connection.scalar(some) is not None, connection.scalar(inside.limit(1)) is not None

    def known_answers(self, function_id: str) -> dict[bytes, str]:
        """Label id by digest, for every annotated sample."""
        with self._db.read() as connection:
            return _known_answers(connection, function_id)

    def known_answers_since(
        self, function_id: str, after: int
    ) -> tuple[Sequence[tuple[bytes, str | None]], int]:
        """What changed in the known answers after this entry of the annotation log, and the last entry's id.

        Apply the rows in order; None removes. With 0 come all known answers as they stand.
        """
        log = annotation_log.c
        of_function = log.function_id == function_id
        with self._db.read() as connection:
            last = connection.scalar(sa.select(sa.func.max(log.id)).where(of_function)) or 0
            if after <= 0:
                return list(_known_answers(connection, function_id).items()), last
            news = sa.select(log.digest, log.label_id).where(of_function, log.id > after, log.id <= last)
            rows = [
                (bytes(digest), label_id) for digest, label_id in connection.execute(news.order_by(log.id))
            ]
            return rows, max(last, after)


def _known_answers(connection: Connection, function_id: str) -> dict[bytes, str]:
    columns = samples.c
    query = sa.select(columns.digest, columns.annotation_label_id).where(
        columns.function_id == function_id, columns.annotation_label_id.is_not(None)
    )
    return {bytes(digest): label_id for digest, label_id in connection.execute(query)}


def _by_external_id(query: sa.Select[Any], function_id: str, external_id: str) -> sa.Select[Any]:
    columns = samples.c
    mine = (columns.function_id == function_id) & (columns.external_id == external_id)
    return query.where(mine).order_by(columns.staged, columns.seq.desc()).limit(1)


def _delete(connection: Connection, function_id: str, id: str, at: datetime) -> str:
    """Its own id, whatever it was asked for by."""
    sample = sample_rows.get(connection, function_id, id)
    purging.purge_samples(connection, function_id, [sample.id], at)
    if sample.annotated:
        changes.wanted(connection, function_id, at)
    return sample.id
