"""A capture: the record of one invoke that the policy drew, with everything estimation needs later."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from noria.records.content import Content
from noria.records.tags import TagsAnswer


class CaptureReason(StrEnum):
    """Why a call was captured; reasons of outside rules are plain strings beside these."""

    RANDOM = "Random"
    LOW_CONFIDENCE = "LowConfidence"
    RARE_CLASS = "RareClass"
    NOVEL = "Novel"
    DISAGREEMENT = "Disagreement"
    DRIFT = "Drift"
    RULE = "Rule"
    FEEDBACK = "Feedback"
    MANUAL = "Manual"
    MISLABELLED = "Mislabelled"


@dataclass(frozen=True, slots=True)
class CaptureDecision:
    """Outcome of the one draw that an invoke gets (Poisson sampling, [Ohlsson1995])."""

    draw: float  # u, uniform in [0, 1), kept for good
    weight: float  # w, the sum of the parts, capped; about 1 on average
    threshold: float  # tau, from past traffic only
    parts: Mapping[str, float]  # what each rule put into w, by reason
    rules: tuple[str, ...] = ()  # names of the user's rules that held; looked up for captured calls only

    @property
    def captured(self) -> bool:
        return self.draw < self.weight * self.threshold

    @property
    def propensity(self) -> float:
        """Probability, in [0, 1], with which this call was to be captured."""
        return min(1.0, self.weight * self.threshold)

    @property
    def key(self) -> float:
        """s = u / w, the statistical key, frozen here; the queue's blind turns follow it."""
        return self.draw / self.weight if self.weight > 0 else math.inf

    @property
    def reasons(self) -> tuple[str, ...]:
        """Reasons with a part in w, strongest first."""
        return tuple(sorted((r for r, part in self.parts.items() if part > 0), key=lambda r: -self.parts[r]))


@dataclass(frozen=True, slots=True)
class Capture:
    """A stored capture row."""

    id: str
    function_id: str
    sample_id: str
    version_id: str | None
    at: datetime
    draw: float
    weight: float
    threshold: float
    key: float
    parts: Mapping[str, float]
    label_id: str  # the label that was answered; of tags, the one that was least certain
    confidence: float  # in that answer; of tags, that the tag is there, or that it is not
    rules: tuple[str, ...] = ()  # names of the user's rules that held


@dataclass(frozen=True, slots=True)
class NewCapture:
    """A drawn call on its way to the storage: `sample_id` is a proposal, an exact copy keeps its first id."""

    id: str
    function_id: str
    sample_id: str
    content: Content
    embedding: bytes  # as a sample's
    version_id: str | None
    at: datetime
    decision: CaptureDecision
    label_id: str
    confidence: float
    external_id: str | None = None
    metadata: dict[str, str] | None = None
    cell: int | None = None  # of its embedding, where the function has cells
    tags: TagsAnswer | None = None  # of a tags function

    @property
    def digest(self) -> bytes:
        return self.content.digest
