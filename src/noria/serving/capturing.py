"""A function's capture policy at work in this process: its own generator, its own threshold."""

import logging
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from noria.capture.budget import DAY_S, BudgetController
from noria.capture.call import Array, Call, CaptureState, Likest, like_nothing
from noria.capture.policy import Outcome, Policy, decide, shares_of
from noria.capture.rules.user_rules import ReadyRule, matching, ready
from noria.capture.tags_call import TagsCall
from noria.capture.traffic import TrafficMeans
from noria.errors import BadInput
from noria.learning.arrays import FloatArray
from noria.records.capture import CaptureReason
from noria.records.function import CaptureSettings

log = logging.getLogger("noria.capture")

_WATCH_EVERY = (
    8  # calls, of which one is compared with the samples whatever it draws, so that the budget knows
)
_WATCHED = 100  # such calls that its mean goes back


MAX_COURSES = 100  # changes of the settings that are remembered, and for a day at most


@dataclass(frozen=True, slots=True)
class Course:
    """Budget and shares from a moment on."""

    since_s: float
    budget_per_day: float
    shares: Mapping[str, float]  # as the policy had them: they sum to 1


class FunctionCapture:
    """Draws once for each call of one function. Safe from any thread: settings that change never tear a draw."""

    def __init__(
        self,
        settings: CaptureSettings,
        saved: Mapping[str, Any] | None = None,
        *,
        now: Callable[[], float] | None = None,
        generator: random.Random | None = None,
    ) -> None:
        """now: the clock, in seconds.   generator: of the draws; left out, one that nobody can foretell."""
        self.settings = settings
        self.failed_rules: Counter[str] = Counter()
        self._now = now or _now
        self._random = generator or random.Random(secrets.randbits(256))
        self._policy = _policy(settings)
        self._rules = _rules(settings)
        self._counts: Mapping[str, int] = {}
        self._aligned: tuple[tuple[str, ...], Array] = ((), np.zeros(0))
        self._means, self._budget = _restored(settings, saved, self._now())
        self._n = 0  # calls decided
        self.moved = 0  # counts what changes the state: one that stands still need not be saved again
        self._kept = 1.0  # running mean over watched calls, see `Outcome`
        self._courses = _followed(saved)
        self._keep_course(settings)
        self._lock = threading.Lock()

    def follow(self, settings: CaptureSettings, label_counts: Mapping[str, int]) -> None:
        """Take over settings and label counts that changed."""
        with self._lock:
            self.moved += settings != self.settings
            if settings.rules != self.settings.rules:
                self._rules = _rules(settings)
                self._means.forget(CaptureReason.RULE)
            if (settings.shares, settings.rules) != (self.settings.shares, self.settings.rules):
                self._policy = _policy(settings)
            if settings.budget_per_day != self.settings.budget_per_day:
                self._budget.set_budget(settings.budget_per_day)
            self.settings = settings
            self._keep_course(settings)
            self._counts = dict(label_counts)
            self._aligned = ((), np.zeros(0))

    def draw(
        self,
        probabilities: FloatArray,
        label_ids: tuple[str, ...],
        embedding: FloatArray,
        metadata: Mapping[str, str] | None,
        compare: Callable[[], Likest | None] = like_nothing,
        label: str = "",
        at: datetime | None = None,
        thresholds: FloatArray | None = None,
    ) -> Outcome:
        """The decision for one call, from everything before it and a fresh uniform number.

        compare: as in `Call`.   label: the name of the label that was answered.   at: when the call came, in UTC.
        thresholds: (n_labels,), where the call was answered with tags.
        """
        facts = (probabilities.astype(np.float64), label_ids, embedding, metadata or {}, compare, label, at)
        call = Call(*facts) if thresholds is None else TagsCall(*facts, thresholds)
        with self._lock:
            now, rules = self._now(), self._rules
            counts = self._counts_in_order(label_ids)
            state = CaptureState(counts, self._means.means(), self._means.recent(), rules)
            self._n += 1
            self.moved += 1
            watched = self._n % _WATCH_EVERY == 0
            outcome = decide(
                call, state, self._policy, self._budget.threshold(now), self._random.random(),
                compare=watched or self.settings.keep_every_decision,
            )  # fmt: skip
            self._means.observe(outcome.scores)
            self._budget.observe(now, self._seen(outcome, watched), outcome.captured)
            for reason in outcome.failed:
                self._note_failure(reason)
        return replace(outcome, rules=matching(call, rules)) if rules and outcome.captured else outcome

    def passed(self) -> None:
        """A call that is not drawn, since what it should be answered with is known."""
        with self._lock:
            self.moved += 1
            self._budget.observe(self._now(), 0.0, captured=False)

    @property
    def label_counts(self) -> Mapping[str, int]:
        """Annotated samples by label id, as last read."""
        return self._counts

    def shed(self) -> None:
        """The drawn call could not be stored; later calls get a lower threshold."""
        with self._lock:
            self._budget.shed()

    def sync(self, captured_total: int, invokes_total: int) -> None:
        """What all processes together captured and answered so far."""
        with self._lock:
            self._budget.sync(self._now(), captured_total, invokes_total)

    def to_dict(self) -> dict[str, Any]:
        with self._lock:
            return {
                "means": self._means.to_dict(),
                "budget": self._budget.to_dict(),
                "courses": [[c.since_s, c.budget_per_day, dict(c.shares)] for c in self._courses],
            }

    @property
    def courses(self) -> tuple["Course", ...]:
        """Budget and shares that held in the last day, oldest first."""
        return self._courses

    def _keep_course(self, settings: CaptureSettings) -> None:
        now, shares = self._now(), {rule.reason: share for rule, share in self._policy.rules}
        last = self._courses[-1] if self._courses else None
        if last and (last.budget_per_day, dict(last.shares)) == (settings.budget_per_day, shares):
            return
        ends = [*(c.since_s for c in self._courses[1:]), now]
        held = [c for c, end in zip(self._courses, ends, strict=False) if end > now - DAY_S]
        self._courses = (*held[-MAX_COURSES:], Course(now, settings.budget_per_day, shares))

    def _seen(self, outcome: Outcome, watched: bool) -> float:
        """The weight that the budget is to see: expected of calls that were not compared, by those watched."""
        if watched:
            self._kept += (outcome.kept - self._kept) / _WATCHED
        return outcome.weight if outcome.compared else outcome.weight * self._kept

    def _counts_in_order(self, label_ids: tuple[str, ...]) -> Array:
        if self._aligned[0] != label_ids:
            counts = np.array([self._counts.get(label_id, 0) for label_id in label_ids], dtype=np.float64)
            self._aligned = (label_ids, counts)
        return self._aligned[1]

    def _note_failure(self, reason: str) -> None:
        self.failed_rules[reason] += 1
        if self.failed_rules[reason] == 1:
            log.warning("capture rule %s failed and scored 0; later failures are only counted", reason)


