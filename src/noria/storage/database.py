"""The engine behind the storage, and its two kinds of transaction."""

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from noria.errors import Overloaded
from noria.storage import migrate, unusable
from noria.storage.own_encoders import OPTION, OwnEncoders
from noria.storage.presence import Presence

_OPEN_ATTEMPTS = 100
_OPEN_WAIT_S = 0.1
_BUSY_S = 10  # how long a transaction waits for another process
_LOOK_S = 0.002  # between looks at the write lock
_CONNECT_S = 5  # with a network that is cut nobody says that there is nobody
# How soon either end of a connection notices that the other is gone; seconds, but for our milliseconds.
_OUR_END = {
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}
_ITS_END = {"tcp_keepalives_idle": 4, "tcp_keepalives_interval": 2, "tcp_keepalives_count": 3}
_CONNECT_S = 3
_PATIENT = f"PRAGMA busy_timeout = {_BUSY_S * 1000}"


class Database:
    """Reads see one state of everything; writes stand in one line per function, or per file on SQLite."""

    def __init__(self, engine: Engine, own_encoders: OwnEncoders | None = None) -> None:
        """own_encoders: whose vectors are read and written; the installation's unless others are named."""
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self.refusal: Overloaded | None = None  # why it takes no changes, until one is seen to be taken again
        engine = engine.execution_options(**{OPTION: own_encoders or OwnEncoders()})
        self._writing = engine.execution_options(writes=True)
        self._reading = engine
        if not self.is_sqlite:  # there a statement sees what was committed before it, a transaction need not
            self._reading = engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        # SQLite's busy handler sleeps and starves; threads of one process stand in a fair line instead.
        self._turn = threading.Lock() if self.is_sqlite else nullcontext()
        self._presence: Presence | None = None
        self._looking: Any = None  # a connection to the file that writes nothing

    @classmethod
    def open(cls, url: str, prepare: Callable[[Connection], None] = migrate.to_head) -> "Database":
        """prepare: called in a transaction before anything else; it leaves tables that are up to date.

        Raises DatabaseUnusable, DatabaseTooNew, and what `prepare` raises.
        """
        with unusable.address_in_words():
            engine = _engine(sa.make_url(url))
        database = cls(engine)
        try:
            _patiently(lambda: database._prepare(prepare))
        except (DBAPIError, sqlite3.Error) as problem:  # the latter from what is asked of the driver itself
            database.close()
            raise unusable.in_words(problem, engine.url) from None
        except BaseException:
            database.close()
            raise
        return database

    @property
    def folder(self) -> Path:
        """Of the database's file; the working folder for one that is a server's."""
        return Path(self.engine.url.database or "").parent if self.is_sqlite else Path()

    def watch(self, heard: Callable[[str], None]) -> None:
        """From now on nobody waits for a server that is away, and changes are heard; a file does not go away.

        heard: called with the id of a function that changed, or "" where any may have, from a thread of its own.
        """
        if not self.is_sqlite:
            self._presence = Presence(self.engine, heard)

    @property
    def away_since(self) -> datetime | None:
        """Since when it is known to be away; None while it is there."""
        since = self._presence and self._presence.away_since
        return datetime.fromtimestamp(since, UTC) if since else None

    @property
    def hears(self) -> bool:
        """Whether changes are heard as they happen, and need not be looked for."""
        return self._presence is not None and self._presence.hears

    def state(self) -> int | None:
        """A number that is another one after each change that anybody commits; None on a server, or if it can't be told.

        It costs microseconds, where looking for what changed takes a thread and a query: ask it before that, and from
        one thread.
        """
        if not self.is_sqlite:
            return None
        try:
            if self._looking is None:
                self._looking = self.engine.raw_connection()
                self._looking.driver_connection.execute("PRAGMA busy_timeout = 0")
            [state] = self._looking.driver_connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return None
        return int(state)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Raises DatabaseAway where that is known."""
        self._must_be_there()
        with self._reading.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Raises DatabaseAway where that is known."""
        self._must_be_there()
        try:
            with self._turn, self._writing.begin() as connection:
                yield connection
        except DBAPIError as problem:
            self.refusal = unusable.refusal(problem) or self.refusal
            raise

    def session(self) -> Connection:
        """A connection to PostgreSQL for as long as it lasts, for locks that belong to it.

        Where the network is cut, our end gives up within 6 s, the server's after 10: it never gives another process a
        lock that we still believe in.
        """
        engine = sa.create_engine(
            self.engine.url,
            poolclass=sa.NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"client_encoding": "utf8", "connect_timeout": _CONNECT_S, **_OUR_END},
            hide_parameters=True,
        )
        connection = engine.connect()
        for name, value in _ITS_END.items():
            connection.exec_driver_sql(f"SET {name} = {value}")
        return connection

    def close(self) -> None:
        if self._presence is not None:
            self._presence.close()
        if self._looking is not None:
            self._looking.invalidate()
        self.engine.dispose()

    def _must_be_there(self) -> None:
        if self._presence is not None:
            self._presence.must_be_there()

    def _prepare(self, prepare: Callable[[Connection], None]) -> None:
        if self.is_sqlite:
            with self.engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA journal_mode = WAL")
        with self.write() as connection:
            if not self.is_sqlite:
                unusable.refuse_other_encodings(connection)
            prepare(connection)


