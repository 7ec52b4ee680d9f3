"""The workers of an installation, as they tell of themselves: for people and monitoring, never for decisions."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from noria.records.ids import new_id
from noria.storage import upserts
from noria.storage.database import Database
from noria.storage.tables import workers

BEAT_S = 10.0  # how often a worker says that it is there
_SILENT_S = 3 * BEAT_S
_FORGOTTEN_S = 86_400.0


@dataclass(frozen=True, slots=True)
class SeenWorker:
    id: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime


class Workers:
    def __init__(self, database: Database) -> None:
        self._db = database

    def seen(self, worker: SeenWorker) -> None:
        """It is there; those that have long been silent are forgotten."""
        with self._db.write() as connection:
            gone = workers.c.seen_at < worker.seen_at - timedelta(seconds=_FORGOTTEN_S)
            connection.execute(workers.delete().where(gone))
            upserts.put(
                connection,
                workers,
                {
                    "id": worker.id,
                    "host": worker.host,
                    "pid": worker.pid,
                    "started_at": worker.started_at,
                    "seen_at": worker.seen_at,
                },
            )

    def take_and_forget(self) -> None:
        """A row that nobody sees. Raises SQLAlchemyError where nothing can be written."""
        nobody = {"id": new_id("worker"), "host": "", "pid": 0}
        now = datetime.now(UTC)
        with self._db.write() as connection:
            connection.execute(workers.insert().values(**nobody, started_at=now, seen_at=now))
            connection.execute(workers.delete().where(workers.c.id == nobody["id"]))

    def present(self, now: datetime) -> list[SeenWorker]:
        """Those that were seen within half a minute, the oldest first."""
        query = sa.select(workers).where(workers.c.seen_at > now - timedelta(seconds=_SILENT_S))
        with self._db.read() as connection:
            return [SeenWorker(*row) for row in connection.execute(query.order_by(workers.c.started_at))]
