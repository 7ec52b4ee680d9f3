"""Thirty simulated days: is live accuracy unbiased, and does its interval hold what it promises?

Uneven labels, a model that improves by promotions, arrivals while people label, several sittings a day with a new
ranking each (which knows a little more than the confidence that was answered), every fourth item blind, 60 % of
the captures labelled, a few skipped, the rest expiring.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pytest

from noria.capture.queue import QueueItem, serve_order, work_priority
from noria.estimate.accuracy import CountedLabel, Figure, LiveAccuracy, live_accuracy
from noria.estimate.reach import counts, propensities
from noria.estimate.response import Unanswered
from noria.estimate.sums import LabelSums, TrafficSums

DAY_S = 86_400.0
DAYS, CALLS_A_DAY, CAPTURED_A_DAY, SITTINGS_A_DAY = 30, 400, 24, 3
EXPIRES_S = 20 * DAY_S
SECONDS_A_LABEL = 300.0
N_LABELS = 10
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass
class Season:
    """The calls of one simulated season, and what became of the captured ones."""

    rng: np.random.Generator
    done: float = 0.6  # of what is captured, so much is labelled
    blind_every: int = 4
    knows: float = 0.15  # how much nearer to the top of the ranking an item is for being answered wrongly
    log: list[tuple[float, float]] = field(default_factory=list)
    served: int = 0

    def __post_init__(self) -> None:
        self._answer()
        self._capture()
        self._label()

    def _answer(self) -> None:
        n, rng = DAYS * CALLS_A_DAY, self.rng
        self.at = np.sort(rng.random(n)) * DAYS * DAY_S
        prior = 1 / np.arange(1, N_LABELS + 1)
        self.true = rng.choice(N_LABELS, n, p=prior / prior.sum())
        promotions = np.floor(2 * self.at / DAY_S) / (2 * DAYS)
        skill = 0.7 + 0.2 * promotions - 0.2 * self.true / N_LABELS
        chance = np.clip(rng.beta(6 * skill, 6 * (1 - skill)), 0.01, 0.995)
        self.correct = rng.random(n) < chance
        wrong = (self.true + rng.integers(1, N_LABELS, n)) % N_LABELS
        self.predicted = np.where(self.correct, self.true, wrong)
        self.confidence = np.clip(chance**0.8 + rng.normal(0, 0.05, n), 0.1, 0.999)  # a little too sure

    def _capture(self) -> None:
        unsure = 1 - self.confidence
        low = np.sqrt(self.confidence * unsure) + 0.5 * np.minimum(1, 1.6 * unsure) ** 2
        rare = unsure * np.sqrt((1 + self.predicted) / N_LABELS)
        weight = np.minimum(4.0, 0.2 + 0.55 * low / low.mean() + 0.25 * rare / rare.mean())
        swing = np.exp(0.4 * np.sin(2 * np.pi * self.at / (5 * DAY_S)))  # the budget moves tau
        tau = CAPTURED_A_DAY / CALLS_A_DAY / weight.mean() * swing
        draw = self.rng.random(len(weight))
        self.captured = np.flatnonzero(draw < weight * tau)
        self.w, self.tau, self.u = (x[self.captured] for x in (weight, tau, draw))
        self.key, self.arrived = self.u / self.w, self.at[self.captured]
        self.expires = self.arrived + EXPIRES_S
        self.settled = np.full(len(self.key), np.inf)
        self.skipped = np.zeros(len(self.key), dtype=bool)

    def _label(self) -> None:
        now, owed = 0.0, 0.0
        for sitting in np.sort(self.rng.random(DAYS * SITTINGS_A_DAY)) * DAYS * DAY_S:
            now, owed = max(now, sitting), owed + self.done * CAPTURED_A_DAY / SITTINGS_A_DAY
            turns = serve_order(self._ranked(now), self.served, self.blind_every)[: int(owed)]
            owed -= int(owed)
            for turn in turns:
                now += SECONDS_A_LABEL
                self._settle(int(turn.item.sample_id), now)

    def _settle(self, i: int, now: float) -> None:
        self.settled[i] = now
        self.skipped[i] = self.rng.random() < 0.02
        self.served += 1
        open_keys = self.key[self._open(now)]
        self.log.append((now, open_keys.min() if len(open_keys) else np.inf))

    def _open(self, now: float) -> np.ndarray:
        return np.flatnonzero(np.isinf(self.settled) & (self.arrived <= now) & (self.expires > now))

    def _ranked(self, now: float) -> list[QueueItem]:
        here = self._open(now)
        wrong = ~self.correct[self.captured[here]]
        close = 1.3 * (1 - self.confidence[self.captured[here]]) * np.exp(self.rng.normal(0, 0.5, len(here)))
        margin = 1 - np.minimum(1.0, close + self.knows * wrong)
        items = [
            QueueItem(str(i), self.key[i], "a", 0.5, m, EPOCH) for i, m in zip(here, margin, strict=True)
        ]
        return work_priority(items, {"a": 50})

    def estimate(self) -> tuple[LiveAccuracy, float, int]:
        """Live accuracy, the truth that it stands for, and how many labels people gave."""
        until = self.arrived[np.isfinite(self.settled)].max()
        pi = propensities(
            self.w, self.tau, self.arrived, self.expires, self.log, keys=self.key, settled_s=self.settled
        )
        inside = counts(self.u, pi) & (self.arrived <= until)
        assert np.isfinite(self.settled[inside]).all()
        rows = list(zip(self.captured[inside], pi[inside], self.skipped[inside], strict=True))
        counted = [self._counted(row, p) for row, p, skipped in rows if not skipped]
        lost = [
            Unanswered(str(self.predicted[row]), self.confidence[row], p)
            for row, p, skipped in rows
            if skipped
        ]
        covered = self.at <= until
        truth = float(self.correct[covered].mean())
        return live_accuracy(counted, self._sums(covered), lost), truth, int(np.isfinite(self.settled).sum())

    def _counted(self, row: int, propensity: float) -> CountedLabel:
        return CountedLabel(
            bool(self.correct[row]),
            str(self.predicted[row]),
            str(self.true[row]),
            float(self.confidence[row]),
            float(propensity),
            float(self.at[row]),
        )

    def _sums(self, covered: np.ndarray) -> TrafficSums:
        confidence, predicted = self.confidence[covered], self.predicted[covered]
        by_label = {str(k): LabelSums(n=float((predicted == k).sum())) for k in range(N_LABELS)}
        return TrafficSums(
            float(covered.sum()), float(confidence.sum()), float((confidence**2).sum()), by_label=by_label
        )


@dataclass(frozen=True)
class Report:
    bias: float  # in points
    rmse: float
    uniform: float  # RMSE of as many labels drawn evenly
    coverage: float
    width: float
    counted: float  # share of the labels given

    @classmethod
    def of(cls, runs: int, **how: float) -> "Report":
        rows = []
        for seed in range(runs):
            live, truth, given = Season(np.random.default_rng(seed), **how).estimate()  # type: ignore[arg-type]
            assert isinstance(live.accuracy, Figure)
            a = live.accuracy
            uniform = truth * (1 - truth) / given
            rows.append(
                (a.value - truth, uniform, a.low <= truth <= a.high, a.high - a.low, a.counted / given)
            )
        error, uniform, inside, width, counted = np.array(rows, dtype=float).T
        figures = (
            error.mean(),
            np.sqrt((error**2).mean()),
            np.sqrt(uniform.mean()),
            inside.mean(),
            width.mean(),
        )
        bias, rmse, evenly, coverage, wide = (round(float(x), 5) for x in figures)
        return cls(
            100 * bias, 100 * rmse, 100 * evenly, coverage, 100 * wide, round(float(counted.mean()), 3)
        )


def test_a_few_seasons_are_near_the_truth() -> None:
    report = Report.of(12)
    assert abs(report.bias) < 3
    assert report.coverage > 0.7


def test_a_counted_label_is_never_one_that_nobody_gave() -> None:
    season = Season(np.random.default_rng(3), done=0.3)
    pi = propensities(
        season.w,
        season.tau,
        season.arrived,
        season.expires,
        season.log,
        keys=season.key,
        settled_s=season.settled,
    )
    assert np.isfinite(season.settled[counts(season.u, pi)]).all()


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("done", "knows"), [(0.6, 0.15), (1.0, 0.15), (0.6, 0.5)])
def test_a_thousand_seasons_have_no_bias_and_honest_intervals(done: float, knows: float) -> None:
    report = Report.of(1000, done=done, knows=knows)
    print(f"\n{done:.0%} labelled, ranking knows {knows}, 1,000 seasons of {DAYS} days: {report}")
    assert abs(report.bias) <= 0.3
    assert report.coverage >= 0.93
