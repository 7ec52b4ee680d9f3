"""Whether PostgreSQL answers, and what changes there: one connection that hears both."""

import logging
import os
import select
import socket
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:  # installed where PostgreSQL is used
    import psycopg

log = logging.getLogger("noria.database")

CHANNEL = "noria_changed"  # what is said there is a function's id
BEAT_S = 1.0  # between questions whether it answers
PATIENCE_S = 2.0  # for an answer, and for a connection
LOOK_S = 1.0  # between looks whether one that is away is back


class DatabaseAway(OperationalError):
    """The database does not answer. Of the driver's family, as whoever minds an outage knows that one."""

    def __init__(self) -> None:
        super().__init__(None, None, Exception("the database is away"))


class Presence:
    """Asks the database each second, so that nobody else has to wait until it is found away.

    While it is, `must_be_there` fails at once with DatabaseAway; what waits for an answer is cut off, since a
    machine that hangs, or a network that is cut, never says so by itself.
    """

    def __init__(self, engine: Engine, heard: Callable[[str], None]) -> None:
        """heard: called with the id of a function that changed, or "" where any may have, from a thread of its own."""
        self._engine = engine
        self._heard = heard
        self._away = threading.Event()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[Any] = weakref.WeakSet()  # the driver's connections
        self._hears = False
        self.away_since: float | None = None  # epoch seconds
        event.listen(engine, "do_connect", self._may_connect)
        event.listen(engine, "connect", self._opened)
        engine.dispose()  # those opened before are not known here
        self._thread = threading.Thread(target=self._run, name="database-presence", daemon=True)
        self._thread.start()

    @property
    def away(self) -> bool:
        return self._away.is_set()

    @property
    def hears(self) -> bool:
        """Whether each change is told as it happens."""
        return self._hears

    def close(self) -> None:
        self._closing.set()
        self._thread.join(2 * (BEAT_S + PATIENCE_S))

    def _may_connect(self, *_: object) -> None:
        """The pool connects anew by itself where a connection was cut off."""
        self.must_be_there()

    def must_be_there(self) -> None:
        """Raises DatabaseAway."""
        if self._away.is_set():
            raise DatabaseAway

    def _opened(self, connection: Any, _: object) -> None:
        with self._lock:
            self._open.add(connection)

    def _run(self) -> None:
        while not self._closing.is_set():
            connection = None
            try:
                connection = self._connected()
                self._is_back()
                self._hear(connection)
            except Exception as problem:
                self._hears = False
                self._is_away(problem)
            if connection is not None:
                connection.close()
            if self.away:
                self._closing.wait(LOOK_S)

    def _connected(self) -> "psycopg.Connection[Any]":
        import psycopg

        args, kwargs = self._engine.dialect.create_connect_args(self._engine.url)
        mine: dict[str, Any] = {**kwargs, "client_encoding": "utf8", "connect_timeout": int(PATIENCE_S)}
        return psycopg.connect(*args, **mine, autocommit=True)

    def _hear(self, connection: "psycopg.Connection[Any]") -> None:
        """Until the connection fails or this is closed."""
        said = connection.pgconn
        self._ask(said, f"LISTEN {CHANNEL}".encode())
        self._hears = True
        self._heard("")  # what was said while nobody listened
        while not self._closing.is_set():
            _readable(said, BEAT_S)
            self._tell(said)
            self._ask(said, b"SELECT 1")

    def _ask(self, said: Any, question: bytes) -> None:
        """Raises OperationalError of the driver, TimeoutError without an answer in time."""
        import psycopg

        end = time.monotonic() + PATIENCE_S
        said.send_query(question)
        said.flush()
        while True:
            said.consume_input()
            while not said.is_busy():
                result = said.get_result()
                if result is None:
                    self._tell(said)
                    return
                if result.error_message:
                    raise psycopg.OperationalError(result.error_message.decode("utf8", "replace").strip())
            if not _readable(said, end - time.monotonic()):
                raise TimeoutError("it gives no answer")

    def _tell(self, said: Any) -> None:
        said.consume_input()
        heard = set()
        while (notice := said.notifies()) is not None:
            heard.add(notice.extra.decode())
        for function_id in heard:
            self._heard(function_id)

    def _is_away(self, problem: Exception) -> None:
        if self.away or self._closing.is_set():
            return
        self.away_since = time.time()
        self._away.set()
        words, *_ = str(problem).strip().splitlines() or [type(problem).__name__]
        log.error("the database is away: %s", words)
        self._cut_off()

    def _is_back(self) -> None:
        if self.away_since is not None:
            log.warning("the database is back after %.0f s", time.time() - self.away_since)
        self.away_since = None
        self._away.clear()

    def _cut_off(self) -> None:
        """Whoever waits for an answer gets an error now."""
        with self._lock:
            waiting = list(self._open)
        for connection in waiting:
            with suppress(Exception):  # closed by now
                line = socket.socket(fileno=os.dup(connection.pgconn.socket))
                with line:
                    line.shutdown(socket.SHUT_RDWR)


def tell(connection: Connection, function_id: str) -> None:
    """Let every process hear of a change of this function, once it is committed."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_notify(CHANNEL, function_id)))


def _readable(said: Any, seconds: float) -> bool:
    """Whether there is something to read within so many seconds."""
    looking = select.poll() if hasattr(select, "poll") else None
    if looking is None:  # Windows
        return bool(select.select([said.socket], [], [], max(0.0, seconds))[0])
    looking.register(said.socket, select.POLLIN)
    return bool(looking.poll(max(0.0, seconds) * 1000))
