"""An opinion: what a person said of a sample beside, or before, its annotation."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OpinionKind(StrEnum):
    FIRST = "first"  # an answer in the queue, and how the item was met; it became the annotation
    SECOND = "second"  # of another person, on what somebody had answered
    KNOWN = "known"  # on a sample whose answer was sure


class Said(StrEnum):
    LABEL = "label"
    SKIPPED = "skipped"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Met:
    """How a person met the item that they answered first."""

    blind: bool | None = None  # whether the model's answer was kept back; None: not known
    suggested_label_id: str | None = None  # the live model's answer at that time, shown or kept back
    confidence: float | None = None  # in it, in [0, 1]
    overlaps: bool = False  # it is one of the share that a second person is asked about
    asks: bool = False  # the person asked for another pair of eyes


@dataclass(frozen=True, slots=True)
class Opinion:
    """One opinion that was given. Only a first one moves the annotation."""

    sample_id: str
    kind: OpinionKind
    by: str
    at: datetime
    said: Said
    label_id: str | None  # None where no label was said
    other_by: str | None = None  # of a second: who had answered first
    other_label_id: str | None = None  # … and with what; of a known one, the sure answer
    by_hand: bool = False  # of a second: somebody asked for it, the share did not
    settled_by: str | None = None  # of a second: whose word ended the disagreement
    settled_at: datetime | None = None
    settled_label_id: str | None = None

    @property
    def agrees(self) -> bool:
        return self.label_id is not None and self.label_id == self.other_label_id
