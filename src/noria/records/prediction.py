"""A prediction: what a model version answers for one sample."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prediction:
    label_id: str
    confidence: float  # calibrated, in [0, 1]
    version_id: str | None = None  # None: zero-shot
