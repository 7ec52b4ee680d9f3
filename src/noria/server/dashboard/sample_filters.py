"""What the list of samples can be narrowed to, as its address says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from noria.records.capture import CaptureReason
from noria.records.sample import Origin
from noria.server.dashboard.languages import Later
from noria.storage import SampleFilter

_SEARCHED = 1000  # characters of what was typed; the database has a limit of its own
_HOUR, _DAY = "%Y-%m-%dT%HZ", "%Y-%m-%d"

SHOWN = {
    "": Later("All samples"),
    "unlabelled": Later("Without a label"),
    "labelled": Later("With a label"),
    "disagree": Later("Model says otherwise"),
    "captured": Later("Captured from traffic"),
}
ORIGINS = {
    Origin.API: Later("by API"),
    Origin.UPLOAD: Later("uploaded"),
    Origin.INVOKE_CAPTURE: Later("captured"),
    Origin.FEEDBACK: Later("by feedback"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the samples; links from Metrics lead to parts of traffic, by what the live version answers."""

    predicted: str = ""  # id of the answered label
    above: float | None = None  # confidence, at least, in [0, 1]
    below: float | None = None
    since: datetime | None = None
    until: datetime | None = None  # before it
    origin: str = ""
    reason: str = ""  # the strongest of any of its captures
    by: str = ""  # who labelled it
    noted: bool = False
    cell: int | None = None  # that the embedding lies in

    @classmethod
    def of(cls, given: Mapping[str, Any], tags: bool = False) -> "Part":
        """What makes no sense counts as not said.

        given: parts of an address, or of a form, where confidences may be percent.   tags: whether the function gives
        tags, whose answers are no column to look for.

        >>> Part.of({"since": "2026-01-31T12Z", "above": "0.8", "below": "much", "until": "2026-02-01"}).query
        {'above': '0.8', 'since': '2026-01-31T12Z', 'until': '2026-02-01'}
        >>> Part.of({"from": "60", "to": "100", "origin": "Mars", "noted": "yes"}).query
        {'above': '0.6', 'noted': 'yes'}
        """
        said = {name: str(value).strip() for name, value in given.items()}
        above, below = (_share(said, name, form) for name, form in (("above", "from"), ("below", "to")))
        return cls(
            predicted="" if tags else said.get("predicted", ""),
            above=None if tags or not above else above,
            below=None if tags or below == 1 else below,
            since=_moment(said.get("since", "")),
            until=_moment(said.get("until", "")),
            origin=_one_of(Origin, said.get("origin", "")),
            reason=_one_of(CaptureReason, said.get("reason", "")),
            by=said.get("by", "")[:_SEARCHED],
            noted=bool(said.get("noted")),
            cell=_cell(said.get("cell", "")),
        )

    @property
    def query(self) -> dict[str, str]:
        """The parts of the address that say something."""
        parts = {
            "predicted": self.predicted,
            "above": "" if self.above is None else f"{self.above:g}",
            "below": "" if self.below is None else f"{self.below:g}",
            "since": _written(self.since),
            "until": _written(self.until),
            "origin": self.origin,
            "reason": self.reason,
            "by": self.by,
            "noted": "yes" if self.noted else "",
            "cell": "" if self.cell is None else str(self.cell),
        }
        return {name: value for name, value in parts.items() if value}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """All that the list was narrowed to."""

    label: str = ""
    show: str = ""
    q: str = ""
    part: Part = Part()

    @classmethod
    def of(cls, given: Mapping[str, Any], tags: bool = False) -> "Narrowed":
        label, show, q = (str(given.get(name, "")) for name in ("label", "show", "q"))
        return cls(label, "" if tags and show == "disagree" else show, q, Part.of(given, tags))

    @property
    def query(self) -> dict[str, str]:
        return {"label": self.label, "show": self.show, "q": self.q, **self.part.query}

    @property
    def filter(self) -> SampleFilter:
        part = self.part
        captured = self.show == "captured" or part.origin == Origin.INVOKE_CAPTURE
        return SampleFilter(
            prediction_label_id=part.predicted or None,
            prediction_confidence_from=part.above,
            prediction_confidence_below=part.below,
            created_after=part.since,
            created_before=part.until,
            capture_reason=part.reason or None,
            annotated_by=part.by or None,
            noted=part.noted or None,
            cell=part.cell,
            annotation_label_id=self.label or None,
            annotated={"unlabelled": False, "labelled": True}.get(self.show),
            prediction_and_annotation_agree=False if self.show == "disagree" else None,
            origin=Origin.INVOKE_CAPTURE if captured else Origin(part.origin) if part.origin else None,
            search_text=self.q.strip()[:_SEARCHED] or None,
        )


def _moment(given: str) -> datetime | None:
    for form in (_HOUR, _DAY):
        try:
            return datetime.strptime(given, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _written(at: datetime | None) -> str:
    if at is None:
        return ""
    return at.strftime(_DAY if at.hour == 0 else _HOUR)


def _share(said: Mapping[str, str], name: str, in_percent: str) -> float | None:
    try:
        share = float(said[name]) if said.get(name) else float(said.get(in_percent, "")) / 100
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None


def _one_of(kinds: Any, given: str) -> str:
    return given if given in {kind.value for kind in kinds} else ""


def _cell(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
