"""How far people agree: with each other, with answers that are sure, and with the model when they see its answer and when not."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from noria.estimate.accuracy import Estimate, Figure, TooFew
from noria.estimate.interval import quantile, wilson

ENOUGH = 20  # answers below which there is no figure
MOST = 8  # pairs of labels told
BANDS = (
    0.5,
    0.7,
    0.85,
    0.95,
)  # bounds of the model's confidence, within which blind and shown items are compared


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people's labels of one sample, or of several that they labelled so."""

    first_by: str
    first: str  # label id
    second_by: str
    second: str
    n: int = 1  # samples

    @property
    def agrees(self) -> bool:
        return self.first == self.second


@dataclass(frozen=True, slots=True)
class Confused:
    """Two labels that people give to the same samples."""

    labels: tuple[str, str]  # ids
    n: int


@dataclass(frozen=True, slots=True)
class Stratum:
    """First answers to items of which the model was about as sure."""

    blind_n: int
    blind_agreed: int
    shown_n: int
    shown_agreed: int


@dataclass(frozen=True, slots=True)
class Gap:
    """How much more often people agree with the model when they see its answer: a difference of shares, in [-1, 1]."""

    value: float
    low: float
    high: float
    blind_n: int  # answers that it rests on
    shown_n: int


def share(right: int, n: int) -> Estimate:
    """A share with Wilson's interval [Wilson1927], from `ENOUGH` answers on."""
    if n < ENOUGH:
        return TooFew(ENOUGH - n, float(n), n)
    low, high = wilson(right / n, n)
    return Figure(right / n, low, high, float(n), n)


def agreement(pairs: Sequence[Pair]) -> Estimate:
    return share(sum(pair.n for pair in pairs if pair.agrees), sum(pair.n for pair in pairs))


def alpha(pairs: Sequence[Pair]) -> float | None:
    """Krippendorff's alpha for names [Krippendorff2011]: 1 is agreement, 0 what chance brings, below 0 worse than that.

    None below `ENOUGH` pairs, and where only one label was given, as chance then agrees always.

    >>> alpha([Pair("a", "x", "b", "x")] * 10 + [Pair("a", "y", "b", "y")] * 10)
    1.0
    """
    given: Counter[str] = Counter()
    for pair in pairs:
        given[pair.first] += pair.n
        given[pair.second] += pair.n
    n = given.total()  # labels, two of each sample
    if n < 2 * ENOUGH or len(given) < 2:
        return None
    apart = sum(2 * pair.n for pair in pairs if not pair.agrees) / n
    by_chance = 1 - sum(m * (m - 1) for m in given.values()) / (n * (n - 1))
    return 1 - apart / by_chance


def by_person(pairs: Iterable[Pair]) -> dict[str, Estimate]:
    """Each person's agreement with the others that they overlap with."""
    n: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    for pair in pairs:
        for name in (pair.first_by, pair.second_by):
            n[name] += pair.n
            agreed[name] += pair.n * pair.agrees
    return {name: share(agreed[name], n[name]) for name in n}


def confused(pairs: Iterable[Pair], most: int = MOST) -> list[Confused]:
    """The labels that people disagree on, most often first, whoever said which."""
    found: Counter[tuple[str, str]] = Counter()
    for pair in pairs:
        if not pair.agrees:
            found[min(pair.first, pair.second), max(pair.first, pair.second)] += pair.n
    ordered = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    return [Confused((first, second), n) for (first, second), n in ordered[:most]]


def gap(strata: Iterable[Stratum]) -> Gap | TooFew:
    """The difference within bands of the model's confidence, weighted as [Mantel1959] do [Greenland1985].

    Blind items are the next by the statistical key, shown ones come in the order of work, unsure ones first: over all of
    them the two differ already by that. Bands with items of one kind alone say nothing. Shares near 0 and 1 have an
    answer of each kind added to them in the variance, as a handful of answers that all agree is no certainty.
    """
    both = [s for s in strata if s.blind_n and s.shown_n]
    blind_n, shown_n = sum(s.blind_n for s in both), sum(s.shown_n for s in both)
    if (missing := 2 * ENOUGH - min(blind_n, ENOUGH) - min(shown_n, ENOUGH)) > 0:
        return TooFew(missing, float(min(blind_n, shown_n)), blind_n + shown_n)
    weights = [s.blind_n * s.shown_n / (s.blind_n + s.shown_n) for s in both]
    total = sum(weights)
    value = sum(w * (s.shown_agreed / s.shown_n - s.blind_agreed / s.blind_n) for w, s in zip(weights, both, strict=True)) / total  # fmt: skip
    spread = [_variance(s.shown_agreed, s.shown_n) + _variance(s.blind_agreed, s.blind_n) for s in both]
    variance = sum(w * w * v for w, v in zip(weights, spread, strict=True)) / total**2
    half = quantile(min(blind_n, shown_n) - 1) * math.sqrt(variance)
    return Gap(value, max(-1.0, value - half), min(1.0, value + half), blind_n, shown_n)


def strata(counts: Mapping[tuple[int, bool], tuple[int, int]]) -> list[Stratum]:
    """counts: by band and whether blind, how many answers and how many that agree."""
    nothing = (0, 0)
    bands = sorted({band for band, _ in counts})
    return [Stratum(*counts.get((b, True), nothing), *counts.get((b, False), nothing)) for b in bands]


def _variance(agreed: int, n: int) -> float:
    p = (agreed + 1) / (n + 2)
    return p * (1 - p) / n
