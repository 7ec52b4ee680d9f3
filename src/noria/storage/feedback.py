"""Feedback from callers: its own lane, never part of a capture decision."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from noria.errors import FeedbackNotFound
from noria.storage import changes, sample_rows
from noria.storage.database import Database
from noria.storage.tables import feedback


@dataclass(frozen=True, slots=True)
class Feedback:
    id: int
    function_id: str
    sample_id: str
    label_id: str
    by: str
    at: datetime


class FeedbackLane:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, function_id: str, sample_id: str, label_id: str, by: str, at: datetime) -> Feedback:
        """What a caller says the right label is. Raises SampleNotFound, LabelNotFound, FunctionNotFound."""
        values = {
            "function_id": function_id,
            "sample_id": sample_id,
            "label_id": label_id,
            "by": by,
            "at": at,
        }
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            sample_rows.must_exist(connection, function_id, sample_id)
            label_id = changes.meant(connection, function_id, label_id)
            changes.must_have_label(connection, function_id, label_id)
            values["label_id"] = label_id
            row = connection.execute(feedback.insert().values(values).returning(feedback.c.id)).one()
        return Feedback(row.id, function_id, sample_id, label_id, by, at)

    def of(self, function_id: str, limit: int = 100) -> list[Feedback]:
        """Newest first."""
        query = sa.select(feedback).where(feedback.c.function_id == function_id)
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(feedback.c.id.desc()).limit(limit))
            return [Feedback(*row) for row in rows]

    def count(self, function_id: str) -> int:
        """How many wait for review."""
        query = sa.select(sa.func.count()).where(feedback.c.function_id == function_id)
        with self._db.read() as connection:
            return connection.execute(query).scalar_one()

    def get(self, function_id: str, id: int) -> Feedback:
        """Raises FeedbackNotFound, also for one that was reviewed."""
        query = sa.select(feedback).where(feedback.c.function_id == function_id, feedback.c.id == id)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise FeedbackNotFound(id=id)
        return Feedback(*row)

    def reviewed(self, function_id: str, id: int) -> None:
        """Take it out of the lane. Raises FeedbackNotFound."""
        with self._db.write() as connection:
            gone = feedback.delete().where(feedback.c.function_id == function_id, feedback.c.id == id)
            if not connection.execute(gone).rowcount:
                raise FeedbackNotFound(id=id)
