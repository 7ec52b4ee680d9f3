"""A run as people who look at the dashboard can follow it."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from noria.errors import NoriaError, Overloaded
from noria.serving.bulk_invoking.run import Seen
from noria.storage import OUTAGES, Storage

BEAT_S = 2.0  # how often a run says how far it is

log = logging.getLogger(__name__)


@contextmanager
def followed(
    storage: Storage, function_id: str, name: str, total: int, beat_s: float = BEAT_S
) -> Iterator[Seen]:
    """Tell of a run over so many rows of a file of this name until the block ends; gives what is to be told of rows done.

    A database that is away, or takes nothing, ends no run: it goes on unseen. Raises FunctionNotFound.
    """
    run = _Run(storage, function_id, name, total)
    over = threading.Event()

    def tell() -> None:
        while not over.wait(beat_s):
            run.tell()

    teller = threading.Thread(target=tell, name="noria-bulk-followed", daemon=True)
    teller.start()
    error = "It was ended. Run the same command again to go on."
    try:
        yield run.seen
        error = ""
    except NoriaError as refused:
        error = str(refused)
        raise
    finally:
        over.set()
        teller.join()
        run.end(error)


class _Run:
    def __init__(self, storage: Storage, function_id: str, name: str, total: int) -> None:
        self._runs = storage.bulk_runs
        self._done = 0
        self._id: str | None = None
        with _unseen():
            self._id = self._runs.begin(function_id, name, total, datetime.now(UTC))

    def seen(self, more: int, _: bool) -> None:
        self._done += more

    def tell(self) -> None:
        if self._id is not None:
            with _unseen():
                self._runs.update(self._id, self._done, datetime.now(UTC))

    def end(self, error: str) -> None:
        if self._id is not None:
            with _unseen():
                self._runs.end(self._id, self._done, datetime.now(UTC), error)


@contextmanager
def _unseen() -> Iterator[None]:
    try:
        yield
    except (*OUTAGES, Overloaded) as refused:
        log.warning("the dashboard can't be told how far this run is: %s", refused)
