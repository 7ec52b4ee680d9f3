"""Annotations that somebody looked at again and kept, each against one suggestion: not asked twice."""

from datetime import datetime

import sqlalchemy as sa

from noria.storage import changes, sample_rows, upserts
from noria.storage.database import Database
from noria.storage.tables import kept_labels


class KeptLabels:
    def __init__(self, database: Database) -> None:
        self._db = database

    def keep(
        self, function_id: str, sample_id: str, label_id: str, suggested_label_id: str, by: str, at: datetime
    ) -> None:
        """The sample is what its label says and not what was suggested. Raises FunctionNotFound, SampleNotFound."""
        row = {
            "function_id": function_id,
            "sample_id": sample_id,
            "label_id": label_id,
            "suggested_label_id": suggested_label_id,
            "by": by,
            "at": at,
        }
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            sample_rows.must_exist(connection, function_id, sample_id)
            upserts.put(connection, kept_labels, row)

    def of(self, function_id: str) -> set[tuple[str, str, str]]:
        """(sample, label, suggested label), as kept."""
        c = kept_labels.c
        query = sa.select(c.sample_id, c.label_id, c.suggested_label_id).where(c.function_id == function_id)
        with self._db.read() as connection:
            return {(sample, label, suggested) for sample, label, suggested in connection.execute(query)}
