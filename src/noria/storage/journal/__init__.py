"""What captures leave behind while the database is away: files on this machine, brought into it when it is back."""

from noria.storage.journal.journal import Held, Journal, JournalFull, JournalLimits
from noria.storage.journal.keeper import JournalKeeper

__all__ = ["Held", "Journal", "JournalFull", "JournalKeeper", "JournalLimits"]
