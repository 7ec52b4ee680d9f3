"""Bulk changes: many samples deleted, relabelled or copied, step by step."""

from sqlalchemy import JSON, Column, Index, String, Table, Text

from noria.storage.columns import BigId, Time
from noria.storage.tables.base import metadata, of_function, order

bulk_changes = Table(
    "bulk_changes",
    metadata,
    order(),
    Column("id", String, nullable=False, unique=True),
    of_function(),
    Column("kind", String, nullable=False),
    Column("options", JSON, nullable=False),  # which samples, and what is done with them
    Column("label_id", String),  # that they get, or that goes when they are gone
    Column("from_function_id", String),  # of a copy; outlives the function
    Column("by", Text, nullable=False),
    Column("source", String, nullable=False),  # of the annotations that it gives
    Column("created_at", Time, nullable=False),
    Column("state", String, nullable=False),
    Column("after_seq", BigId, nullable=False),  # samples up to this one are done
    Column("last_seq", BigId, nullable=False),  # those that came later are not its business
    Column("position", BigId, nullable=False),
    Column("total", BigId, nullable=False),
    Column("error", Text, nullable=False),
    Column("owner", String),
    Column("heartbeat", Time),  # of the owner; who is silent for long has died
    Column("ended_at", Time),
    Index(None, "function_id", "seq"),
    Index(None, "state"),
    sqlite_autoincrement=True,
)
