"""What a capture rule gets to see: the call at hand, and slow-moving state from past traffic only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from noria.errors import TooFewLabels

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Likest:
    """The sample most like a call, of those that are annotated or wait to be."""

    similarity: float  # cosine of the embeddings around the head's centre, in [-1, 1]
    label_id: str | None = None  # None: waits for its annotation


def like_nothing() -> None:
    """What a call is compared with where there are no samples yet."""


@dataclass(frozen=True)
class Call:
    """One invoke, answered and not yet decided on."""

    probabilities: npt.NDArray[np.floating]  # (n_labels,), calibrated, in [0, 1], sum to 1
    label_ids: tuple[str, ...]  # (n_labels,), the order of the probabilities
    embedding: npt.NDArray[np.floating] | None = None  # (n_dimensions,)
    metadata: Mapping[str, str] = field(default_factory=dict)
    compare: Callable[[], Likest | None] = (
        like_nothing  # asked once, if at all: it costs more than all rules together
    )
    label: str = ""  # the name of the label that was answered
    at: datetime | None = None  # when the call came, in UTC

    @cached_property
    def likest(self) -> Likest | None:
        """The sample most like this call; None while there is none, or it is not known yet."""
        return self.compare()

    @cached_property
    def two_largest(self) -> tuple[float, float]:
        """The largest and the second largest probability. Raises TooFewLabels for fewer than two."""
        k = len(self.probabilities)
        if k < 2:
            raise TooFewLabels(labels=k)
        ordered = self.probabilities.copy()
        ordered.partition(k - 2)
        return float(ordered[-1]), float(ordered[-2])

    @cached_property
    def confidence(self) -> float:
        """The largest probability."""
        return float(self.probabilities.max()) if len(self.probabilities) < 2 else self.two_largest[0]

    @cached_property
    def margin(self) -> float:
        """Gap between the two likeliest labels, in [0, 1]; the confidence itself where there is one label."""
        if len(self.probabilities) < 2:
            return self.confidence
        first, second = self.two_largest
        return first - second


class Asks(Protocol):
    """A question about a call, such as a user's rule."""

    @property
    def name(self) -> str: ...

    def holds(self, call: Call) -> bool: ...


@dataclass(frozen=True, slots=True)
class CaptureState:
    """What is known before the call. Nothing here may depend on the call's own draw."""

    label_counts: Array  # (n_labels,), annotated samples of each label, in the call's label order
    mean_scores: Mapping[str, float] = field(default_factory=dict)  # by reason, see `TrafficMeans`
    recent_scores: Mapping[str, float] = field(default_factory=dict)  # of the latest calls only, by reason
    rules: tuple[Asks, ...] = ()  # the function's own, written by its users
