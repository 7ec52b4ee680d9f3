"""How it stands with a database that is away: since when, and what of the calls is kept meanwhile."""

from dataclasses import dataclass
from datetime import datetime

from noria.storage import CaptureWriter, Held, Journal, Storage


@dataclass(frozen=True, slots=True)
class Outage:
    """Of this process; there is always one, mostly an empty one."""

    since: datetime | None  # None: the database is there
    held: Held  # what is in the journal
    dropped: int  # captures that nothing took, since the process began


def outage(storage: Storage, writer: CaptureWriter, journal: Journal | None) -> Outage:
    """Nothing is asked of the database for it. One that refuses changes is there."""
    since = storage.database.away_since or (writer.away_since if storage.refusal is None else None)
    return Outage(since, journal.held() if journal else Held(0, 0, 0), writer.dropped)
