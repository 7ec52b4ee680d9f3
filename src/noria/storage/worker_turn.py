"""The right to train, which one process of an installation has at a time."""

from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from noria.storage.database import Database

_LOCK = 7_410_902_116  # any number that is ours: PostgreSQL's advisory lock while working


class WorkerTurn:
    """Held until the process ends: by a lock beside the file, or in PostgreSQL by a session that nothing else uses."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._session: Connection | None = None
        self._file: FileLock | None = None
        if database.is_sqlite:
            self._file = FileLock(Path(database.engine.url.database or "").with_name("worker.lock"))

    def take(self) -> bool:
        """Whether it is ours now."""
        if self._file is None:
            return self._take_in_database()
        try:
            self._file.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def is_held(self) -> bool:
        """Whether it still is: a database that was away has given it back."""
        if self._file is not None:
            return self._file.is_locked
        if self._session is None:
            return False
        try:
            self._session.execute(sa.select(1))
        except DBAPIError:
            return False
        return True

    def _take_in_database(self) -> bool:
        try:
            session = self._db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if session.scalar(sa.select(sa.func.pg_try_advisory_lock(_LOCK))):
                self._session = session
            else:
                session.close()
        except DBAPIError:  # the database is away
            return False
        return self._session is not None
