"""Imports and exports."""

from sqlalchemy import JSON, Column, Index, LargeBinary, String, Table, Text

from noria.storage.columns import BigId, Time
from noria.storage.tables.base import metadata, of_function, order

transfers = Table(
    "transfers",
    metadata,
    order(),
    Column("id", String, nullable=False, unique=True),
    of_function(),
    Column("kind", String, nullable=False),
    Column("format", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("size", BigId, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("options", JSON, nullable=False),
    Column("by", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("state", String, nullable=False),
    Column("position", BigId, nullable=False),
    Column("total", BigId),
    Column("counts", JSON, nullable=False),
    Column("problems", JSON, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("error", Text, nullable=False),
    Column("owner", String),
    Column("heartbeat", Time),  # of the owner; who is silent for long has died
    Column("ended_at", Time),
    Index(None, "function_id", "seq"),
    Index(None, "state"),
    sqlite_autoincrement=True,
)
