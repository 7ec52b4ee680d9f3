"""The engine behind the storage, and its two kinds of transaction."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from noria.storage import migrate

_OPEN_ATTEMPTS = 100
_OPEN_WAIT_S = 0.1


class Database:
    """Reads see one state of everything; writes stand in one line per function, or per file on SQLite."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._writing = engine.execution_options(writes=True)
        # SQLite's busy handler sleeps and starves; threads of one process stand in a fair line instead.
        self._turn = threading.Lock() if self.is_sqlite else nullcontext()

    @classmethod
    def open(cls, url: str) -> "Database":
        database = cls(_engine(sa.make_url(url)))
        try:
            _patiently(database._prepare)
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._turn, self._writing.begin() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()

    def _prepare(self) -> None:
        if self.is_sqlite:
            with self.engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA journal_mode = WAL")
        with self.write() as connection:
            migrate.to_head(connection)


def _engine(url: sa.URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, pool_size=32, max_overflow=-1, connect_args={"timeout": 10})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return sa.create_engine(url, pool_size=8, max_overflow=24, pool_pre_ping=True)


def _set_up_sqlite(driver: Any, _: object) -> None:
    driver.isolation_level = None  # transactions begin by the event below, never by the driver's guess
    driver.execute("PRAGMA foreign_keys = ON")
    driver.execute("PRAGMA synchronous = FULL")
    driver.execute("PRAGMA busy_timeout = 10000")
    driver.execute("PRAGMA cache_size = -16000")
    # Moving pages home costs more than the commits themselves: do it every 32 MB of log instead of every 4.
    driver.execute("PRAGMA wal_autocheckpoint = 8000")


def _begin_sqlite(connection: Connection) -> None:
    # A write that began as a read could not be upgraded once another process has written.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _patiently(prepare: Callable[[], None]) -> None:
    """Opening meets other processes that recover, migrate or leave: not each of these waits by itself."""
    for attempt in range(_OPEN_ATTEMPTS):
        try:
            return prepare()
        except OperationalError as error:
            if "locked" not in str(error) or attempt == _OPEN_ATTEMPTS - 1:
                raise
            time.sleep(_OPEN_WAIT_S)
    return None
