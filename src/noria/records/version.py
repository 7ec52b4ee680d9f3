"""A model version: trained, immutable, listed for good with its scores and the gate's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class GateOutcome(StrEnum):
    PROMOTED = "promoted"
    KEPT_BACK = "kept back"
    WAITING = "waiting"  # the gate would have promoted it, but another one is pinned


@dataclass(frozen=True, slots=True)
class ModelVersion:
    id: str
    function_id: str
    number: int  # 1, 2, 3 … within the function
    created_at: datetime
    trained_seq: int  # the function's wanted_seq that the training set covers
    encoder: str  # name and checksum; embeddings of different encoders never mix
    n_samples: int
    n_labels: int
    outcome: GateOutcome
    reason: str  # the gate's words, for people
    scores: Mapping[str, float]  # cross-validated accuracy and friends; see docs/reference
    train_seconds: float


@dataclass(frozen=True, slots=True)
class TaggedSample:
    """What training needs of a sample with tags."""

    id: str
    digest: bytes
    tags: Mapping[str, bool]  # present or absent by label id; of other labels nothing was said
    weight: float = 1.0  # 1 / propensity for captured ones, 1 for those that people brought
    captured: bool = False


@dataclass(frozen=True, slots=True)
class TrainingSample:
    """What training needs of an annotated sample."""

    id: str
    seq: int
    label_id: str
    digest: bytes
    weight: float  # 1 / propensity for captured ones, 1 for those that people brought
    captured: bool
