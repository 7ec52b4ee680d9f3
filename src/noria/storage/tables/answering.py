"""What people answered in the queue, an answer a row: the annotations themselves have logs of their own."""

from sqlalchemy import JSON, Boolean, Column, Index, String, Table, Text

from noria.storage.columns import BigId, Time
from noria.storage.tables.base import metadata, of_function

queue_answers = Table(
    "queue_answers",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    of_function(),
    Column("by", Text, nullable=False),
    Column("key", String, nullable=False),
    Column("at", Time, nullable=False),
    Column("said", String, nullable=False),
    Column("label_ids", JSON, nullable=False),
    Column("sample_ids", JSON, nullable=False),  # outlive the samples
    Column("grouped", Boolean, nullable=False),
    Column("taken_back_at", Time),
    Index("uq_queue_answers_function_id_by_key", "function_id", "by", "key", unique=True),
    Index(None, "function_id", "by", "id"),
    sqlite_autoincrement=True,
)
