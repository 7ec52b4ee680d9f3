"""Calls of earlier days that were captured, and labelled by people: one in ten, among calls in the hourly sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from noria.encoders.hashing import HashingEncoder
from noria.records.capture import CaptureDecision, NewCapture
from noria.records.ids import new_id
from noria.records.sample import AnnotationSource
from noria.serving.intake import text_content
from noria.storage import CaptureBatch, Storage, SumsRow, TrafficRow

PROPENSITY = 0.1


@dataclass(frozen=True, slots=True)
class Said:
    """What was answered to a call, and what a person says it is; None: nobody has looked yet."""

    at: datetime
    answered: str  # label ids
    true: str | None
    version_id: str | None = None
    confidence: float = 0.9


def label_past(storage: Storage, function_id: str, said: Sequence[Said]) -> None:
    rng = np.random.default_rng(3)
    captures, sums, traffic = [], [], []
    for i, call in enumerate(said):
        decision = CaptureDecision(float(rng.random()) * PROPENSITY, 1.0, PROPENSITY, {"Random": 1.0})
        text = f"call number {i} of {function_id}"
        captures.append(
            NewCapture(
                new_id("capture"), function_id, new_id("sample"), text_content(text),
                HashingEncoder().embed([text])[0].tobytes(), call.version_id, call.at, decision,
                call.answered, call.confidence,
            )
        )  # fmt: skip
        hour, n, sure = int(call.at.timestamp() // 3600), round(1 / PROPENSITY), call.confidence
        bins = [0] * 20
        bins[min(19, int(sure * 20))] = n
        sums.append(
            SumsRow(
                function_id, hour, call.version_id, call.answered, n, n * sure, n * sure**2, n * sure,
                tuple(bins),
            )
        )  # fmt: skip
        traffic.append(TrafficRow(function_id, hour, call.version_id, n=n))
    ids = storage.captures.commit(CaptureBatch(captures=tuple(captures), sums=sums, traffic=traffic))
    for id, call in zip(ids, said, strict=True):
        if call.true is not None:
            storage.annotations.set(
                function_id, id, call.true, "ada", AnnotationSource.QUEUE, captures[-1].at
            )
