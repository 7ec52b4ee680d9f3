"""Why a database can't be opened, in words that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from noria.errors import DatabaseUnusable

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
_ELSEWHERE = "Is it running, and is NORIA_DATABASE right?"


@contextmanager
def address_in_words() -> Iterator[None]:
    """Raises DatabaseUnusable for an address that names no database, or one that this installation can't talk to."""
    try:
        yield
    except (ArgumentError, NoSuchModuleError):
        raise DatabaseUnusable(
            f"NORIA_DATABASE is no address of a database that Noria knows. {_KINDS}"
        ) from None
    except ImportError:
        raise DatabaseUnusable(_NO_DRIVER) from None


def in_words(url: sa.URL, problem: DBAPIError) -> DatabaseUnusable:
    """The error for a database that did not let itself be opened; no password stands in it."""
    is_file = url.get_backend_name() == "sqlite"
    where = url.database if is_file else url.set(password=None).render_as_string()
    said = " ".join(str(problem.orig).split())
    advice = next((a for words, a in _ADVICE.items() if words in said.lower()), "") if is_file else _ELSEWHERE
    return DatabaseUnusable(f"The database {where} can't be opened ({said.rstrip('.')}). {advice}".strip())
