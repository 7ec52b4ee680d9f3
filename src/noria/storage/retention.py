"""Captured samples that nobody labelled, deleted at an age; what estimates need of their captures stays as it was."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from noria.storage import changes, purging
from noria.storage.blobs import Blobs
from noria.storage.database import Database
from noria.storage.judged import CaptureOutcome
from noria.storage.tables import captures, feedback, leases, opinions, samples, second_asks


@dataclass(frozen=True, slots=True)
class Due:
    """What would go if this were the age."""

    samples: int
    waiting: int  # of them in the queue


class Retention:
    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._db = database
        self._blobs = blobs

    def due(self, function_id: str, older_than: datetime) -> Due:
        """Raises FunctionNotFound."""
        old = _unlabelled(function_id, older_than)
        open_one = sa.exists().where(captures.c.sample_id == samples.c.id, _OPEN)
        query = sa.select(sa.func.count(), sa.func.sum(sa.case((open_one, 1), else_=0)))
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            n, waiting = connection.execute(query.select_from(samples).where(old)).one()
        return Due(n, int(waiting or 0))

    def delete(self, function_id: str, older_than: datetime, at: datetime, n: int) -> int:
        """Delete up to n that have left the queue; returns how many. Raises FunctionNotFound.

        Files go first, while nobody else can change the function: killed in between, there are rows without their
        files until the next call, and never a file that nobody knows of. Captures keep all that estimates read.
        """
        mine = leases.c.sample_id == samples.c.id
        in_hand = sa.exists().where(mine, leases.c.until > at)  # shown to somebody now
        waits = sa.exists().where(captures.c.sample_id == samples.c.id, _OPEN)
        old = _unlabelled(function_id, older_than) & ~waits & ~in_hand
        query = sa.select(samples.c.id, samples.c.media_type).where(old).order_by(samples.c.seq).limit(n)
        with self._db.read() as connection:  # mostly there is none, and a write would hold up others
            if connection.execute(query.limit(1)).first() is None:
                return 0
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            found = connection.execute(query).all()
            self._blobs.drop(function_id, [row.id for row in found if row.media_type is not None])
            purging.purge_contents(connection, [row.id for row in found])
            changes.changed(connection, function_id)
        return len(found)


_OPEN = captures.c.outcome == CaptureOutcome.OPEN


def _unlabelled(function_id: str, older_than: datetime) -> sa.ColumnElement[bool]:
    """Captured before, no copy captured since, and nobody has said anything of it."""
    c = samples.c
    since = sa.exists().where(captures.c.sample_id == c.id, captures.c.at >= older_than)
    said = [sa.exists().where(table.c.sample_id == c.id) for table in (opinions, second_asks, feedback)]
    return sa.and_(
        c.function_id == function_id,
        c.staged.is_(True),
        c.annotated_at.is_(None),
        c.brought.is_(False),
        c.created_at < older_than,
        ~since,
        *(~each for each in said),
    )
