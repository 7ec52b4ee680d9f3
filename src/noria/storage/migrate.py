"""Brings the tables of a database up to date; migrations live beside, as a package folder.

Alembic is imported only where there is something to migrate: it takes as long as the rest of opening.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import NoriaError

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_410_902_115  # any number that is ours: PostgreSQL's advisory lock while migrating


class DatabaseTooNew(NoriaError):
    """A newer Noria has migrated this database. Install that version, or one after it."""

    code = "database_too_new"


def to_head(connection: Connection) -> None:
    """Run what is missing inside the connection's own transaction: all of it, or nothing.

    Other processes wait: on SQLite for the write lock that the transaction holds, else for a lock of ours.
    Raises DatabaseTooNew.
    """
    hold(connection)
    found, known = current(connection), revisions()
    if found is not None and found not in known:
        raise DatabaseTooNew(found=found, newest_known=known[-1])
    if found != known[-1]:
        upgrade(connection)


def hold(connection: Connection) -> None:
    """Let nobody else migrate before the transaction ends; on SQLite nobody else can."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def revisions() -> list[str]:
    """Oldest first: files are named after theirs, in order."""
    return sorted(path.name.split("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def current(connection: Connection) -> str | None:
    """The revision that the database is at; None where there are no tables yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return revision


def upgrade(connection: Connection, revision: str = "head") -> None:
    from alembic import command

    command.upgrade(config(connection), revision)


def config(connection: Connection | None = None) -> "Config":
    """Alembic's configuration, without an alembic.ini."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made
