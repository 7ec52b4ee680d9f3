"""Whom to tell of what, what is raised now, and what was sent."""

from sqlalchemy import JSON, Boolean, Column, Double, ForeignKey, Index, Integer, String, Table, Text

from noria.storage.columns import Time
from noria.storage.tables.base import metadata, of_function

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String, primary_key=True),
    of_function(),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("events", JSON, nullable=False),
    Column("accuracy_floor", Double),
    Column("created_at", Time, nullable=False),
    Index(None, "function_id"),
)

alarms = Table(
    "alarms",
    metadata,
    Column("webhook_id", String, ForeignKey("webhooks.id"), primary_key=True),
    Column("event", String, primary_key=True),
    of_function(),
    Column("hour", Integer, nullable=False),  # of the last look, epoch seconds // 3600
    Column("raised", Boolean, nullable=False),
    Column("calm", Integer, nullable=False),
    Index(None, "function_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String, primary_key=True),
    Column("webhook_id", String, ForeignKey("webhooks.id"), nullable=False),
    of_function(),
    Column("type", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Time),
    Column("delivered_at", Time),
    Column("answer", Text, nullable=False),
    Index(None, "function_id"),
    Index(None, "webhook_id", "created_at"),
    Index(None, "next_at"),
)
