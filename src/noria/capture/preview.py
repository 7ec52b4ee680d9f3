"""What other shares and another budget would have captured from the same calls, told from what was captured.

Each capture stands for 1/π calls like it [Horvitz1952]. Its parts give the rules' scores back, other
shares give it another weight, and one factor on the thresholds of that time brings the expected captures to
the budget. Which of the captures themselves would be among them is certain: their draws were kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from noria.capture.policy import MAX_SPREAD
from noria.records.capture import Capture, CaptureReason

_STEPS = 60  # of the bisection for the factor
_LARGEST = 1e6


@dataclass(frozen=True, slots=True)
class Recorded:
    """A capture with the scores that led to it."""

    capture: Capture
    ratios: Mapping[str, float]  # by reason: its score to the mean score of that time; of random 1

    @classmethod
    def of(cls, capture: Capture, shares: Mapping[str, float]) -> "Recorded":
        """shares: those that held when it was captured; a rule that had none has no ratio."""
        random = CaptureReason.RANDOM.value
        floor = shares.get(random, 0.0)
        capped = capture.weight >= MAX_SPREAD * floor * (1 - 1e-9)
        scale = min(1.0, capture.parts.get(random, floor) / floor) if capped and floor > 0 else 1.0
        ratios = {
            reason: capture.parts[reason] / (share * scale)
            for reason, share in shares.items()
            if share > 0 and reason in capture.parts
        }
        return cls(capture, ratios | {random: 1.0})


@dataclass(frozen=True, slots=True)
class Preview:
    """Expected captures; figures are sums over weighed captures, so about right where these are many."""

    total: float
    by_reason: Mapping[str, float]  # each rule's part, largest first, those unknown among them
    by_label: Mapping[str, float]  # by predicted label, largest first; of what is known
    unknown: tuple[str, ...]  # reasons with a share of which no score was recorded
    effective: float  # as many equally weighed captures would tell as much
    staged: tuple[Capture, ...]  # of the captures, those that would be captured again, heaviest first
    passed: tuple[Capture, ...]  # and those that would not, the least far from it first


def preview(recorded: Sequence[Recorded], shares: Mapping[str, float], wanted: float) -> Preview:
    """shares: sum to 1, random among them.   wanted: captures that the budget would bring."""
    unknown = tuple(
        r for r, share in shares.items() if share > 0 and not any(r in each.ratios for each in recorded)
    )
    lost = sum(shares[reason] for reason in unknown)
    parts = [_parts(each, shares) for each in recorded]
    weights = [sum(each.values()) for each in parts]
    calls = [1 / _propensity(each.capture) for each in recorded]
    thresholds = [each.capture.threshold for each in recorded]
    factor = _factor(weights, thresholds, calls, wanted * (1 - lost))
    chance = [min(1.0, w * t * factor) for w, t in zip(weights, thresholds, strict=True)]
    expected = [n * p for n, p in zip(calls, chance, strict=True)]
    known = sum(expected)
    by_reason = {r: known / (1 - lost) * shares[r] if lost < 1 else wanted for r in unknown}
    by_label: dict[str, float] = {}
    for each, of_rule, weight, n in zip(recorded, parts, weights, expected, strict=True):
        for reason, part in of_rule.items():
            by_reason[reason] = by_reason.get(reason, 0.0) + n * part / weight
        by_label[each.capture.label_id] = by_label.get(each.capture.label_id, 0.0) + n
    again = [each.capture.draw < p for each, p in zip(recorded, chance, strict=True)]
    order = sorted(range(len(recorded)), key=lambda i: -weights[i])
    return Preview(
        total=sum(by_reason.values()),
        by_reason=_largest_first(by_reason),
        by_label=_largest_first(by_label),
        unknown=unknown,
        effective=known**2 / sum(n * n for n in expected) if known else 0.0,
        staged=tuple(recorded[i].capture for i in order if again[i]),
        passed=tuple(recorded[i].capture for i in order if not again[i]),
    )


def _parts(recorded: Recorded, shares: Mapping[str, float]) -> dict[str, float]:
    """What each rule of which a score is known would have put into the weight."""
    parts = {
        r: share * recorded.ratios[r] for r, share in shares.items() if share > 0 and r in recorded.ratios
    }
    total, most = sum(parts.values()), MAX_SPREAD * shares[CaptureReason.RANDOM]
    return parts if total <= most else {reason: part * most / total for reason, part in parts.items()}


def _propensity(capture: Capture) -> float:
    return min(1.0, capture.weight * capture.threshold)


def _factor(
    weights: Sequence[float], thresholds: Sequence[float], calls: Sequence[float], wanted: float
) -> float:
    """On the thresholds, for so many expected captures; as large as may be where there are too few calls."""
    at_once = [w * t for w, t in zip(weights, thresholds, strict=True)]

    def expected(factor: float) -> float:
        return sum(n * min(1.0, each * factor) for n, each in zip(calls, at_once, strict=True))

    low, high = 0.0, 1.0
    while expected(high) < wanted and high < _LARGEST:
        high *= 2
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if expected(middle) < wanted else (low, middle)
    return high


def _largest_first(amounts: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(amounts.items(), key=lambda each: -each[1]))
