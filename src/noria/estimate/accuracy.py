"""Live accuracy: how often the answers to real traffic were right, with a 95 % interval.

Weighted means over the counted labels (Hájek [Hajek1971]) stand for the calls nobody looked at, corrected by the
confidences of all calls where that surely helps; exact copies of samples annotated before the call are known, and
are a stratum of their own that needs no estimate.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from noria.estimate.difference import balanced, corrected
from noria.estimate.hajek import Share, effective, share, surely
from noria.estimate.response import Unanswered, adjusted, band
from noria.estimate.sums import LabelSums, TrafficSums

Array = npt.NDArray[np.float64]
ENOUGH = 20.0  # effective labels below which an overall figure says how many are missing instead
ENOUGH_OF_A_LABEL = 10.0
HAJEK, DIFFERENCE = "Hájek", "difference"


@dataclass(frozen=True, slots=True)
class CountedLabel:
    """An annotated capture with u < π, judged by the version that answered it."""

    correct: bool
    predicted: str  # label id that was answered
    true: str  # label id that a person gave
    confidence: float
    propensity: float  # π, in (0, 1]
    at: float  # when the call came, seconds


@dataclass(frozen=True, slots=True)
class Figure:
    """An estimated share of traffic with its pointwise 95 % interval."""

    value: float
    low: float
    high: float
    effective: float  # so many equal draws would say as much
    counted: int


@dataclass(frozen=True, slots=True)
class TooFew:
    """No figure yet."""

    missing: int  # about so many more labels are needed
    effective: float
    counted: int


Estimate = Figure | TooFew


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """What is known of one label in production."""

    label_id: str
    precision: Estimate  # of the calls answered with it, the share that are of it
    recall: Estimate  # of the calls that are of it, the share answered with it
    share: Estimate  # of all calls, the share that are of it


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what was drawn got an answer, and how far the rest could move the accuracy."""

    answered: float  # weighted share, in [0, 1]
    worst: float | None  # accuracy were all unanswered wrong; None below one answer
    best: float | None  # … or all right


@dataclass(frozen=True, slots=True)
class LiveAccuracy:
    """The headline figure and what stands beside it, for calls up to `until`."""

    accuracy: Estimate
    method: str  # HAJEK or DIFFERENCE
    expected: float | None  # label-free expectation: mean confidence over all calls
    coverage: Coverage
    n_calls: float
    known_calls: float
    until: float | None  # time of the last settled item, seconds
    labels: Mapping[str, LabelFigures] = field(default_factory=dict)


def live_accuracy(
    counted: Sequence[CountedLabel],
    sums: TrafficSums,
    unanswered: Sequence[Unanswered] = (),
    until: float | None = None,
) -> LiveAccuracy:
    """Accuracy, precision, recall and class balance of the traffic that `sums` adds up.

    counted: of the same calls as the sums, those up to the last settled item; copies known before the call
    are in the sums only.
    """
    sample = Sample.of(counted, sums, unanswered)
    accuracy, method = sample.accuracy()
    ids = sorted(set(sums.by_label) | set(sample.predicted) | set(sample.true))
    return LiveAccuracy(
        accuracy=accuracy,
        method=method,
        expected=sums.expected_accuracy,
        coverage=_coverage(sample, unanswered),
        n_calls=sums.n,
        known_calls=sums.known_n,
        until=until if until is not None else max((c.at for c in counted), default=None),
        labels={label_id: sample.label(label_id) for label_id in ids},
    )


