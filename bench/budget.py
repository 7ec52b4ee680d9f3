"""The budget as a promise: captures a day under bursts, silent nights, three processes and restarts.

    python bench/budget.py --out bench/results/budget.md [--seeds 3]

Days of calls go through the policy as servers run it (`FunctionCapture`), on a clock that is set from call to call.
Three processes answer 6, 3 and 1 of 10 calls; each publishes its counts once a second and reads the totals of all once a
second, as servers do, so that what one knows of the others is up to two seconds old. A process that is killed comes
back after five minutes with the state that was saved last, up to ten seconds before.
"""

import argparse
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from days import DAY_S, LABELS, Array, Calls, Course, calls

from noria.records.capture import CaptureReason
from noria.records.function import CaptureSettings
from noria.serving.capturing import FunctionCapture

PROCESSES = (0.6, 0.3, 0.1)  # of the calls
SAVE_EVERY_S = 10
DOWN_S = 300.0
DAYS = 8  # the first shows how it begins
LABEL_IDS = tuple(f"label_{i}" for i in range(LABELS))
COUNTS = dict(zip(LABEL_IDS, (60, 60, 40, 40, 20, 10, 5, 2), strict=True))
NO_EMBEDDING = np.zeros(1)


@dataclass(frozen=True)
class Plan:
    course: Course
    budget: float
    per_day: float
    seed: int = 0
    shares: Mapping[str, float] | None = None
    later: float | None = None  # the budget from the middle of the fourth day on
    one_killed_at_s: float = 2.4 * DAY_S
    all_killed_at_s: float = 4.6 * DAY_S

    def budget_at(self, time_s: float) -> float:
        return self.later if self.later is not None and time_s >= 3.5 * DAY_S else self.budget


@dataclass(frozen=True)
class Kept:
    """One run, by day."""

    promised: Array
    captured: Array
    random: Array  # of these, by random's part in their weight

    def over(self, days: int) -> Array:
        """Captured / promised over so many days after one another, from the second on."""
        return np.array(
            [
                self.captured[i : i + days].sum() / self.promised[i : i + days].sum()
                for i in range(1, len(self.captured) - days + 1)
            ]
        )


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Process:
    """A server process, as far as the budget sees it."""

    def __init__(self, number: int, plan: Plan, clock: Clock) -> None:
        self._plan, self._clock = plan, clock
        self._generator = random.Random(1000 * plan.seed + number)
        self.phase_s = self._generator.random()
        self._settings = CaptureSettings(budget_per_day=plan.budget)
        if plan.shares:
            self._settings = replace(self._settings, shares=dict(plan.shares))
        self.unpublished = 0
        self.down_until = 0.0
        self.start(None)

    def start(self, saved: Mapping[str, Any] | None) -> None:
        """Killed and started again, what it had not published lost."""
        self.unpublished = 0
        self.capture = FunctionCapture(self._settings, saved, now=self._clock, generator=self._generator)
        self.capture.follow(self._settings, COUNTS)

    def follow(self) -> None:
        budget = self._plan.budget_at(self._clock.now_s)
        if budget != self._settings.budget_per_day:
            self._settings = replace(self._settings, budget_per_day=budget)
            self.capture.follow(self._settings, COUNTS)


class Installation:
    """The processes, and the rows that they share."""

    def __init__(self, plan: Plan) -> None:
        self.clock = Clock()
        self.processes = [Process(i, plan, self.clock) for i in range(len(PROCESSES))]
        self.captured = self.invokes = 0
        self._plan = plan
        self._saved: Mapping[str, Any] | None = None
        self._second = 0  # done up to here
        self._busy_until = 0.0
        self._kills = [(plan.one_killed_at_s, self.processes[:1]), (plan.all_killed_at_s, self.processes)]

    def call(self, time_s: float, by: float, probabilities: Array) -> tuple[bool, float]:
        """Whether this call was captured, and random's part in it; by: in [0, 1), who answers it."""
        self._pass(time_s)
        up = [p for p in self.processes if p.down_until <= time_s]
        if not up:
            return False, 0.0
        mine = self.processes[int(np.searchsorted(np.cumsum(PROCESSES), by))]
        mine = mine if mine.down_until <= time_s else up[0]
        self.clock.now_s = time_s
        outcome = mine.capture.draw(probabilities, LABEL_IDS, NO_EMBEDDING, None)
        mine.unpublished += 1
        self._busy_until = time_s + 3
        if not outcome.captured:
            return False, 0.0
        self.captured += 1
        return True, outcome.parts[CaptureReason.RANDOM] / outcome.weight

    def _pass(self, time_s: float) -> None:
        """What happens by itself up to this time; in seconds in which nothing changes, nothing is to be told."""
        while self._second < int(time_s):
            if self._second > self._busy_until and not self._kill_is_near(self._second):
                self._second = max(self._second + 1, int(min(time_s, self._next_kill() - SAVE_EVERY_S)))
            else:
                self._second += 1
            self._tick(float(self._second))

    def _next_kill(self) -> float:
        return self._kills[0][0] if self._kills else float("inf")

    def _kill_is_near(self, second: float) -> bool:
        return self._next_kill() - second < 3 * SAVE_EVERY_S

    def _tick(self, second: float) -> None:
        for process in sorted(self.processes, key=lambda p: p.phase_s):
            if process.down_until > second:
                continue
            self.clock.now_s = second
            process.follow()
            process.capture.sync(self.captured, self.invokes)
            self.invokes += process.unpublished
            process.unpublished = 0
        if self._kill_is_near(second) and second % SAVE_EVERY_S == 0:
            up = [p for p in self.processes if p.down_until <= second]
            self._saved = up[-1].capture.to_dict() if up else self._saved
        if second >= self._next_kill():
            self._kill(second, self._kills.pop(0)[1])
        for process in self.processes:
            if 0 < process.down_until <= second:
                process.down_until = 0.0

    def _kill(self, second: float, killed: list[Process]) -> None:
        for process in killed:
            process.start(self._saved)
            process.down_until = second + DOWN_S


