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
        columns = samples.c
        drawn = (
            sa.select(
                captures.c.sample_id,
                sa.func.max(captures.c.weight * captures.c.threshold).label("propensity"),
            )
            .where(captures.c.function_id == function_id)
            .group_by(captures.c.sample_id)
            .subquery()
        )
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
            .where(columns.function_id == function_id, columns.annotation_label_id.is_not(None))
            .order_by(columns.seq)
        )
        if held_out is not None:
            members = sample_set_members.c
            query = query.where(
                columns.id.not_in(sa.select(members.sample_id).where(members.sample_set_id == held_out))
            )
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            return [_training_sample(*row) for row in connection.execute(query)]


def _training_sample(
    id: str, seq: int, label_id: str, digest: bytes, brought: bool, propensity: float | None
) -> TrainingSample:
    captured = not brought
    weight = 1 / min(1.0, max(propensity, 1 / MAX_WEIGHT)) if captured and propensity is not None else 1.0
    return TrainingSample(id, seq, label_id, bytes(digest), weight, captured)