@dataclass(frozen=True, slots=True)
class Sample:
    """The counted labels as columns, each (n,)."""

    correct: Array
    predicted: npt.NDArray[np.str_]
    true: npt.NDArray[np.str_]
    confidence: Array
    propensity: Array
    weights: Array  # 1/π, raised for the unanswered
    sums: TrafficSums

    @classmethod
    def of(cls, counted: Sequence[CountedLabel], sums: TrafficSums, lost: Sequence[Unanswered]) -> "Sample":
        propensity = np.array([c.propensity for c in counted], dtype=float)
        weights = adjusted(
            [(c.predicted, band(c.confidence)) for c in counted],
            1 / propensity,
            [(u.predicted, band(u.confidence)) for u in lost],
            np.array([1 / u.propensity for u in lost], dtype=float),
        )
        return cls(
            correct=np.array([c.correct for c in counted], dtype=float),
            predicted=np.array([c.predicted for c in counted], dtype=str),
            true=np.array([c.true for c in counted], dtype=str),
            confidence=np.array([c.confidence for c in counted], dtype=float),
            propensity=propensity,
            weights=weights,
            sums=sums,
        )

    def accuracy(self) -> tuple[Estimate, str]:
        """The headline figure, and by which method."""
        known = (self.sums.known_correct, self.sums.known_n)
        plain = self.ratio(self.correct, np.ones(len(self.correct)), known, ENOUGH)
        mean = self.sums.unknown_confidence
        if isinstance(plain, TooFew) or mean is None or not len(self.correct):
            return plain, HAJEK
        better = corrected(self.correct, self.confidence, self.weights, mean)
        if better is None:
            return plain, HAJEK
        return _figure(better, len(self.correct), self.sums.unknown_n, known), DIFFERENCE

    def label(self, label_id: str) -> LabelFigures:
        known = self.sums.by_label.get(label_id, LabelSums())
        answered = (self.predicted == label_id).astype(float)
        is_it = (self.true == label_id).astype(float)
        few = ENOUGH_OF_A_LABEL
        return LabelFigures(
            label_id,
            precision=self.ratio(answered * is_it, answered, (known.known_correct, known.known_n), few),
            recall=self.ratio(answered * is_it, is_it, (known.known_correct, known.true_known), few),
            share=self._share(label_id, is_it, answered),
        )

    def _share(self, label_id: str, is_it: Array, answered: Array) -> Estimate:
        """How many calls are of a label: known of those answered with it, corrected by the labels."""
        known = (self.sums.by_label.get(label_id, LabelSums()).true_known, self.sums.known_n)
        plain, told = (
            self.ratio(is_it, np.ones(len(is_it)), known, ENOUGH),
            self.sums.answered_share(label_id),
        )
        if isinstance(plain, TooFew) or told is None or not len(is_it):
            return plain
        return _figure(balanced(is_it, answered, self.weights, told), len(is_it), self.sums.unknown_n, known)

    def ratio(
        self,
        part: Array,
        whole: Array,
        known: tuple[float, float],
        enough: float,
        calls: float | None = None,
    ) -> Estimate:
        """Share of `whole` that is `part`, both 0/1 a label, over known calls and estimated ones together.

        known: (those of the part, those of the whole).   calls: of the whole that are not known, where the sums
        tell; estimated from the labels if not told.
        """
        inside = whole > 0
        weights, counted = self.weights[inside], int(inside.sum())
        every = counted == len(self.weights)
        worth = effective(weights) if every else surely(weights, self.weights.max())
        unknown = self.sums.unknown_n if calls is None else calls
        if worth < enough and (counted or unknown > 0):
            return TooFew(max(1, math.ceil(enough - worth)), worth, counted)
        scale = unknown / self.weights.sum() if len(self.weights) else 0.0
        estimated = float(scale * weights.sum()) if calls is None else calls
        if estimated + known[1] <= 0:
            return TooFew(math.ceil(enough), 0.0, 0)
        if not counted:
            certain = known[0] / known[1]
            return Figure(certain, certain, certain, math.inf, 0)
        return _figure(share(part[inside], weights), counted, estimated, known)


def _figure(estimate: Share, counted: int, estimated: float, known: tuple[float, float]) -> Figure:
    """The share of estimated and known calls together; only the estimated ones leave a doubt."""
    total = estimated + known[1]
    low, high = estimate.interval
    value, low, high = ((known[0] + estimated * x) / total for x in (estimate.value, low, high))
    return Figure(value, low, high, estimate.draws, counted)


def _coverage(sample: Sample, unanswered: Sequence[Unanswered]) -> Coverage:
    right = float((sample.correct / sample.propensity).sum()) if len(sample.correct) else 0.0
    answered = float((1 / sample.propensity).sum()) if len(sample.correct) else 0.0
    lost = sum(1 / u.propensity for u in unanswered)
    total = answered + lost
    if total <= 0 or answered <= 0:
        return Coverage(0.0 if lost else 1.0, None, None)
    known, n = sample.sums.known_correct, max(sample.sums.n, 1e-12)
    return Coverage(
        answered / total,
        worst=(known + sample.sums.unknown_n * right / total) / n,
        best=(known + sample.sums.unknown_n * (right + lost) / total) / n,
    )
