"""What a server would have stored of a replayed stream, and the live accuracy that it would have shown.

Rows are those of the storage and the figures those of the dashboard, made by the same code: only the clock is the
replay's own. A round is a day; its calls come until evening, and then people work off the queue.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from noria.capture.budget import DAY_S
from noria.estimate.accuracy import LiveAccuracy, live_accuracy
from noria.records.capture import CaptureDecision
from noria.serving.figures import counted_labels, covered_until, traffic_sums
from noria.storage import CaptureOutcome, Judged
from noria.storage.tally import Tally

_EVENING = 0.9  # of a round: its calls come before, the annotations after
_FUNCTION = "replayed"


@dataclass(frozen=True, slots=True)
class Moment:
    """The live accuracy shown after a round, and what it was an estimate of."""

    round: int  # from 1
    calls: int  # so far
    shown: LiveAccuracy | None  # None: captured by a way without draws, so nothing can be estimated
    truth: float  # share of the calls it covers that were answered rightly, in [0, 1]


@dataclass(slots=True)
class Books:
    """Captures, sums over all calls and the log of the queue's bar, of one replay."""

    _tally: Tally = field(default_factory=Tally)
    _judged: dict[str, list[Judged]] = field(default_factory=dict)  # by content
    _waiting: dict[str, float] = field(default_factory=dict)  # smallest key of an open item, by content
    _log: list[tuple[datetime, float]] = field(default_factory=list)
    _calls: list[tuple[datetime, bool]] = field(
        default_factory=list
    )  # when, and whether the answer was right

    def called(
        self,
        at: datetime,
        label_ids: tuple[str, ...],
        probabilities: npt.NDArray[np.floating],
        true_label: str,
        known: bool,
    ) -> None:
        """Count a call. known: it is an exact copy of a sample annotated before."""
        best = int(probabilities.argmax())
        self._tally.count(_FUNCTION, at, None, label_ids, probabilities, best, true_label if known else None)
        self._calls.append((at, label_ids[best] == true_label))

    def captured(
        self, at: datetime, content: str, decision: CaptureDecision | None, label_id: str, confidence: float
    ) -> None:
        """Store a capture, with the answer that the call got; one that was not drawn says nothing of other calls."""
        if decision is None:
            return
        row = Judged(
            id=str(len(self._calls)), sample_id=content, version_id=None, at=at, arrived_at=at,
            draw=decision.draw, weight=decision.weight, threshold=decision.threshold, key=decision.key,
            label_id=label_id, confidence=confidence,
            outcome=CaptureOutcome.OPEN, true_label_id=None, settled_at=None, lapsed_at=None,
        )  # fmt: skip
        self._judged.setdefault(content, []).append(row)
        self._waiting[content] = min(decision.key, self._waiting.get(content, math.inf))

    def annotated(self, at: datetime, content: str, label_id: str) -> None:
        """Settle all captures of a sample, and log the smallest key that still waits."""
        self._waiting.pop(content, None)
        self._judged[content] = [
            replace(row, outcome=CaptureOutcome.ANNOTATED, true_label_id=label_id, settled_at=at)
            for row in self._judged.get(content, ())
        ]
        self._log.append((at, min(self._waiting.values(), default=math.inf)))

    def moment(self, number: int, drawn: bool = True) -> Moment:
        """What the function would show after this round, for all calls since its beginning.

        drawn: whether captures were, so that there is something to estimate from.
        """
        judged = [row for rows in self._judged.values() for row in rows]
        last = max((row.at for row in judged if row.settled_at is not None), default=None)
        covered = covered_until(last or self._calls[-1][0])
        right = [is_right for at, is_right in self._calls if at < covered]
        shown = self._shown(judged, last, covered) if drawn else None
        return Moment(number, len(self._calls), shown, float(np.mean(right)))

    def _shown(self, judged: Sequence[Judged], last: datetime | None, covered: datetime) -> LiveAccuracy:
        until = covered.timestamp() // 3600
        sums = traffic_sums(
            [row for row in self._tally.sums() if row.hour < until],
            [row for row in self._tally.traffic() if row.hour < until],
            [row for row in self._tally.known() if row.hour < until],
        )
        settlements = [(row.settled_at, row.key) for row in judged if row.settled_at is not None]
        counted, lost = counted_labels(judged, self._log, (), settlements)
        return live_accuracy(counted, sums, lost, last.timestamp() if last else None)


def time_of_call(number: int, place: float) -> datetime:
    """When a call of a round comes. number: from 0.   place: in [0, 1), how far into the round."""
    return datetime.fromtimestamp((number + place * _EVENING) * DAY_S, UTC)


def time_of_annotation(number: int, place: float) -> datetime:
    """When an annotation is given at the end of a round; after its calls, and before those of the next."""
    return datetime.fromtimestamp((number + _EVENING + place * (1 - _EVENING) * 0.99) * DAY_S, UTC)
