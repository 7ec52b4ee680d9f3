"""Ways to spend annotations on a stream: our policy and its rivals, behind one protocol."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from noria.capture.budget import DAY_S, BudgetController
from noria.capture.call import Call, CaptureState
from noria.capture.policy import Policy, decide
from noria.capture.queue import QueueItem, serve_order, work_priority
from noria.capture.traffic import TrafficMeans
from noria.records.capture import CaptureDecision, CaptureReason
from noria.records.function import CaptureSettings

Counts = npt.NDArray[np.float64]
FIXED_CONFIDENCE = 0.5  # what the way "confidence" captures below


@dataclass(frozen=True, slots=True)
class Taken:
    """A call that was captured."""

    key: float  # the statistical key u/w, or what else the queue is to follow
    propensity: float  # in (0, 1]
    reason: str = ""  # the strongest
    decision: CaptureDecision | None = None  # None: nothing was drawn, so nothing can be estimated from it


class Capturer(Protocol):
    """Sees every call once, in order, and keeps what it needs to know of those before."""

    def taken(self, call: Call, counts: Counts, now_s: float, draw: float) -> Taken | None:
        """What the books keep of the call if it is captured.

        counts: (n_labels,), annotated samples.   now_s: seconds, a day a round.   draw: uniform in [0, 1).
        """


Order = Callable[[Sequence[QueueItem], Mapping[str, float], int], Sequence[QueueItem]]
"""Open items, annotated samples by label and how many items were served before -> the order to serve."""


def by_key(items: Sequence[QueueItem], counts: Mapping[str, float], n_served: int) -> Sequence[QueueItem]:
    """The smallest key first."""
    return sorted(items, key=lambda item: item.key)


def as_served(
    items: Sequence[QueueItem], counts: Mapping[str, float], n_served: int, *, blind_every: int
) -> Sequence[QueueItem]:
    """As the dashboard serves them."""
    return [turn.item for turn in serve_order(work_priority(items, counts), n_served, blind_every)]


@dataclass(frozen=True, slots=True)
class Way:
    """Who captures, how much, and in which order that is worked off."""

    capturer: Callable[[float], Capturer]  # given the captures that a round is meant to bring
    order: Order = by_key
    captured_per_annotated: float = 2.0  # the queue offers a choice
    draws: bool = False  # with probabilities known beforehand, so that accuracy can be estimated


class PolicyCapturer:
    """Decides as a server would: policy, running means and budget."""

    def __init__(self, shares: Mapping[str, float], captures_per_round: float) -> None:
        self.policy = Policy.of(shares)
        self.means = TrafficMeans()
        self.budget = BudgetController(captures_per_round, 0.0)
        self.reasons = tuple(rule.reason for rule, _ in self.policy.rules)

    def taken(self, call: Call, counts: Counts, now_s: float, draw: float) -> Taken | None:
        state = CaptureState(counts, self.means.means(self.reasons), self.means.recent())
        outcome = decide(call, state, self.policy, self.budget.threshold(now_s), draw)
        self.means.observe(outcome.scores)
        self.budget.observe(now_s, outcome.weight, outcome.captured)
        if not outcome.captured:
            return None
        return Taken(outcome.key, outcome.propensity, outcome.reasons[0], outcome)


class FixedConfidence:
    """Captures what is below a fixed confidence, first come, until the round's budget is spent."""

    def __init__(self, captures_per_round: float) -> None:
        self._per_round = captures_per_round
        self._round, self._taken = -1, 0

    def taken(self, call: Call, counts: Counts, now_s: float, draw: float) -> Taken | None:
        if int(now_s // DAY_S) != self._round:
            self._round, self._taken = int(now_s // DAY_S), 0
        if float(call.probabilities.max()) >= FIXED_CONFIDENCE or self._taken >= self._per_round:
            return None
        self._taken += 1
        return Taken(now_s, 1.0, CaptureReason.LOW_CONFIDENCE.value)


def ways(settings: CaptureSettings | None = None) -> dict[str, Way]:
    """Those that `noria replay` knows, by name; `noria` follows the settings."""
    settings = settings or CaptureSettings()
    return {
        "noria": Way(
            partial(PolicyCapturer, settings.shares),
            partial(as_served, blind_every=settings.blind_every),
            draws=True,
        ),
        "random": Way(partial(PolicyCapturer, {CaptureReason.RANDOM.value: 1.0}), draws=True),
        "confidence": Way(FixedConfidence),
    }


POLICIES = tuple(ways())
