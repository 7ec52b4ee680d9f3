"""The budget controller: about B captures a day by moving the threshold tau and nothing else.

A level fills by B a day and sinks by one with each capture; tau is set so that the level would be spent
within six hours at the traffic expected. At rest a quarter of the day's budget is in the level, so a burst
can take that much and no more, and what a quiet night left over is spent in the morning. Time comes in as
seconds from any fixed moment; nothing here reads a clock.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

DAY_S = 86_400.0
SPEND_S = 6 * 3600.0  # the level is meant to be spent within this time
LONG_S = DAY_S  # memory of the expected traffic: a whole day, so that day and night share one tau
SHORT_S = 3600.0  # memory that notices a burst …
BURST = 3.0  # … which is more than this many times the expected traffic
FIRST_TAU = 0.2  # of the first calls, when nothing is known about the traffic
USUAL_BUDGET = 200.0  # a day, to guess the traffic of a function whose budget is still 0
PRIOR_S = 3600.0  # what is believed of unknown traffic is worth this much time of watching
MAX_TAU = 10.0  # at this value the smallest weight, 0.1, is captured for certain
LOWEST_LEVEL = 0.05  # of the level at rest: tau never reaches 0, else propensities would
SHED_FACTOR = 0.5  # on tau for each draw that the writer had no room for …
SHED_RECOVERY_S = 60.0  # … and how fast that is forgotten
_MIN_PRESSURE = 1 / 64


@dataclass(slots=True)
class _Traffic:
    """Fading sums over time: weight seen, and time watched."""

    weight: float
    time_s: float

    def pass_time(self, seconds: float, memory_s: float) -> None:
        keep = math.exp(-seconds / memory_s)
        self.weight *= keep
        self.time_s = self.time_s * keep + memory_s * (1 - keep)

    @property
    def rate(self) -> float:
        return self.weight / self.time_s


@dataclass(slots=True)
class _Totals:
    """Where the installation's totals stood at the last `sync`, less what this process had by then."""

    captured: float
    invokes: float


class BudgetController:
    """Moves tau from past traffic only. One a process and function; processes share totals by `sync`."""

    def __init__(self, budget_per_day: float, now_s: float) -> None:
        self.budget_per_day = max(0.0, budget_per_day)
        self._level = self._rest
        believed = (self.budget_per_day or USUAL_BUDGET) / (FIRST_TAU * DAY_S)
        self._long = _Traffic(believed * PRIOR_S, PRIOR_S)
        self._short = _Traffic(believed * PRIOR_S, PRIOR_S)
        self._pressure = 1.0  # on tau, below 1 after draws were shed
        self._now_s = now_s
        self._captured = 0.0  # of this process
        self._invokes = 0.0
        self._others: _Totals | None = None

    @property
    def _rest(self) -> float:
        return self.budget_per_day * SPEND_S / DAY_S

    def set_budget(self, budget_per_day: float) -> None:
        """Go on with another budget from here; the level keeps its place between empty and full."""
        before, self.budget_per_day = self._rest, max(0.0, budget_per_day)
        self._level = self._level * self._rest / before if before > 0 else self._rest

    def threshold(self, now_s: float) -> float:
        """tau for a call that arrives now, in [0, 10]; above 0 unless the budget is 0."""
        self._pass_time(now_s)
        return self._threshold()

    def observe(self, now_s: float, weight: float, captured: bool) -> None:
        """Count one decided call of this process, after its decision."""
        self._pass_time(now_s)
        self._see(self._effective(weight))
        self._invokes += 1
        if captured:
            self._captured += 1
            self._spend(1.0)

    def sync(self, now_s: float, captured_total: float, invokes_total: float) -> None:
        """Learn what all processes together captured and answered, as totals that only grow.

        The totals may lag behind; what is missing now is made up for at the next sync. The first sync only
        takes their measure.
        """
        self._pass_time(now_s)
        others = _Totals(captured_total - self._captured, invokes_total - self._invokes)
        if self._others is not None:
            self._spend(others.captured - self._others.captured)
            self._see((others.invokes - self._others.invokes) * self._effective(1.0))
        self._others = others

    def shed(self) -> None:
        """A draw was lost since the writer had no room: lower tau for the calls that follow."""
        self._pressure = max(_MIN_PRESSURE, self._pressure * SHED_FACTOR)

    def to_dict(self) -> dict[str, Any]:
        """For JSON. What a restart needs; the totals of `sync` start anew."""
        return {
            "now_s": self._now_s,
            "level": self._level,
            "budget_per_day": self.budget_per_day,
            "long": asdict(self._long),
            "short": asdict(self._short),
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any], budget_per_day: float) -> "BudgetController":
        """Where `to_dict` left off, perhaps with another budget; the time in between counts as quiet."""
        controller = cls(float(state["budget_per_day"]), float(state["now_s"]))
        controller._level = float(state["level"])
        controller._long = _Traffic(**{f.name: float(state["long"][f.name]) for f in fields(_Traffic)})
        controller._short = _Traffic(**{f.name: float(state["short"][f.name]) for f in fields(_Traffic)})
        controller.set_budget(budget_per_day)
        return controller

    def _threshold(self) -> float:
        if self.budget_per_day <= 0:
            return 0.0
        level = max(self._level, LOWEST_LEVEL * self._rest)
        expected = max(self._long.rate, self._short.rate / BURST) * SPEND_S
        return self._pressure * min(MAX_TAU, level / expected if expected > 0 else MAX_TAU)

    def _effective(self, weight: float) -> float:
        """The weight that counts as demand: no call is captured more than once, however large w·tau is."""
        tau = self._threshold()
        return min(1.0, weight * tau) / tau if tau > 0 else weight

    def _see(self, weight: float) -> None:
        self._long.weight = max(0.0, self._long.weight + weight)
        self._short.weight = max(0.0, self._short.weight + weight)

    def _spend(self, captures: float) -> None:
        self._level = min(2 * self._rest, max(-self._rest, self._level - captures))

    def _pass_time(self, now_s: float) -> None:
        seconds = now_s - self._now_s
        if seconds <= 0:  # a clock that was set back stands still for us
            return
        self._now_s = now_s
        self._level = min(2 * self._rest, self._level + self.budget_per_day * seconds / DAY_S)
        self._long.pass_time(seconds, LONG_S)
        self._short.pass_time(seconds, SHORT_S)
        self._pressure = 1 - (1 - self._pressure) * math.exp(-seconds / SHED_RECOVERY_S)
