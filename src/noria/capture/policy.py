"""From the rules' scores to one weight, and from one draw to a decision whose propensity is known."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from noria.capture.call import Call, CaptureState
from noria.capture.queue import LOOK_ALIKE
from noria.capture.rules import CaptureRule, rule
from noria.capture.traffic import PRIOR_SCORE
from noria.errors import BadInput
from noria.records.capture import CaptureDecision, CaptureReason
from noria.records.function import CaptureSettings

MIN_RANDOM_SHARE = 0.1
_AIM = 0.11  # of random in the weight of the latest calls, so that chance seldom leaves less than the tenth promised
MAX_RATIO = 20.0  # of a score to its mean over past traffic; a rule that was silent so far must not shout
MAX_SPREAD = 20.0  # of the largest weight to the smallest: no label may outweigh all others in an estimate
RULE_SHARE = 0.2  # of the users' rules together, until somebody says otherwise
NEAR_COPY_FACTOR = 0.05  # on all parts but random's: the first of many copies is worth most of their labels
_SMALLEST_MEAN = 1e-6


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules with their shares: what part of the captures each is expected to bring."""

    rules: tuple[tuple[CaptureRule, float], ...]  # shares sum to 1, random at least 0.1

    @classmethod
    def of(cls, shares: Mapping[str, float]) -> "Policy":
        """The policy with these shares by reason, normalised. Raises BadInput for an unknown reason or share.

        >>> [share for _, share in Policy.of({"Random": 1, "LowConfidence": 3}).rules]
        [0.25, 0.75]
        """
        wanted = normalised(shares)
        return cls(tuple((rule(reason), share) for reason, share in wanted.items()))

    @property
    def floor(self) -> float:
        """The smallest weight that a call can have: random's share."""
        return next((share for r, share in self.rules if r.reason == CaptureReason.RANDOM), MIN_RANDOM_SHARE)


def shares_of(settings: CaptureSettings) -> dict[str, float]:
    """The shares as set, with one for the users' rules if there are any and without if there are none.

    >>> from noria.records.user_rule import UserRule
    >>> shares_of(CaptureSettings(shares={"Random": 0.4, "LowConfidence": 0.4}, rules=(UserRule("a", "hour < 6"),)))
    {'Random': 0.4, 'LowConfidence': 0.4, 'Rule': 0.2}
    """
    mine = CaptureReason.RULE.value
    if settings.rules and mine in settings.shares:
        return dict(settings.shares)
    others = {reason: share for reason, share in settings.shares.items() if reason != mine}
    if not settings.rules:
        return others
    return others | {mine: round(sum(others.values()) * RULE_SHARE / (1 - RULE_SHARE), 6)}


def normalised(shares: Mapping[str, float]) -> dict[str, float]:
    """Shares that sum to 1 with random at least 0.1; rules without a share are left out."""
    if any(not math.isfinite(share) or share < 0 for share in shares.values()):
        raise BadInput("A rule's share must be a number of at least 0.", **dict(shares))
    others = {r: s for r, s in shares.items() if s > 0 and r != CaptureReason.RANDOM}
    total = sum(others.values()) + shares.get(CaptureReason.RANDOM, 0.0)
    random = shares.get(CaptureReason.RANDOM, 0.0) / total if total > 0 else 1.0
    random = max(random, MIN_RANDOM_SHARE) if others else 1.0
    scale = (1 - random) / sum(others.values()) if others else 0.0
    return {CaptureReason.RANDOM.value: random} | {r: s * scale for r, s in others.items()}


@dataclass(frozen=True, slots=True)
class Outcome(CaptureDecision):
    """A decision with what keeps the books after it: the rules' raw scores, and which rules failed."""

    scores: Mapping[str, float] = field(default_factory=dict)  # by reason, for `TrafficMeans.observe`
    failed: tuple[str, ...] = ()  # reasons of rules that raised or gave no number >= 0; they scored 0
    compared: bool = True  # with the samples there are; else the weight is that of a call unlike them
    kept: float = 1.0  # of the weight of a call unlike them


def decide(
    call: Call, state: CaptureState, policy: Policy, threshold: float, draw: float, compare: bool = True
) -> Outcome:
    """The one decision that an invoke gets: captured if and only if draw < weight · threshold.

    threshold: tau >= 0, from past traffic only (`BudgetController`).   draw: uniform in [0, 1), from the
    process's own generator, never from content or id. Poisson sampling with permanent random numbers
    [Ohlsson1995]. A near copy of a sample that is annotated or waits to be weighs less.
    compare: whether to look for that also where the draw is too large even without it; else the weight told of
    such a call, which is not captured either way, is that of a call unlike all others.
    Never raises for what a rule does.
    """
    scores, failed = _scores(call, state, policy)
    parts = {r.reason: share * _ratio(scores[r.reason], state, r.reason) for r, share in policy.rules}
    if CaptureReason.RANDOM in parts:
        parts[CaptureReason.RANDOM] = max(parts[CaptureReason.RANDOM], _least_random(state, policy))
    unlike = _weight(parts, policy)
    compared = compare or draw < unlike * threshold
    if compared and _is_near_copy(call):
        parts = {
            r: part * (1.0 if r == CaptureReason.RANDOM else NEAR_COPY_FACTOR) for r, part in parts.items()
        }
    total, weight = sum(parts.values()), _weight(parts, policy)
    if weight < total:
        parts = {reason: part * weight / total for reason, part in parts.items()}
    kept = weight / unlike if unlike > 0 else 1.0
    return Outcome(draw, weight, threshold, parts, scores=scores, failed=failed, compared=compared, kept=kept)


def _weight(parts: Mapping[str, float], policy: Policy) -> float:
    return min(sum(parts.values()), MAX_SPREAD * policy.floor)


def _is_near_copy(call: Call) -> bool:
    likest = call.likest
    return likest is not None and likest.similarity >= LOOK_ALIKE


def _scores(call: Call, state: CaptureState, policy: Policy) -> tuple[dict[str, float], tuple[str, ...]]:
    scores, failed = {}, []
    for each, _ in policy.rules:
        try:
            score = float(each.score(call, state))
        except Exception:  # a failing rule never fails an invoke; the caller counts it
            score = math.nan
        if not (math.isfinite(score) and score >= 0):
            failed.append(each.reason)
            score = 0.0
        scores[each.reason] = score
    return scores, tuple(failed)


def _least_random(state: CaptureState, policy: Policy) -> float:
    """Random's part that keeps a tenth of the weight of the latest calls.

    The means of the scores take long to follow: when many calls become unsure at once, the other rules
    would outweigh random for a day or more.
    """
    others = sum(
        share * state.recent_scores.get(r.reason, 0.0) / _mean(state, r.reason)
        for r, share in policy.rules
        if r.reason != CaptureReason.RANDOM
    )
    return others * _AIM / (1 - _AIM)


def _ratio(score: float, state: CaptureState, reason: str) -> float:
    if reason == CaptureReason.RANDOM:
        return score
    return min(score / _mean(state, reason), MAX_RATIO)


def _mean(state: CaptureState, reason: str) -> float:
    return max(state.mean_scores.get(reason, PRIOR_SCORE), _SMALLEST_MEAN)
