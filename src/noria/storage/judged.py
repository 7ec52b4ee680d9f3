"""Captures as estimation sees them: what was drawn, what became of it, and when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CaptureOutcome(StrEnum):
    OPEN = "open"
    ANNOTATED = "annotated"
    KNOWN = "known"  # an exact copy of a sample that was annotated before the call
    SKIPPED = "skipped"
    UNSURE = "unsure"
    EXPIRED = "expired"
    EVICTED = "evicted"
    DELETED = "deleted"  # its sample, or the label that judged it, was deleted


BY_PEOPLE = frozenset({CaptureOutcome.ANNOTATED, CaptureOutcome.SKIPPED, CaptureOutcome.UNSURE})
"""Outcomes that somebody brought about in the queue; these move its bar."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One capture, settled or not."""

    id: str
    sample_id: str
    version_id: str | None  # the version that answered
    at: datetime
    arrived_at: datetime  # rho logged after this moment counts for its reach; at or just after `at`
    draw: float
    weight: float
    threshold: float
    key: float
    label_id: str  # the label that was answered
    confidence: float
    outcome: CaptureOutcome
    true_label_id: str | None
    settled_at: datetime | None
    lapsed_at: datetime | None  # when it expired or was evicted: its reach is frozen from here on
    passed_at: datetime | None = None  # when it began to be taken as skipped, as people left it lying

    @property
    def done(self) -> bool:
        """Whether estimates wait for it no longer."""
        return self.settled_at is not None or self.passed_at is not None

    @property
    def correct(self) -> bool | None:
        return None if self.true_label_id is None else self.true_label_id == self.label_id
