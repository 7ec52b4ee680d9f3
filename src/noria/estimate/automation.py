"""The automation curve: how much of the traffic is answered at or above a confidence, and how often rightly."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from noria.estimate.accuracy import ENOUGH, CountedLabel, Estimate, Sample
from noria.estimate.response import Unanswered
from noria.estimate.sums import TrafficSums


@dataclass(frozen=True, slots=True)
class AutomationPoint:
    """What a program gets that acts by itself on answers of at least this confidence."""

    threshold: float  # in [0, 1)
    share: float  # of all calls, in [0, 1]: counted, not estimated
    accuracy: Estimate  # among those


def automation(
    counted: Sequence[CountedLabel], sums: TrafficSums, unanswered: Sequence[Unanswered] = ()
) -> tuple[AutomationPoint, ...]:
    """A point for each lower edge of the bins of `sums`, from 0 upwards; none without bins or traffic.

    counted, unanswered: as for `live_accuracy`.   The first point is the headline figure, so that nobody reads two
    figures for one thing; the others are weighted means [Hajek1971] within the calls at or above the threshold,
    with known copies as a stratum of their own. Intervals are pointwise.
    """
    total = sum(cell.n for cell in sums.bins)
    if total <= 0:
        return ()
    sample, n_bins = Sample.of(counted, sums, unanswered), len(sums.bins)
    places = bins(sample.confidence, n_bins)
    above = list(accumulate(reversed(sums.bins), lambda so_far, cell: so_far + cell))[::-1]
    points = [AutomationPoint(0.0, 1.0, sample.accuracy()[0])]
    for k in range(1, n_bins):
        inside = (places >= k).astype(float)
        known = (above[k].known_correct, above[k].known_n)
        accuracy = sample.ratio(sample.correct * inside, inside, known, ENOUGH, above[k].unknown_n)
        points.append(AutomationPoint(k / n_bins, above[k].n / total, accuracy))
    return tuple(points)


def bins(confidence: npt.NDArray[np.float64], n_bins: int) -> npt.NDArray[np.intp]:
    """The bin of each confidence; the last one holds 1 too.

    >>> bins(np.array([0.0, 0.05, 0.99, 1.0]), 20).tolist()
    [0, 1, 19, 19]
    """
    return np.minimum((confidence * n_bins).astype(np.intp), n_bins - 1)
