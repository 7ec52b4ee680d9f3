"""What weighing answers with the class balance would have saved, on the labels that count.

Heads are trained as if all labels were equally frequent. Where they are not, the likeliest label after multiplying each
probability by the label's share of traffic is wrong less often [Saerens2002]. Each label is judged by weights that come
from the labels of other folds, so that none is judged by what it helped to tune.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noria.estimate.accuracy import ENOUGH, ENOUGH_OF_A_LABEL, CountedLabel, Sample, TooFew
from noria.estimate.hajek import effective, share, surely
from noria.estimate.interval import quantile
from noria.estimate.response import Unanswered
from noria.estimate.sums import TrafficSums

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
_Chosen = npt.NDArray[np.bool_]

_FOLDS = 5
_ENOUGH_CHANGED = 5.0  # effective labels that only one of two ways gets right
_TRUST = (
    10.0  # labels that carry the variance, from which what they say of it outweighs what their weights say
)
_TEMPERATURES = (0.1, 20.0)
_BELIEF = 2.0  # as much as some two labels: that the confidences mean what they say
_LEAST_P = 1e-12


@dataclass(frozen=True, slots=True)
class Recall:
    """Of the calls that are of a label, the share answered with it: as it is, and with the weights."""

    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Weighing:
    """Weights for the probabilities, and what they would have changed. Shares are of the calls that nobody knew before."""

    weights: Mapping[str, float]  # by label id, above 0, their sum is 1
    errors: float  # share of the calls that was answered wrongly, as it is
    saved: float  # share of the calls: errors fewer with the weights; negative for more
    low: float  # of what is saved, 95 %, pointwise
    high: float
    recalls: Mapping[str, Recall]  # by label id; of labels with enough counted labels
    counted: int

    @property
    def helps(self) -> bool:
        """Whether it surely saves errors."""
        return self.low > 0

    @property
    def threshold(self) -> tuple[str, float] | None:
        """With two labels: the one answered less readily, and the confidence from which it is; None with more labels."""
        if len(self.weights) != 2:
            return None
        label_id = min(self.weights, key=lambda id: self.weights[id])
        return label_id, 1 - self.weights[label_id]


def weighing(
    counted: Sequence[CountedLabel],
    probabilities: Array,
    label_ids: Sequence[str],
    sums: TrafficSums,
    unanswered: Sequence[Unanswered] = (),
) -> Weighing | TooFew:
    """Weights for the traffic that `sums` adds up, judged by its counted labels.

    counted, unanswered: as for `live_accuracy`.   probabilities: (n, k), of the labels in `label_ids`, by the versions
    that answered; 0 for a label that a version did not know.
    """
    sample = Sample.of(counted, sums, unanswered)
    worth = effective(sample.weights)
    if worth < ENOUGH or len(label_ids) < 2:
        return TooFew(max(1, math.ceil(ENOUGH - worth)), worth, len(counted))
    calls = _Calls.of(sample, probabilities, label_ids)
    before = (probabilities.argmax(axis=1) == calls.true).astype(float)
    after = (calls.weighed_by_others() == calls.true).astype(float)
    saved, low, high = change(after - before, sample.weights)
    every = np.ones(len(calls.true), dtype=bool)
    return Weighing(
        weights=dict(zip(label_ids, calls.tuned(every).tolist(), strict=True)),
        errors=share(1 - before, sample.weights).value,
        saved=saved,
        low=low,
        high=high,
        recalls=dict(_recalls(calls, label_ids, before, after)),
        counted=len(counted),
    )


def change(each: Array, weights: Array) -> tuple[float, float, float]:
    """Mean change over all calls with its 95 % interval; (−1, 1) where too few labels changed to tell.

    each: (n,), −1, 0 or 1, the change at each counted label.   weights: (n,), at least 1.   As in `difference`, the
    variance is in part that which the weights alone would have, as long as few labels carry their own.
    """
    total, changed = weights.sum(), each != 0
    mean = float((weights * each).sum() / total)
    if surely(weights[changed], float(weights[changed].max(initial=0.0))) < _ENOUGH_CHANGED:
        return mean, -1.0, 1.0
    spread = weights * (weights - 1)  # Poisson sampling, as in `share`
    terms = spread * (each - mean) ** 2
    carry = float(terms.sum() ** 2 / (terms**2).sum()) if terms.any() else 0.0
    by_weights = float((weights * changed).sum() / total * spread.sum())
    variance = (carry * terms.sum() + _TRUST * by_weights) / (carry + _TRUST) / total**2
    half = quantile(effective(weights[changed]) - 1) * float(np.sqrt(variance))
    return mean, max(-1.0, mean - half), min(1.0, mean + half)


@dataclass(frozen=True, slots=True)
class _Calls:
    """The counted labels as columns, (n,), over k labels."""

    true: IntArray  # places among the labels, −1 for one that is gone
    answered: IntArray
    log_p: Array  # (n, k)
    weights: Array
    told: Array  # (k,), share of all calls that was answered with each label

    @classmethod
    def of(cls, sample: Sample, probabilities: Array, label_ids: Sequence[str]) -> "_Calls":
        place = {label_id: k for k, label_id in enumerate(label_ids)}
        true, answered = (
            np.array([place.get(str(label_id), -1) for label_id in column], dtype=np.intp)
            for column in (sample.true, sample.predicted)
        )
        told = np.array([sample.sums.answered_share(label_id) or 0.0 for label_id in label_ids])
        return cls(true, answered, np.log(np.maximum(probabilities, _LEAST_P)), sample.weights, told)

    def weighed_by_others(self) -> IntArray:
        """The answer to each with weights from the other folds."""
        fold = np.arange(len(self.true)) % _FOLDS
        answers = np.empty(len(fold), dtype=np.intp)
        for k in range(_FOLDS):
            mine = fold == k
            answers[mine] = (self.log_p[mine] + np.log(self.tuned(~mine))).argmax(axis=1)
        return answers

    def tuned(self, by: _Chosen) -> Array:
        """Weights by these labels, (k,): the shares, to the power with which they fit the confidences."""
        log_shares = np.log(self.shares(by))
        logs = log_shares / self._temperature(by, log_shares)
        weights = np.exp(logs - logs.max())
        return np.asarray(weights / weights.sum())

    def shares(self, by: _Chosen) -> Array:
        """Of all calls, the share of each label, (k,): how many were answered with it, corrected by these labels.

        Half an effective label is taken to be of each at least, so that none is ruled out.
        """
        k, weights = len(self.told), self.weights[by]
        true, answered = (_weight_of(places[by], weights, k) for places in (self.true, self.answered))
        found = self.told + (true - answered) / weights.sum()
        found = np.maximum(found, 0.5 / (effective(weights) + 0.5 * k))
        return np.asarray(found / found.sum())

    def _temperature(self, by: _Chosen, log_shares: Array) -> float:
        """The b with which softmax(b · log p + log share) says most of these labels.

        Confidences that are too timid or too bold in production would else be weighed too much, or too little.
        """
        by = by & (self.true >= 0)
        log_p, true, weights = self.log_p[by], self.true[by], self.weights[by]
        weights = weights * (effective(weights) / max(float(weights.sum()), _LEAST_P))
        low, high = np.log(_TEMPERATURES)
        for _ in range(3):  # a grid, thrice refined: the loss is smooth with one valley
            grid = np.linspace(low, high, 9)
            losses = [_loss(np.exp(b) * log_p + log_shares, true, weights) + _BELIEF * b**2 for b in grid]
            best = int(np.argmin(losses))
            low, high = grid[max(best - 1, 0)], grid[min(best + 1, 8)]
        return float(np.exp((low + high) / 2))


def _loss(scores: Array, true: IntArray, weights: Array) -> float:
    """Weighted sum of the negative logarithm of the true label's softmax."""
    top = scores.max(axis=1)
    norm = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
    return float(weights @ (norm - scores[np.arange(len(true)), true]))


def _weight_of(places: IntArray, weights: Array, k: int) -> Array:
    here = places >= 0
    return np.asarray(np.bincount(places[here], weights[here], k))


def _recalls(
    calls: _Calls, label_ids: Sequence[str], before: Array, after: Array
) -> list[tuple[str, Recall]]:
    heaviest, found = float(calls.weights.max()), []
    for k, label_id in enumerate(label_ids):
        is_it = calls.true == k
        weights = calls.weights[is_it]
        if surely(weights, heaviest) >= ENOUGH_OF_A_LABEL:
            shares = ((weights * right[is_it]).sum() / weights.sum() for right in (before, after))
            found.append((label_id, Recall(*map(float, shares))))
    return found
