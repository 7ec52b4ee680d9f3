"""Which calls Metrics speaks of: a window of time and a version, kept in the address of the page."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from noria.records.version import ModelVersion
from noria.server.dashboard.languages import Later

CHOSEN = "chosen"
PERIODS = {
    "": Later("all time"),
    "1": Later("the last 24 hours"),
    "7": Later("the last 7 days"),
    "30": Later("the last 30 days"),
    CHOSEN: Later("days you choose"),
}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """What was asked for, as the address has it."""

    days: str = ""
    first: str = ""  # with chosen days: the first of them, as 2026-01-31
    last: str = ""  # and the last, which belongs to it
    version: str = ""  # a version's number

    @classmethod
    def of(cls, days: str, first: str, last: str, version: str) -> "Window":
        """What makes no sense counts as not said.

        >>> Window.of("soon", "2026-01-31", "yesterday", "3")
        Window(days='', first='2026-01-31', last='', version='3')
        """
        first, last = (day if _midnight(day) else "" for day in (first, last))
        return cls(days if days in PERIODS else "", first, last, version)

    def between(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """The window as [since, until); None where it is open.

        >>> Window("chosen", "2026-01-30", "2026-01-31").between(datetime.now(UTC))[1].isoformat()
        '2026-02-01T00:00:00+00:00'
        """
        if self.days == CHOSEN:
            last = _midnight(self.last)
            return _midnight(self.first), last + _DAY if last else None
        return (now - int(self.days) * _DAY if self.days else None), None

    def version_id(self, versions: list[ModelVersion]) -> str | None:
        return next((v.id for v in versions if str(v.number) == self.version), None)

    @property
    def query(self) -> dict[str, str]:
        """The parts of the address that say something."""
        chosen = {"from": self.first, "to": self.last} if self.days == CHOSEN else {}
        parts = {"days": self.days, **chosen, "version": self.version}
        return {name: value for name, value in parts.items() if value}


def _midnight(day: str) -> datetime | None:
    """Years that a calendar can go a day beyond only, as times are added to it."""
    try:
        at = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return at if 1970 <= at.year < 9999 else None
