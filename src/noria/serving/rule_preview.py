"""What a user's rule would find, before it is kept: the last captured calls, asked its question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from noria.capture.call import Call
from noria.capture.expression import Expression, parsed
from noria.learning.arrays import FloatArray
from noria.serving.answers import BETWEEN_TAGS, NO_TAG
from noria.serving.live import LiveFunction, LiveFunctions
from noria.serving.outputs import must_have_labels
from noria.storage import CapturedCall, Storage

LAST = 500  # captured calls that are asked


@dataclass(frozen=True, slots=True)
class RuleMatches:
    """How often the rule would have held."""

    matches: int
    of: int  # captured calls that were asked
    traffic_share: float | None  # of all calls, estimated from these by 1/propensity; None without captures
    unknown_labels: tuple[str, ...]  # names in the rule that no label of the function has


class RulePreview:
    def __init__(self, storage: Storage, live: LiveFunctions) -> None:
        self._storage = storage
        self._live = live

    def check(self, function_id: str, text: str) -> RuleMatches:
        """Raises RuleUnreadable, FunctionNotFound, OnlySearches."""
        expression = parsed(text)
        live = self._live.peek(function_id) or self._live.refresh(function_id)
        must_have_labels(live.function)
        calls = self._storage.captures.latest(function_id, LAST)
        holds = np.array(
            [expression.holds(call) for call in self._as_calls(live, calls, expression)], dtype=bool
        )
        stands_for = np.array([1 / max(call.propensity, 1e-6) for call in calls])
        names = {label.name for label in live.labels}
        if live.function.tags:  # a rule sees them joined, see AnsweredCall.said
            names.add(NO_TAG)
        return RuleMatches(
            int(holds.sum()),
            len(calls),
            float(stands_for[holds].sum() / stands_for.sum()) if len(calls) else None,
            tuple(
                name
                for name in expression.labels
                if name not in names and not (live.function.tags and set(name.split(BETWEEN_TAGS)) <= names)
            ),
        )

    def _as_calls(
        self, live: LiveFunction, calls: Sequence[CapturedCall], expression: Expression
    ) -> list[Call]:
        """As they were then; but for the margin, which no row keeps: it is what the live model has for them now."""
        names = {label.id: label.name for label in live.labels}
        vectors = self._vectors(live, calls) if "margin" in expression.fields else {}
        return [_as_call(live, call, _said(call, names), vectors.get(call.sample_id)) for call in calls]

    def _vectors(self, live: LiveFunction, calls: Sequence[CapturedCall]) -> Mapping[str, FloatArray]:
        ids = list(dict.fromkeys(call.sample_id for call in calls))
        blobs = self._storage.samples.embeddings(live.function.id, ids)
        return {id: np.frombuffer(blob, dtype="<f4") for id, blob in blobs.items()}


def _said(call: CapturedCall, names: Mapping[str, str]) -> str:
    """The answer in a word, as rules see it."""
    if call.tags is None:
        return names.get(call.label_id, "")
    return BETWEEN_TAGS.join(names.get(id, "") for id in call.tags) or NO_TAG


def _as_call(live: LiveFunction, call: CapturedCall, label: str, vector: FloatArray | None) -> Call:
    """Two labels stand for all: the answered one with its confidence, and one that is as far behind as the margin says.

    Of tags they are "there" and "not there" of the least certain one.
    """
    second = min(1 - call.confidence, call.confidence)
    if call.tags is None and vector is not None and len(live.model.head.label_ids) > 1:
        two = np.sort(live.model.head.probabilities_of_one(vector))[-2:]
        second = max(0.0, call.confidence - float(two[1] - two[0]))
    pair = np.array([call.confidence, second])
    return Call(pair, ("", ""), metadata=call.metadata or {}, label=label, at=call.at)
