"""Who may come in."""

from sqlalchemy import Column, LargeBinary, String, Table, Text

from noria.storage.columns import Time
from noria.storage.tables.base import metadata

clients = Table(
    "clients",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scope", String, nullable=False),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("revoked_at", Time),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("code_sha256", LargeBinary, primary_key=True),
    Column("name", Text, nullable=False),
    Column("expires", Time, nullable=False),
)
