"""Sums over all invokes of a period, captured or not: the population that the counted labels stand for."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LabelSums:
    """Sums over the calls that were answered with one label; `true_known` over those known to be of it."""

    n: float = 0.0
    confidence: float = 0.0
    confidence_sq: float = 0.0
    known_n: float = 0.0  # exact copies of samples annotated before the call
    known_correct: float = 0.0
    true_known: float = 0.0  # calls known to be of this label, whatever was answered
    probability: float = 0.0  # Σ p of this label over all calls


@dataclass(frozen=True, slots=True)
class BinSums:
    """Sums over the calls whose confidence lies in one of equally wide bins over [0, 1]."""

    n: float = 0.0
    known_n: float = 0.0  # exact copies of samples annotated before the call
    known_correct: float = 0.0

    @property
    def unknown_n(self) -> float:
        return max(0.0, self.n - self.known_n)

    def __add__(self, other: "BinSums") -> "BinSums":
        return BinSums(
            self.n + other.n, self.known_n + other.known_n, self.known_correct + other.known_correct
        )


@dataclass(frozen=True, slots=True)
class TrafficSums:
    """Sums over all calls of a period, in all and by answered label id."""

    n: float = 0.0
    confidence: float = 0.0  # Σ confidence
    confidence_sq: float = 0.0  # Σ confidence²
    known_n: float = 0.0  # exact copies of samples annotated before the call: certain, π = 1
    known_correct: float = 0.0
    known_confidence: float = 0.0
    by_label: Mapping[str, LabelSums] = field(default_factory=dict)
    known_pairs: Mapping[tuple[str, str], float] = field(
        default_factory=dict
    )  # (true, answered), of the known
    bins: tuple[BinSums, ...] = ()  # by confidence of the answer, from 0 to 1; empty where it was not kept

    @property
    def unknown_n(self) -> float:
        """Calls whose correctness only the counted labels can tell."""
        return max(0.0, self.n - self.known_n)

    @property
    def unknown_confidence(self) -> float | None:
        """Mean confidence of those calls; None without any, or where it was not summed up."""
        if self.unknown_n <= 0 or self.confidence <= 0 or (self.known_n > 0 and self.known_confidence <= 0):
            return None
        return min(1.0, max(0.0, self.confidence - self.known_confidence) / self.unknown_n)

    @property
    def expected_accuracy(self) -> float | None:
        """The label-free expectation: mean confidence of what was answered. None without traffic."""
        return self.confidence / self.n if self.n > 0 else None

    def answered_share(self, label_id: str) -> float | None:
        """Of the calls whose correctness is not known, the share answered with a label; None if not summed by label."""
        unknown = sum(max(0.0, label.n - label.known_n) for label in self.by_label.values())
        if unknown <= 0:
            return None
        mine = self.by_label.get(label_id, LabelSums())
        return max(0.0, mine.n - mine.known_n) / unknown
