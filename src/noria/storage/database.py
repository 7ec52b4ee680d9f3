"""The engine behind the storage, and its two kinds of transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


class Database:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str) -> "Database":
        raise NotImplementedError

    @contextmanager
    def read(self) -> Iterator[Connection]:
        raise NotImplementedError
        yield

    @contextmanager
    def write(self) -> Iterator[Connection]:
        raise NotImplementedError
        yield

    def close(self) -> None:
        raise NotImplementedError
