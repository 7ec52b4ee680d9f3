"""Simulated traffic of which the truth is known, drawn with uneven propensities."""

from dataclasses import dataclass

import numpy as np

from noria.estimate.accuracy import CountedLabel
from noria.estimate.sums import BinSums, LabelSums, TrafficSums

N_BINS = 20
LABELS = ("a", "b", "c", "d")
_PRIOR = (0.5, 0.3, 0.15, 0.05)


@dataclass(frozen=True)
class Traffic:
    """Calls with the confidence and label that were answered, their true label, and which were known before."""

    confidence: np.ndarray
    predicted: np.ndarray
    true: np.ndarray
    known: np.ndarray
    propensity: np.ndarray

    @classmethod
    def simulated(
        cls, rng: np.random.Generator, n: int = 8_000, wanted: int = 300, known: float = 0.1
    ) -> "Traffic":
        """A model that is a little too sure; unsure calls are drawn far more often, and most copies are easy."""
        true = rng.choice(LABELS, n, p=_PRIOR)
        chance = rng.beta(3, 1, n)
        wrong = rng.choice(LABELS, n)
        predicted = np.where(rng.random(n) < chance, true, wrong)
        confidence = np.clip(chance**0.8, 0.05, 0.999)
        copies = rng.random(n) < 2 * known * chance**2
        weight = 0.2 + 2 * (1 - confidence)
        propensity = np.minimum(1.0, weight * wanted / weight[~copies].sum())
        return cls(confidence, predicted, true, copies, propensity)

    @property
    def correct(self) -> np.ndarray:
        return self.predicted == self.true

    def labels(self, rng: np.random.Generator) -> list[CountedLabel]:
        """One draw of the calls that nobody knew."""
        hit = np.flatnonzero((rng.random(len(self.true)) < self.propensity) & ~self.known)
        return [
            CountedLabel(
                bool(self.predicted[i] == self.true[i]),
                str(self.predicted[i]),
                str(self.true[i]),
                float(self.confidence[i]),
                float(self.propensity[i]),
                0.0,
            )
            for i in hit
        ]

    def sums(self) -> TrafficSums:
        place = np.minimum((self.confidence * N_BINS).astype(int), N_BINS - 1)
        right = self.known & self.correct
        return TrafficSums(
            n=len(self.true),
            confidence=float(self.confidence.sum()),
            known_n=int(self.known.sum()),
            known_correct=int(right.sum()),
            known_confidence=float(self.confidence[self.known].sum()),
            by_label={k: self._of(k) for k in LABELS},
            known_pairs={
                (t, p): int((self.known & (self.true == t) & (self.predicted == p)).sum())
                for t in LABELS
                for p in LABELS
            },
            bins=tuple(
                BinSums(
                    int((place == k).sum()),
                    int((self.known & (place == k)).sum()),
                    int((right & (place == k)).sum()),
                )
                for k in range(N_BINS)
            ),
        )

    def _of(self, label: str) -> LabelSums:
        answered, is_it = self.predicted == label, self.true == label
        return LabelSums(
            n=int(answered.sum()),
            known_n=int((answered & self.known).sum()),
            known_correct=int((answered & is_it & self.known).sum()),
            true_known=int((is_it & self.known).sum()),
        )


def least(runs: int, level: float = 0.95) -> float:
    """The coverage below which intervals of this level stay in one of a hundred such simulations."""
    return level - 2.33 * float(np.sqrt(level * (1 - level) / runs))
