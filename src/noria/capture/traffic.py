"""Running means of every rule's score over past traffic: what makes a share a share."""

from collections.abc import Mapping
from typing import Any

WINDOW = 2000.0  # calls; what is older fades, so that the means follow a model that learns
RECENT = 100.0  # calls; the memory that notices when most of them have become worth a look
RECENT_PRIOR = 10.0  # calls that the longer mean is worth at its start
PRIOR_CALLS = 50.0  # the first calls are weighed against this many of the prior score
PRIOR_SCORE = 0.35


class TrafficMeans:
    """The means m_r, updated after each decision, so that a decision never sees its own call.

    Kept as fading sums: two processes' means merge by adding, and a label that comes or goes needs nothing.
    """

    def __init__(self) -> None:
        self._sums: dict[str, tuple[float, float]] = {}  # by reason: fading number of calls and sum of scores
        self._recent: dict[
            str, tuple[float, float]
        ] = {}  # calls and mean; not saved, a restart begins it anew

    def means(self, reasons: tuple[str, ...] = ()) -> dict[str, float]:
        """m_r by reason, for `CaptureState.mean_scores`; of those asked for too, when never seen."""
        unseen = dict.fromkeys(reasons, PRIOR_SCORE)
        return unseen | {reason: _mean(calls, total) for reason, (calls, total) in self._sums.items()}

    def recent(self) -> dict[str, float]:
        """The mean score of the latest calls by reason, for `CaptureState.recent_scores`."""
        return {reason: mean for reason, (_, mean) in self._recent.items()}

    def observe(self, scores: Mapping[str, float]) -> None:
        """Take in the scores of one decided call (`Outcome.scores`)."""
        keep = 1 - 1 / WINDOW
        for reason, score in scores.items():
            calls, total = self._sums.get(reason, (0.0, 0.0))
            n, recent = self._recent.get(reason, (RECENT_PRIOR, _mean(calls, total)))
            n = min(n + 1, RECENT)
            self._recent[reason] = (n, recent + (score - recent) / n)
            self._sums[reason] = (calls * keep + 1, total * keep + score)

    def forget(self, reason: str) -> None:
        """Begin anew with a reason that means something else from now on."""
        self._sums.pop(reason, None)
        self._recent.pop(reason, None)

    def merge(self, other: "TrafficMeans") -> None:
        """Take in what another process saw; the older half fades first when both are full."""
        for reason, (calls, total) in other._sums.items():
            mine, my_total = self._sums.get(reason, (0.0, 0.0))
            shrink = min(1.0, WINDOW / (mine + calls)) if mine + calls else 1.0
            self._sums[reason] = ((mine + calls) * shrink, (my_total + total) * shrink)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {reason: [calls, total] for reason, (calls, total) in self._sums.items()}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> "TrafficMeans":
        means = cls()
        means._sums = {reason: (float(calls), float(total)) for reason, (calls, total) in state.items()}
        return means


def _mean(calls: float, total: float) -> float:
    return (total + PRIOR_CALLS * PRIOR_SCORE) / (calls + PRIOR_CALLS)