def run(plan: Plan) -> Kept:
    rng = np.random.default_rng(plan.seed)
    traffic: Calls = calls(plan.course, plan.per_day, DAYS, rng)
    installation, by = Installation(plan), rng.random(len(traffic.times))
    captured, at_random = np.zeros(DAYS), np.zeros(DAYS)
    for time_s, kind, who in zip(traffic.times.tolist(), traffic.kinds.tolist(), by.tolist(), strict=True):
        day = int(time_s // DAY_S)
        hit, part = installation.call(time_s, who, traffic.probabilities[day][kind])
        captured[day] += hit
        at_random[day] += part
    met = np.bincount((traffic.times // DAY_S).astype(int), minlength=DAYS)
    hours = (np.arange(DAYS * 24) + 0.5) * 3600
    promised = np.array([plan.budget_at(h) / 24 for h in hours]).reshape(DAYS, 24).sum(axis=1)
    promised = np.minimum(promised, met)
    return Kept(promised, captured, at_random)


BURSTY = Course("bursty days", nights=0.3, bursts=True, silent=5, surer=0.6)
GRID = [Plan(BURSTY, budget, calls) for calls in (200, 2000, 20_000, 100_000) for budget in (10, 60, 500)]
OTHERS = [
    Plan(Course("even"), 60, 5000),
    Plan(Course("12 silent hours every night", nights=0.0), 60, 5000),
    Plan(Course("12 silent hours every night", nights=0.0), 500, 5000),
    Plan(replace(BURSTY, name="bursty, budget 60, then 300"), 60, 5000, later=300),
    Plan(replace(BURSTY, name="bursty, budget 500, then 100"), 500, 5000, later=100),
    Plan(Course("no calls from 20 to 16 o'clock, once", nights=0.3, silent=3, silent_h=20), 500, 5000),
    Plan(
        Course("much less sure from the fourth day on; 0.1 random, 0.9 low confidence", nights=0.3, unsure_from=3),
        60, 5000, shares={"Random": 0.1, "LowConfidence": 0.9},
    ),
]  # fmt: skip
MANY = 10_000  # calls a day, of which one run tells enough

HEADER = """# The budget: promised and kept

Made by `python bench/budget.py`. {days} days of calls through the policy as servers run it, on a simulated clock: three
processes that answer 6, 3 and 1 of 10 calls and know of each other what is up to two seconds old. One is killed on the third
day and all on the fifth, each for five minutes. Captured / promised, the first day apart; where there are fewer calls than
the budget, all of them are promised. *Noise*: the standard deviation of a day's count, were captures independent of each
other (1/√budget). *Random*: random's part in what was captured. {seeds} runs a row, one from 10,000 calls a day on.

"""
BURSTY_WORDS = """## Bursty days

Three bursts of 20 times the traffic a day, of 5, 20 and 60 minutes, at any time, of calls that the model is less sure of; nights
with 0.3 of the day's traffic, one silent; a model that grows surer from day to day. Calls a day without bursts.

"""
COLUMNS = ("budget", "first day", "a day, lowest to highest", "days within 10 %", "noise", "3 days", "7 days")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    text = HEADER.format(days=DAYS, seeds=given.seeds) + BURSTY_WORDS + heading("calls a day")
    for plan in GRID:
        text += told(row(f"{plan.per_day:,.0f}", plan, given.seeds))
    text += "\n## Other days\n\n5,000 calls a day.\n\n" + heading("what happens")
    for plan in OTHERS:
        text += told(row(plan.course.name, plan, given.seeds))
    if given.out:
        given.out.write_text(text)


def told(line: str) -> str:
    print(line, end="", flush=True)
    return line


def heading(first: str) -> str:
    names = (first, *COLUMNS, "random", "lowest day")
    return f"| {' | '.join(names)} |\n" + "| --- " * len(names) + "|\n"


def row(name: str, plan: Plan, seeds: int) -> str:
    runs = [run(replace(plan, seed=seed)) for seed in range(1 if plan.per_day > MANY else seeds)]
    one, three, seven = (np.concatenate([each.over(days) for each in runs]) for days in (1, 3, 7))
    captured, at_random = (sum(getattr(each, part) for each in runs) for part in ("captured", "random"))
    promise = f"{plan.budget:,.0f}" + (f" → {plan.later:,.0f}" if plan.later else "")
    cells = (
        name,
        promise,
        f"{np.mean([each.captured[0] / each.promised[0] for each in runs]):.2f}",
        spread(one),
        f"{np.mean(np.abs(one - 1) <= 0.1 + 1e-9):.0%}",
        f"{plan.budget**-0.5:.2f}",
        spread(three),
        spread(seven),
        f"{at_random.sum() / captured.sum():.1%}",
        f"{(at_random / captured)[1:].min():.1%}",
    )
    return f"| {' | '.join(cells)} |\n"


def spread(ratios: Array) -> str:
    return f"{ratios.min():.2f} to {ratios.max():.2f}"


if __name__ == "__main__":
    main()