def _engine(url: sa.URL) -> Engine:
    # Parameters are people's texts, keys and hashes of secrets: no error message and so no log shows them.
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        _keep_private(url.database)
        engine = sa.create_engine(
            url, pool_size=32, max_overflow=-1, connect_args={"timeout": _BUSY_S}, hide_parameters=True
        )
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise ArgumentError("only SQLite and PostgreSQL are known here")
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=8,
        max_overflow=24,
        pool_pre_ping=True,
        connect_args={"client_encoding": "utf8", "connect_timeout": _CONNECT_S, **_OUR_END},
        hide_parameters=True,
    )
    event.listen(engine, "checkout", _leave_to_the_server)
    return engine


def _keep_private(path: str | None) -> None:
    """A new file can be read by its owner only: it holds keys. SQLite gives its log beside it the same rights."""
    with suppress(OSError):  # what is in the way is told when the file is opened
        if path and not os.path.exists(path):
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _leave_to_the_server(driver: Any, *_: object) -> None:
    """Whether it takes changes: once read from, a connection would ask to write, which a standby refuses in other words."""
    driver.read_only = None


def _set_up_sqlite(driver: Any, _: object) -> None:
    driver.isolation_level = None  # transactions begin by the event below, never by the driver's guess
    driver.execute("PRAGMA foreign_keys = ON")
    driver.execute("PRAGMA synchronous = FULL")
    driver.execute(
        "PRAGMA secure_delete = ON"
    )  # what is deleted is overwritten, whatever the build does by itself
    driver.execute(_PATIENT)
    driver.execute("PRAGMA cache_size = -16000")
    # Moving pages home costs more than the commits themselves: do it every 32 MB of log instead of every 4.
    driver.execute("PRAGMA wal_autocheckpoint = 8000")


def _begin_sqlite(connection: Connection) -> None:
    # A write that began as a read could not be upgraded once another process has written.
    if connection.get_execution_options().get("writes", False):
        _begin_writing(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    """Take the file's write lock as soon as another process lets go of it.

    SQLite's own waiting sleeps up to 100 ms between looks and so misses the few milliseconds in which a busy process
    does not hold the lock: it waited for seconds where commits take 40 ms.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        end = time.monotonic() + _BUSY_S
        while time.monotonic() < end:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as problem:
                if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
            time.sleep(random.uniform(0.5, 1.5) * _LOOK_S)
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, to fail in the engine's words
    finally:
        driver.execute(_PATIENT)


def _patiently(prepare: Callable[[], None]) -> None:
    """Opening meets other processes that recover, migrate or leave: not each of these waits by itself."""
    for attempt in range(_OPEN_ATTEMPTS):
        try:
            return prepare()
        except (OperationalError, sqlite3.OperationalError) as error:
            if "locked" not in str(error) or attempt == _OPEN_ATTEMPTS - 1:
                raise
            time.sleep(_OPEN_WAIT_S)
    return None
