"""Calibration in production: of the calls answered with about this confidence, how many were right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noria.estimate.accuracy import ENOUGH_OF_A_LABEL, CountedLabel, Estimate, Sample
from noria.estimate.automation import bins
from noria.estimate.response import Unanswered
from noria.estimate.sums import BinSums, TrafficSums

BANDS = 10  # twentieths would spread the labels too thin


@dataclass(frozen=True, slots=True)
class ReliabilityBand:
    """Calls whose answer had a confidence in [low, high), the last band with 1."""

    low: float
    high: float
    share: float  # of all calls: counted, not estimated
    confidence: float | None  # their mean, as the labels tell; None without any
    accuracy: Estimate


def reliability(
    counted: Sequence[CountedLabel], sums: TrafficSums, unanswered: Sequence[Unanswered] = ()
) -> tuple[ReliabilityBand, ...]:
    """Accuracy by confidence, for those of ten bands that have calls in them; none without bins or traffic.

    counted, unanswered: as for `live_accuracy`.   Weighted means [Hajek1971] within the band, known copies as a
    stratum of their own. Where confidence means what it says, an interval holds the band's confidence.
    """
    total = sum(cell.n for cell in sums.bins)
    if total <= 0:
        return ()
    sample, wide = Sample.of(counted, sums, unanswered), len(sums.bins) // BANDS
    places = bins(sample.confidence, len(sums.bins)) // wide
    cells = [sum(sums.bins[k * wide : (k + 1) * wide], BinSums()) for k in range(BANDS)]
    return tuple(_band(sample, places == k, k, cell, total) for k, cell in enumerate(cells) if cell.n > 0)


def _band(
    sample: Sample, inside: npt.NDArray[np.bool_], k: int, cell: BinSums, total: float
) -> ReliabilityBand:
    here, known = inside.astype(float), (cell.known_correct, cell.known_n)
    accuracy = sample.ratio(sample.correct * here, here, known, ENOUGH_OF_A_LABEL, cell.unknown_n)
    weights = sample.weights * here
    mean = float((weights * sample.confidence).sum() / weights.sum()) if inside.any() else None
    return ReliabilityBand(k / BANDS, (k + 1) / BANDS, cell.n / total, mean, accuracy)