def _now() -> float:
    return time.time()


def _policy(settings: CaptureSettings) -> Policy:
    try:
        return Policy.of(shares_of(settings))
    except BadInput as problem:  # a rule whose package was uninstalled must not take the endpoint down
        log.warning("capture shares can't be used, capturing at random: %s", problem)
        return Policy.of({"Random": 1.0})


def _rules(settings: CaptureSettings) -> tuple[ReadyRule, ...]:
    try:
        return ready(settings.rules)
    except BadInput as problem:  # of another version, which may know more words
        log.warning("the function's own capture rules can't be used and ask for nothing: %s", problem)
        return ()


def _followed(saved: Mapping[str, Any] | None) -> tuple[Course, ...]:
    try:
        rows = (saved or {}).get("courses", [])
        return tuple(
            Course(float(since), float(budget), {str(r): float(share) for r, share in shares.items()})
            for since, budget, shares in rows
        )
    except (AttributeError, TypeError, ValueError):
        return ()


def _restored(
    settings: CaptureSettings, saved: Mapping[str, Any] | None, now_s: float
) -> tuple[TrafficMeans, BudgetController]:
    try:
        if saved:
            return (
                TrafficMeans.from_dict(saved["means"]),
                BudgetController.from_dict(saved["budget"], settings.budget_per_day),
            )
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        log.warning("the saved capture state can't be read, starting afresh: %r", problem)
    return TrafficMeans(), BudgetController(settings.budget_per_day, now_s)
