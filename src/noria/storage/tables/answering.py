"""What people answered in the queue, an answer a row, and runs that answer whole files."""

from sqlalchemy import JSON, Boolean, Column, Index, String, Table, Text

from noria.storage.columns import BigId, Time
from noria.storage.tables.base import metadata, of_function, order

# The annotations themselves have logs of their own.
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

bulk_runs = Table(
    "bulk_runs",
    metadata,
    order(),
    Column("id", String, nullable=False, unique=True),
    of_function(),
    Column("name", Text, nullable=False),  # of the file
    Column("began_at", Time, nullable=False),
    Column("seen_at", Time, nullable=False),  # who is silent for long has died
    Column("ended_at", Time),
    Column("done", BigId, nullable=False),
    Column("total", BigId, nullable=False),
    Column("error", Text, nullable=False),
    Index(None, "function_id", "seq"),
    sqlite_autoincrement=True,
)
