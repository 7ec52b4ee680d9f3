"""What training reads."""

import sqlalchemy as sa

from noria.records.version import TrainingSample
from noria.storage import changes
from noria.storage.database import Database
from noria.storage.tables import captures, sample_set_members, samples

MAX_WEIGHT = 1000.0  # of one captured sample: 1 / propensity, clipped here


class Training:
    def __init__(self, database: Database) -> None:
        self._db = database

    def samples(self, function_id: str, held_out: str | None = None) -> list[TrainingSample]:
        """Annotated samples in creation order, but for those in the sample set `held_out`.

        Raises FunctionNotFound.
        """
        members = _members(held_out)
        return self._annotated(function_id, samples.c.id.not_in(members) if held_out else sa.true())

    def held_out(self, function_id: str, held_out: str) -> list[TrainingSample]:
        """Annotated samples of the sample set `held_out` alone, in creation order. Raises FunctionNotFound."""
        return self._annotated(function_id, samples.c.id.in_(_members(held_out)))

    def counts(self, function_id: str, held_out: str) -> dict[str, int]:
        """Samples that training learns from, by label id; labels without any are left out."""
        label_id = samples.c.annotation_label_id
        query = (
            sa.select(label_id.label("id"), sa.func.count().label("n"))
            .where(samples.c.function_id == function_id, label_id.is_not(None))
            .where(samples.c.id.not_in(_members(held_out)))
            .group_by(label_id)
        )
        with self._db.read() as connection:
            return {row.id: row.n for row in connection.execute(query)}

    def _annotated(self, function_id: str, which: sa.ColumnElement[bool]) -> list[TrainingSample]:
        columns = samples.c
        drawn = propensities(function_id)
        query = (
            sa.select(
                columns.id,
                columns.seq,
                columns.annotation_label_id,
                columns.digest,
                columns.brought,
                drawn.c.propensity,
            )
            .outerjoin_from(samples, drawn, drawn.c.sample_id == columns.id)
            .where(columns.function_id == function_id, columns.annotation_label_id.is_not(None), which)
            .order_by(columns.seq)
        )
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            return [_training_sample(*row) for row in connection.execute(query)]


def propensities(function_id: str) -> sa.Subquery:
    """The propensity of each captured sample: the largest of its captures'."""
    return (
        sa.select(
            captures.c.sample_id,
            sa.func.max(captures.c.weight * captures.c.threshold).label("propensity"),
        )
        .where(captures.c.function_id == function_id)
        .group_by(captures.c.sample_id)
        .subquery()
    )


def weight_of(brought: bool, propensity: float | None) -> float:
    """1 / propensity of a sample that only calls have brought, else 1."""
    return 1.0 if brought or propensity is None else 1 / min(1.0, max(propensity, 1 / MAX_WEIGHT))


def _members(sample_set_id: str | None) -> sa.Select[tuple[str]]:
    return sa.select(sample_set_members.c.sample_id).where(
        sample_set_members.c.sample_set_id == sample_set_id
    )


def _training_sample(
    id: str, seq: int, label_id: str, digest: bytes, brought: bool, propensity: float | None
) -> TrainingSample:
    return TrainingSample(id, seq, label_id, bytes(digest), weight_of(brought, propensity), not brought)
