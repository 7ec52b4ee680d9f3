"""Who may come in."""

from sqlalchemy import JSON, Column, ForeignKey, Index, LargeBinary, String, Table, Text

from noria.storage.columns import BigId, Time
from noria.storage.tables.base import metadata, of_function

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

people = Table(
    "people",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", String, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("seen_at", Time),
)

function_roles = Table(  # where a person's role in a function is another than elsewhere
    "function_roles",
    metadata,
    of_function(primary_key=True),
    Column("name", Text, ForeignKey("people.name"), primary_key=True),
    Column("role", String, nullable=False),
    Index(None, "name"),
)

audit = Table(  # changes but those of single samples' labels, which have their own logs
    "audit",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", Time, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", String, nullable=False),  # name of the operation
    Column("function", String),  # its id; outlives it
    Column("subject", String),  # id of what was changed in it
    Column("facts", JSON, nullable=False),
    Index(None, "at", "id"),
    Index(None, "function", "id"),
    sqlite_autoincrement=True,
)
