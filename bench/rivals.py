"""Other ways to spend annotations, as users of other tools have them; for `bench/capture.py`."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from noria.capture.budget import DAY_S
from noria.capture.call import Call
from noria.capture.queue import LOOK_ALIKE, QueueItem
from noria.replay.ways import Counts, Taken, Way, ways

BANDS = ((0.4, 1.0), (0.7, 0.5), (0.9, 0.1), (1.01, 0.02))
"""Confidence below, and the part of such calls that is taken: first match wins."""


class Bands:
    """Rules as in Roboflow's dataset upload: a band of confidence, a probability and a quota; the first match wins."""

    def __init__(self, captures_per_round: float) -> None:
        self._quota = captures_per_round / len(BANDS)
        self._round, self._taken = -1, [0] * len(BANDS)

    def taken(self, call: Call, counts: Counts, now_s: float, draw: float) -> Taken | None:
        if int(now_s // DAY_S) != self._round:
            self._round, self._taken = int(now_s // DAY_S), [0] * len(BANDS)
        confidence = float(call.probabilities.max())
        band = next(i for i, (below, _) in enumerate(BANDS) if confidence < below)
        if self._taken[band] >= self._quota or draw >= BANDS[band][1]:
            return None
        self._taken[band] += 1
        return Taken(now_s, BANDS[band][1])


class All:
    """Every call, for ways that choose from the whole round at once, as no policy in a request can."""

    def __init__(self, captures_per_round: float) -> None:
        pass

    def taken(self, call: Call, counts: Counts, now_s: float, draw: float) -> Taken | None:
        return Taken(draw, 1.0)


class ActiveStream:
    """A budget manager of scikit-activeml over how unsure each call is, fed as its stream strategies feed it."""

    def __init__(
        self, manager: type, told: Sequence[str], calls_per_round: float, captures_per_round: float
    ) -> None:
        self._manager = manager(budget=captures_per_round / calls_per_round)
        self._told = told

    def taken(self, call: Call, counts: Counts, now_s: float, draw: float) -> Taken | None:
        utilities = np.array([1 - float(call.probabilities.max())])
        chosen = self._manager.query_by_utility(utilities)
        more = {"utilities": utilities} if "utilities" in self._told else {}
        self._manager.update(utilities[:, None], np.array(chosen, dtype=int), **more)
        return Taken(now_s, 1.0) if len(chosen) else None


def smallest_margin(
    items: Sequence[QueueItem], counts: Mapping[str, float], n_served: int
) -> Sequence[QueueItem]:
    """The round's closest calls, none that looks like one before it."""
    vectors = {item.sample_id: item.embedding / np.linalg.norm(item.embedding) for item in items}
    order = sorted(items, key=lambda item: item.margin)
    chosen: list[QueueItem] = []
    for item in order[:500]:
        vector = vectors[item.sample_id]
        if all(float(vector @ vectors[other.sample_id]) <= LOOK_ALIKE for other in chosen):
            chosen.append(item)
    return chosen


def least_confident(
    items: Sequence[QueueItem], counts: Mapping[str, float], n_served: int
) -> Sequence[QueueItem]:
    """Uncertainty sampling from a pool, as modAL's and small-text's default strategies rank it."""
    return sorted(items, key=lambda item: item.confidence)


def rivals(calls_per_round: float) -> dict[str, Way]:
    """By name, with what `noria replay` has among them."""
    known = dict(ways())
    known["confidence bands"] = Way(Bands)
    known["least confident of the round"] = Way(All, least_confident)
    known["smallest margin of the round"] = Way(All, smallest_margin)
    for name, (manager, told) in _managers().items():
        capturer = partial(ActiveStream, manager, told, calls_per_round)
        known[name] = Way(capturer, captured_per_annotated=1.0)
    return known


def _managers() -> dict[str, tuple[type, Sequence[str]]]:
    """Budget managers by name, and what their `update` is told beside the candidates; none without the package."""
    try:
        from skactiveml.stream import budgetmanager
    except ImportError:
        return {}
    return {
        "scikit-activeml: quantile filter": (budgetmanager.BalancedIncrementalQuantileFilter, ("utilities",)),
        "scikit-activeml: variable uncertainty": (budgetmanager.VariableUncertaintyBudgetManager, ()),
    }
