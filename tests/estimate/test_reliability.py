from dataclasses import replace

import numpy as np
import pytest
from estimate.traffic import Traffic, least

from noria.estimate.accuracy import CountedLabel, Figure, TooFew
from noria.estimate.reliability import BANDS, reliability
from noria.estimate.sums import BinSums, TrafficSums

RUNS = 300


def label(correct: bool, confidence: float, propensity: float = 0.1) -> CountedLabel:
    return CountedLabel(correct, "a", "a" if correct else "b", confidence, propensity, 0.0)


def sums(**cells: BinSums) -> TrafficSums:
    """Traffic in twenty bins, all empty but those named, as `b19`."""
    every = tuple(cells.get(f"b{i}", BinSums()) for i in range(20))
    return TrafficSums(n=sum(c.n for c in every), known_n=sum(c.known_n for c in every), bins=every)


def covered(tilt: float) -> float:
    """The least coverage of a band, where a random half of the calls is drawn `tilt` times as often."""
    rng = np.random.default_rng(21)
    traffic = Traffic.simulated(rng, known=0.05)
    propensity = np.clip(traffic.propensity * np.where(rng.random(len(traffic.true)) < 0.5, tilt, 1), 0, 1)
    traffic, sums = replace(traffic, propensity=propensity), traffic.sums()
    place = np.minimum((traffic.confidence * BANDS).astype(int), BANDS - 1)
    inside, figures = np.zeros(BANDS), np.zeros(BANDS)
    for _ in range(RUNS):
        for band in reliability(traffic.labels(rng), sums):
            k = round(band.low * BANDS)
            if isinstance(band.accuracy, Figure):
                figures[k] += 1
                truth = traffic.correct[place == k].mean()
                inside[k] += band.accuracy.low <= truth <= band.accuracy.high
    often = figures >= 0.9 * RUNS  # where a figure is rare, having one tells of the draw
    assert often.sum() >= 4
    return float((inside[often] / figures[often]).min())


@pytest.mark.parametrize("tilt", [1.0, 3.0])
def test_intervals_hold_the_truth_in_every_band(tilt: float) -> None:
    assert covered(tilt) >= least(RUNS)


def test_a_band_is_told_by_its_own_labels_alone() -> None:
    counted = [label(True, 0.97)] * 18 + [label(False, 0.93)] * 2 + [label(False, 0.55)] * 20
    low, high = reliability(counted, sums(b11=BinSums(200), b18=BinSums(20), b19=BinSums(180)))
    assert isinstance(high.accuracy, Figure)
    assert isinstance(low.accuracy, Figure)
    assert (high.accuracy.value, low.accuracy.value) == (pytest.approx(0.9), 0.0)
    assert (high.low, high.high, high.share) == (0.9, 1.0, 0.5)
    assert high.confidence == pytest.approx(0.966)


def test_the_mean_confidence_is_weighed_too() -> None:
    counted = [label(True, 0.92, 0.1)] * 10 + [label(True, 0.98, 0.3)] * 10
    (band,) = reliability(counted, sums(b18=BinSums(100), b19=BinSums(33)))
    assert band.confidence == pytest.approx(0.935)


def test_few_labels_in_a_band_make_no_figure() -> None:
    (band,) = reliability([label(True, 0.97)] * 6, sums(b19=BinSums(60)))
    assert isinstance(band.accuracy, TooFew)
    assert band.accuracy.missing == 4


def test_known_copies_need_no_label() -> None:
    (band,) = reliability([], sums(b10=BinSums(10, 10, 7)))
    assert isinstance(band.accuracy, Figure)
    assert (band.accuracy.value, band.confidence) == (0.7, None)


def test_without_traffic_there_are_no_bands() -> None:
    assert reliability([], TrafficSums()) == ()
    assert reliability([], sums()) == ()
