"""Long work of all functions, as people follow it: trainings, imports, exports, changes of many samples and runs over files."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from noria.records.transfer import UNDER_WAY, TransferState
from noria.storage.bulk_changes import BulkState
from noria.storage.database import Database
from noria.storage.tables import bulk_changes, bulk_runs, encoders, runs, transfers

TRAINING = "training"
REEMBEDDING = "re-embedding"
BULK_INVOKE = "bulk-invoke"
_SILENT_S = 60.0  # after which a command without a sign of life is taken to have been ended

STOPPED = "It was ended before it was done. Run the same command again to go on."


@dataclass(frozen=True, slots=True)
class Job:
    kind: str  # TRAINING, REEMBEDDING, BULK_INVOKE, import, export, or what a bulk change does
    id: str
    function_id: str | None  # None: of the whole installation
    name: str  # of a file, or the phase of a training
    by: str | None  # None for trainings, which nobody asks for
    begun_at: datetime
    ended_at: datetime | None
    under_way: bool
    done: int
    total: int | None
    error: str
    waits: bool = False  # for a person: an import that is checked

    @property
    def share(self) -> float | None:
        """How much of it is done, in [0, 1]; None where nobody can tell."""
        return min(1.0, self.done / self.total) if self.total else None


class Jobs:
    def __init__(self, database: Database) -> None:
        self._db = database

    def latest(self, limit: int) -> list[Job]:
        """Those under way first, then by their beginning, the newest first."""
        with self._db.read() as connection:
            found = [
                *map(_of_run, connection.execute(_newest(runs, limit))),
                *map(_of_transfer, connection.execute(_newest(transfers, limit))),
                *map(_of_change, connection.execute(_newest(bulk_changes, limit))),
                *map(_of_encoder, connection.execute(_begun(limit))),
                *map(_of_bulk_run, connection.execute(_newest(bulk_runs, limit))),
            ]
        found.sort(key=lambda job: (job.under_way, job.begun_at), reverse=True)
        return found[:limit]


def _newest(table: sa.Table, limit: int) -> sa.Select[Any]:
    return sa.select(table).order_by(table.c.seq.desc()).limit(limit)


def _begun(limit: int) -> sa.Select[Any]:
    c = encoders.c
    return (
        sa.select(encoders)
        .where(c.begun_at.is_not(None), c.total > 0)
        .order_by(c.begun_at.desc())
        .limit(limit)
    )


def _of_encoder(row: Any) -> Job:
    switched = row.current_since is not None and row.current_since >= row.begun_at
    ended_at = row.current_since if switched else row.used_at if _silent(row.used_at) else None
    return Job(
        REEMBEDDING, str(row.id), None, row.identity, None, row.begun_at, ended_at,
        ended_at is None, row.done, row.total, STOPPED if ended_at and not switched else "",
    )  # fmt: skip


def _of_bulk_run(row: Any) -> Job:
    ended_at, error = row.ended_at, row.error
    if ended_at is None and _silent(row.seen_at):
        ended_at, error = row.seen_at, STOPPED
    return Job(
        BULK_INVOKE, row.id, row.function_id, row.name, None, row.began_at, ended_at, ended_at is None,
        row.done, row.total, error,
    )  # fmt: skip


def _silent(seen_at: datetime) -> bool:
    return seen_at < datetime.now(UTC) - timedelta(seconds=_SILENT_S)


def _of_run(row: Any) -> Job:
    return Job(
        TRAINING, row.id, row.function_id, row.phase, None, row.started_at, row.ended_at, row.ended_at is None,
        row.done, row.total or None, row.error or "",
    )  # fmt: skip


def _of_transfer(row: Any) -> Job:
    state = TransferState(row.state)
    return Job(
        row.kind, row.id, row.function_id, row.name, row.by, row.created_at, row.ended_at, state in UNDER_WAY,
        row.position, row.total, row.error, waits=state is TransferState.CHECKED,
    )  # fmt: skip


def _of_change(row: Any) -> Job:
    return Job(
        row.kind, row.id, row.function_id, "", row.by, row.created_at, row.ended_at,
        BulkState(row.state) is BulkState.RUNNING, row.position, row.total, row.error,
    )  # fmt: skip
