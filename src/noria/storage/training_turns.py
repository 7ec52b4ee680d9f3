"""The right to train a function, which one process of an installation has at a time."""

import hashlib
import threading
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from noria.storage.database import Database

LOOK_S = 1.0  # how often whoever has a turn sees whether it is kept
_LOCKS = 7_410_902  # any number that is ours: the first half of the keys of PostgreSQL's advisory locks


class TrainingTurns(Protocol):
    """Turns go back by themselves when the process that has them ends, however it does.

    doubt_s: for how long after that the one that had a turn may go on without it, until it looks. With a file it can't.
    """

    doubt_s: float

    def take(self, name: str) -> bool:
        """Whether it is ours now. name: a function's id, or that of other work that one process does at a time."""
        ...

    def give_back(self, name: str) -> None: ...

    def are_kept(self) -> bool:
        """False once the database was away: it has given all of them back, and another process may have them."""
        ...


def training_turns(database: Database) -> TrainingTurns:
    return _Files(database.folder / "turns") if database.is_sqlite else _Session(database)


class _Files:
    """A locked file for each, beside the database's."""

    doubt_s = 0.0

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken: dict[str, FileLock] = {}

    def take(self, name: str) -> bool:
        self._folder.mkdir(0o700, exist_ok=True)
        lock = FileLock(self._folder / f"{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._taken[name] = lock
        return True

    def give_back(self, name: str) -> None:
        self._taken.pop(name).release()

    def are_kept(self) -> bool:
        return True


class _Session:
    """Advisory locks of one session that does nothing else, safe from any thread."""

    doubt_s = 2 * LOOK_S

    def __init__(self, database: Database) -> None:
        self._db = database
        self._lock = threading.Lock()
        self._session: Connection | None = None
        self._lost = False  # for good: the same object would connect anew, and have no lock there

    def take(self, name: str) -> bool:
        with self._lock:
            if self._session is None:
                try:
                    self._session = self._db.session()
                except SQLAlchemyError:  # the database is away; nothing is lost yet
                    return False
            return bool(self._asked(sa.func.pg_try_advisory_lock(*_key(name))))

    def give_back(self, name: str) -> None:
        with self._lock:
            self._asked(sa.func.pg_advisory_unlock(*_key(name)))

    def are_kept(self) -> bool:
        with self._lock:
            return self._session is None or self._asked(sa.true()) is not None

    def _asked(self, what: sa.ColumnElement[bool]) -> bool | None:
        """The session's answer; None once it is lost."""
        if self._session is None or self._lost:
            return None
        try:
            answer: bool | None = self._session.scalar(sa.select(what))
        except SQLAlchemyError:
            self._lost = True
            return None
        return answer


def _key(name: str) -> tuple[sa.Cast[int], sa.Cast[int]]:
    """Two names that share one are not trained at once, which is slower and nothing worse."""
    digest = hashlib.blake2b(name.encode(), digest_size=4).digest()
    return sa.cast(_LOCKS, sa.Integer), sa.cast(int.from_bytes(digest, signed=True), sa.Integer)
