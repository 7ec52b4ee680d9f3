"""Brings the tables of a database up to date; migrations live beside, as a package folder."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_410_902_115  # any number that is ours: PostgreSQL's advisory lock while migrating


def config() -> Config:
    """Alembic's configuration, without an alembic.ini."""
    made = Config()
    made.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made


def to_head(connection: Connection, revision: str = "head") -> None:
    """Run what is missing inside the connection's own transaction: all of it, or nothing.

    Other processes wait: on SQLite for the write lock that the transaction holds, else for a lock of ours.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    made = config()
    head = ScriptDirectory.from_config(made).get_current_head()
    if MigrationContext.configure(connection).get_current_revision() == head:
        return
    made.attributes["connection"] = connection
    command.upgrade(made, revision)
