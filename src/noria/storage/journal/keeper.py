"""Bringing journals into the database, record by record, each once."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from noria.storage.journal import batches, records
from noria.storage.journal.journal import Journal
from noria.storage.outages import OUTAGES
from noria.storage.sums import CaptureBatch

log = logging.getLogger("noria.journal")

LOOK_S = 1.0  # between tries while the database is away
CAPTURES, RECORDS = 128, 256  # brought in by one transaction
OTHERS_S = 5.0  # between looks for journals that other processes left

UNREADABLE = (records.Unreadable, msgspec.MsgspecError)


class Captures(Protocol):
    """Where captures go when there is a database."""

    def put_files(self, batch: CaptureBatch) -> None:
        """Raises FilesAway."""
        ...

    def bring_in(self, batches: Sequence[CaptureBatch]) -> None:
        """Some of one writer's, in order: once, however often it is called with them; their files are in the store."""
        ...


class JournalKeeper:
    """Adds to the journal, and has one thread that tries for the database's return and brings in what is in the folder.

    Batches keep their numbers, so one that is in already, since its commit was reported lost or this was killed amid its
    work, is not added twice.
    """

    def __init__(self, journal: Journal, captures: Captures, look_s: float = LOOK_S) -> None:
        self.journal = journal
        self._captures = captures
        self._look_s = look_s
        self._closing = threading.Event()
        self._away_since: datetime | None = None
        self._others_at = 0.0
        self._adopted: set[Path] = set()
        self._brought: dict[Path, int] = {}  # captures of files that could not be brought in whole yet
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def add(self, batch: CaptureBatch) -> None:
        """On disk when it returns, its files in their store. Raises FilesAway, JournalFull, OSError."""
        self._captures.put_files(batch)
        self.journal.add(batch)

    @property
    def away_since(self) -> datetime | None:
        """When the database first did not take what it was given; None while it does."""
        return self._away_since

    def lost(self) -> None:
        """The database did not take what the writer had: it is tried from here until it does."""
        self._away_since = self._away_since or datetime.now(UTC)

    def found(self) -> None:
        """It takes what it is given."""
        self._away_since = None

    def close(self) -> None:
        """What is in the journal waits for the next start, or for another process with this folder."""
        self._closing.set()
        self._thread.join()
        self.journal.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self.step()
            except OUTAGES:
                pass  # whoever lost it has told
            except Exception:
                log.exception("a journal could not be brought in; it is tried again")
                self._closing.wait(OTHERS_S)
            self._closing.wait(self._look_s)

    def step(self) -> None:
        """All that can be brought in now. Raises OUTAGES."""
        if (own := self.journal.own()) is not None:
            self._bring(own)
            self.journal.ended()
        if time.monotonic() >= self._others_at:
            self._others_at = time.monotonic() + OTHERS_S
            for name in self.journal.left_behind():
                self._bring(name)

    def _bring(self, name: str) -> None:
        with self.journal.taken(name) as ours:
            if not ours:
                return
            if name != self.journal.own():
                self._adopt(self.journal.files(name))
            elif not self._is_taken(self.journal.first()):
                return
            while not self._closing.is_set() and (files := self.journal.files(name)):
                for path in files:
                    self._bring_file(path)

    def _is_taken(self, path: Path | None) -> bool:
        """Whether the database takes the first record: before it does, the file goes on. Raises OUTAGES."""
        if path is None:
            return False
        for record, _ in records.read(path):
            self._commit([batches.from_bytes(record)])
            break
        return True

    def _adopt(self, paths: Iterable[Path]) -> None:
        """Count what another process left there."""
        for path in paths:
            if path not in self._adopted:
                self._adopted.add(path)
                self.journal.adopted(path)

    def _bring_file(self, path: Path) -> None:
        began, captures = time.monotonic(), 0
        try:
            for some in _grouped(batches.from_bytes(record) for record, _ in records.read(path)):
                if self._closing.is_set():
                    return
                self._commit(some)
                captures += sum(len(batch.captures) for batch in some)
                if (more := captures - self._brought.get(path, 0)) > 0:  # else they were counted before
                    self.journal.brought(more)
                    self._brought[path] = captures
        except UNREADABLE as problem:
            log.error("%s can't be read on, and is kept beside as damaged: %r", path, problem)
            self.journal.keep_damaged(path, records.counted(path) - captures)
        else:
            self.journal.drop(path)
        self._brought.pop(path, None)
        took = time.monotonic() - began
        log.warning("%d captures of the journal were brought into the database in %.1f s", captures, took)

    def _commit(self, some: Sequence[CaptureBatch]) -> None:
        """Raises OUTAGES."""
        try:
            self._captures.bring_in(some)
        except OUTAGES:
            raise
        except Exception as error:
            if len(some) > 1:
                for batch in some:
                    self._commit([batch])
            else:
                self._one_by_one(some[0], error)
        self.found()

    def _one_by_one(self, batch: CaptureBatch, error: Exception) -> None:
        """The database refuses the batch: keep all of it but what it refuses. The same parts whenever this is done again."""
        log.error("a batch of the journal is refused and taken apart: %s", error)
        parts = [CaptureBatch(captures=(capture,)) for capture in batch.captures]
        for number, part in enumerate([*parts, replace(batch, captures=())], 1):
            try:
                name = f"{batch.writer}-{batch.number}"
                self._captures.bring_in([replace(part, writer=name, number=number)])
            except OUTAGES:
                raise
            except Exception:
                log.exception("the database refuses a part of the journal: %s", part.traffic or "a capture")


def _grouped(found: Iterable[CaptureBatch]) -> Iterator[list[CaptureBatch]]:
    """Neighbours of one writer, as many as one transaction may hold."""
    group: list[CaptureBatch] = []
    captures = 0
    try:
        for batch in found:
            full = len(group) >= RECORDS or captures + len(batch.captures) > CAPTURES
            if group and (full or group[0].writer != batch.writer):
                yield group
                group, captures = [], 0
            group.append(batch)
            captures += len(batch.captures)
    except UNREADABLE:  # what was read before is good
        if group:
            yield group
        raise
    if group:
        yield group
