"""Answers that people gave in the queue, in the order in which they gave them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from noria.errors import AnswerNotFound
from noria.records.queue_answer import Answered, NewQueueAnswer, QueueAnswer
from noria.storage import changes
from noria.storage.database import Database
from noria.storage.tables import queue_answers

_Q = queue_answers.c


class QueueAnswers:
    def __init__(self, database: Database) -> None:
        self._db = database

    def keep(self, new: NewQueueAnswer) -> None:
        """Safe to repeat: of one key the first stays. Raises FunctionNotFound."""
        row = {
            "function_id": new.function_id, "by": new.by, "key": new.key, "at": new.at, "said": new.said.value,
            "label_ids": list(new.label_ids), "sample_ids": list(new.sample_ids), "grouped": new.grouped,
        }  # fmt: skip
        with self._db.write() as connection:
            changes.hold(connection, new.function_id)
            mine = _mine(new.function_id, new.by) & (_Q.key == new.key)
            if connection.scalar(sa.select(_Q.id).where(mine)) is None:
                connection.execute(queue_answers.insert().values(row))

    def last(self, function_id: str, by: str, limit: int) -> list[QueueAnswer]:
        """Of this person, newest first, without those that were taken back. Raises FunctionNotFound."""
        query = sa.select(queue_answers).where(_mine(function_id, by), _Q.taken_back_at.is_(None))
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            return [_answer(row) for row in connection.execute(query.order_by(_Q.id.desc()).limit(limit))]

    def get(self, function_id: str, by: str, id: int) -> QueueAnswer:
        """Raises AnswerNotFound, also of an answer that somebody else gave."""
        return self._one(_mine(function_id, by) & (_Q.id == id), id)

    def by_key(self, function_id: str, by: str, key: str) -> QueueAnswer:
        """Raises AnswerNotFound."""
        return self._one(_mine(function_id, by) & (_Q.key == key), key)

    def take_back(self, function_id: str, id: int, at: datetime) -> None:
        """It is listed no longer. Raises FunctionNotFound."""
        self._set(function_id, id, {"taken_back_at": at})

    def change(self, function_id: str, id: int, label_id: str) -> None:
        """It says this label from now on. Raises FunctionNotFound."""
        self._set(function_id, id, {"said": Answered.LABEL.value, "label_ids": [label_id]})

    def _one(self, which: sa.ColumnElement[bool], named: object) -> QueueAnswer:
        with self._db.read() as connection:
            row = connection.execute(sa.select(queue_answers).where(which)).first()
        if row is None:
            raise AnswerNotFound(id=named)
        return _answer(row)

    def _set(self, function_id: str, id: int, values: dict[str, Any]) -> None:
        which = (_Q.function_id == function_id) & (_Q.id == id)
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            connection.execute(queue_answers.update().where(which).values(values))


def _mine(function_id: str, by: str) -> sa.ColumnElement[bool]:
    return (_Q.function_id == function_id) & (_Q.by == by)


def _answer(row: Any) -> QueueAnswer:
    given = NewQueueAnswer(
        row.function_id, row.by, row.key, row.at, Answered(row.said), tuple(row.label_ids), tuple(row.sample_ids),
        row.grouped,
    )  # fmt: skip
    return QueueAnswer(row.id, given, row.taken_back_at)
