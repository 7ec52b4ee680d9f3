"""Days of traffic for the budget's campaign: when calls come, and how sure the model is of each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAY_S = 86_400
LABELS = 8
KINDS = 2000  # of different calls a day
BURST = 20.0  # times the traffic of the hour
LENGTHS_MIN = (5, 20, 60)  # of each day's bursts

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """What happens in the days of one run."""

    name: str
    nights: float = 1.0  # traffic from 20 to 8 o'clock, as a part of the day's
    bursts: bool = False  # three a day, of 5, 20 and 60 minutes
    silent: int | None = None  # the day in whose evening the calls stop …
    silent_h: int = 12  # … for so many hours, up to 8 o'clock or beyond
    surer: float = 0.0  # how much the model's confidence grows in all
    unsure_from: int | None = None  # the day from which on the model is much less sure


@dataclass(frozen=True)
class Calls:
    """Calls in order: their times in seconds from the first midnight, and which of their day's kinds they are."""

    times: Array
    kinds: NDArray[np.int64]
    probabilities: list[Array]  # of each day's kinds, (KINDS, LABELS); the second half are the less sure ones


def calls(course: Course, per_day: float, days: int, rng: np.random.Generator) -> Calls:
    """per_day: calls of a day without its bursts."""
    minutes = np.arange(days * 1440)
    hour = minutes % 1440 / 60
    rate = np.where((hour >= 8) & (hour < 20), 1.0, course.nights)
    rate *= per_day * days / rate.sum()
    usual = max(per_day / 1440, 1e-9)  # a burst in a silent night comes too
    in_burst = np.zeros(len(minutes), dtype=bool)
    if course.bursts:
        for day in range(days):
            for length in LENGTHS_MIN:
                begin = day * 1440 + rng.integers(1440 - length)
                in_burst[begin : begin + length] = True
    rate = np.where(in_burst, BURST * np.maximum(rate, usual), rate)
    if course.silent is not None:
        begin = (course.silent * 24 + 20) * 60
        rate[begin : begin + course.silent_h * 60] = 0.0
    n = rng.poisson(rate)
    minute = np.repeat(minutes, n)
    times = (minute + rng.random(len(minute))) * 60
    order = np.argsort(times, kind="stable")
    times, minute = times[order], minute[order]
    kinds = rng.integers(KINDS, size=len(times))
    unsure = in_burst[minute]
    kinds[unsure] = KINDS // 2 + kinds[unsure] // 2  # what bursts is of the less sure kinds
    return Calls(times, kinds, [_probabilities(course, day, days, rng) for day in range(days)])


def _probabilities(course: Course, day: int, days: int, rng: np.random.Generator) -> Array:
    sharpness = 1.0 + course.surer * day / max(days - 1, 1)
    if course.unsure_from is not None and day >= course.unsure_from:
        sharpness *= 0.35
    logits = rng.standard_normal((KINDS, LABELS))
    sure = np.arange(KINDS) < KINDS // 2
    logits[np.arange(KINDS), rng.integers(LABELS, size=KINDS)] += np.where(sure, 6.0, 2.5)
    odds = np.exp(sharpness * logits)
    return odds / odds.sum(axis=1, keepdims=True)
