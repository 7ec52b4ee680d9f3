"""Why a database can't be opened or written to, in words that say what to do."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from noria.errors import DatabaseUnusable, Overloaded, StorageFull, StorageReadOnly

_KINDS = "It is postgresql://user:secret@host/name, or unset for SQLite in the data folder."
_NO_DRIVER = "PostgreSQL needs a package that is not installed here: pip install 'noria[postgres]'."
_ADVICE = {  # by words of SQLite's
    "full": "The disk is full. Make room and start again.",
    "disk i/o": "The disk is full or fails. Make room and start again.",
    "not a database": "The file is damaged, or none of Noria's. Put a backup in its place.",
    "malformed": "The file is damaged. Put a backup in its place.",
    "readonly": "Noria may not write to it. Change its owner or its rights.",
    "locked": "Another program holds it. Stop that one first.",
    "unable to open": "Its folder is not there, or Noria may not use it.",
}
_FULL = (errno.ENOSPC, errno.EDQUOT, "53100", sqlite3.SQLITE_FULL)  # of a file, of PostgreSQL, of SQLite
_READ_ONLY = (errno.EROFS, "25006", sqlite3.SQLITE_READONLY)
_ELSEWHERE = "Is it running, and is NORIA_DATABASE right?"


@contextmanager
def address_in_words() -> Iterator[None]:
    """Raises DatabaseUnusable for an address that names no database, or one that this installation can't talk to."""
    try:
        yield
    except ArgumentError:
        raise DatabaseUnusable(
            f"NORIA_DATABASE is no address of a database that Noria knows. {_KINDS}"
        ) from None
    except ImportError:
        raise DatabaseUnusable(_NO_DRIVER) from None


def refuse_other_encodings(connection: sa.Connection) -> None:
    """Raises DatabaseUnusable for a PostgreSQL that does not take every text."""
    encoding = connection.scalar(sa.text("SHOW server_encoding"))
    if encoding != "UTF8":
        name = connection.engine.url.database
        raise DatabaseUnusable(
            f"The database {name} has the encoding {encoding}, which does not hold every text. "
            f"Make it anew: createdb --encoding UTF8 --template template0 {name}"
        )


def in_words(problem: Exception, url: sa.URL | None = None) -> DatabaseUnusable:
    """The error for a database that can't be opened, or written to once it is; no password stands in it."""
    said, *_ = str(getattr(problem, "orig", problem)).splitlines() or [""]
    advice = next((advice for words, advice in _ADVICE.items() if words in said.lower()), _ELSEWHERE)
    return DatabaseUnusable(f"The database {_place(url)}can't be used ({said.rstrip('.')}). {advice}")


def refusal(problem: BaseException) -> Overloaded | None:
    """Why nothing can be written, if that is what a database or a file system said; None where it is something else."""
    said = getattr(problem, "orig", problem)
    match said:
        case sqlite3.Error():
            code: object = getattr(said, "sqlite_errorcode", 0) & 0xFF  # without the details behind it
        case OSError():
            code = said.errno
        case _:
            code = getattr(said, "sqlstate", None)
    if code in _FULL:
        return StorageFull()
    return StorageReadOnly() if code in _READ_ONLY else None


def _place(url: sa.URL | None) -> str:
    if url is None:
        return ""
    if url.get_backend_name() == "sqlite":
        return f"{url.database} "
    return f"{url.set(drivername='postgresql', password=None).render_as_string()} "
