"""What training leaves behind: versions, their arrays, which was live when, runs, and who works."""

import sqlalchemy as sa
from sqlalchemy import JSON, Column, Double, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from noria.storage.columns import BigId, Time
from noria.storage.tables.base import metadata, of_function, order

versions = Table(
    "versions",
    metadata,
    Column("id", String, primary_key=True),
    of_function(),
    Column("number", Integer, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("trained_seq", BigId, nullable=False),
    Column("encoder", Text, nullable=False),
    Column("n_samples", Integer, nullable=False),
    Column("n_labels", Integer, nullable=False),
    Column("outcome", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("scores", JSON, nullable=False),
    Column("train_seconds", Double, nullable=False),
    sa.UniqueConstraint("function_id", "number"),
)

heads = Table(  # apart from versions, whose lists never need the arrays
    "heads",
    metadata,
    Column("version_id", String, ForeignKey("versions.id"), primary_key=True),
    of_function(),
    Column("head", LargeBinary, nullable=False),
    Column("out_of_fold", LargeBinary, nullable=False),
    Index(None, "function_id"),
)

live_log = Table(
    "live_log",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    of_function(),
    Column("version_id", String, nullable=False),
    Column("at", Time, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Index(None, "function_id"),
    sqlite_autoincrement=True,
)

runs = Table(
    "runs",
    metadata,
    order(),
    Column("id", String, nullable=False, unique=True),
    of_function(),
    Column("phase", String, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("started_at", Time, nullable=False),
    Column("heartbeat", Time, nullable=False),
    Column("ended_at", Time),
    Column("error", Text),
    Index(None, "function_id", "seq"),
    sqlite_autoincrement=True,
)
_UNDER_WAY = runs.c.ended_at.is_(None)
Index("ix_runs_under_way", runs.c.function_id, sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY)

workers = Table(
    "workers",
    metadata,
    Column("id", String, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Time, nullable=False),
    Column("seen_at", Time, nullable=False),
)
