"""The budget controller: about B captures a day by moving the threshold tau and nothing else.

A level fills by B a day and sinks by one with each capture; tau is set so that the level would be spent
within twelve hours at the traffic expected. At rest half of the day's budget is in the level. What a quiet
night left over is spent in the morning; a burst is noticed within minutes and gets about twice the usual pace
of captures, whatever its traffic. Time comes in as seconds from any fixed moment; nothing here reads a clock.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

DAY_S = 86_400.0
SPEND_S = 12 * 3600.0  # the level is meant to be spent within this time
LONG_S = DAY_S  # memory of the expected traffic: a whole day, so that day and night share one tau
SHORT_S = 600.0  # memory that notices a burst, or longer, until …
SHORT_CALLS = 8.0  # … so many calls are to be expected in it: fewer could be chance
BURST = (
    2.0  # a burst is more than this many times the expected traffic; no more of it goes into the long memory
)
FULL = 2.0  # the highest level, in levels at rest: twelve silent hours fit above it
FIRST_TAU = 0.2  # of the first calls, when nothing is known about the traffic
USUAL_BUDGET = 200.0  # a day, to guess the traffic of a function whose budget is still 0
MEAN_CALLS = 1000.0  # memory of the mean weight of this process's calls, by which those of others are counted
PRIOR_CALLS = 20.0  # the mean weight of 1 is worth so many calls at first
PRIOR_S = 3600.0  # what is believed of unknown traffic is worth this much time of watching
MAX_TAU = 10.0  # at this value the smallest weight, 0.1, is captured for certain
LOWEST_LEVEL = 0.05  # of the level at rest: tau never reaches 0, else propensities would
SHED_FACTOR = 0.5  # on tau for each draw that the writer had no room for …
SHED_RECOVERY_S = 60.0  # … and how fast that is forgotten
ALONE_S = 10.0  # without a sync for longer, others are taken to go on as they did: the database is away
SHARE_S = 600.0  # memory of this process's share of the calls
MOST_OTHERS = 100.0  # calls of others that one of ours may stand for
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
    """Of captures and calls, or of captures and weight."""

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
        self._mean_weight = 1.0
        self._weighed = PRIOR_CALLS
        self._others: _Totals | None = None  # totals at the last sync, less what this process had counted
        self._assumed = _Totals(
            0.0, 0.0
        )  # captures and weight of others since the last sync, as guessed from ours
        self._synced_s = now_s
        self._synced_invokes = 0.0  # of this process, at the last sync
        self._recent = (0.0, 0.0)  # calls of this process and of others, fading

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
        """Count one call of this process after its decision; one that never can be captured has weight 0."""
        self._pass_time(now_s)
        demand = self._effective(weight)
        self._see(demand)
        self._weigh(demand)
        self._invokes += 1
        if captured:
            self._captured += 1
            self._spend(1.0)
        if self._others is not None and self._now_s - self._synced_s > ALONE_S:
            self._assume(demand, captured)

    def sync(self, now_s: float, captured_total: float, invokes_total: float) -> None:
        """Learn what all processes together captured and answered, as totals that only grow.

        The totals may lag behind; what is missing now is made up for at the next sync. The first sync only
        takes their measure, or goes on from those that the saved state had counted.
        """
        self._pass_time(now_s)
        others = _Totals(captured_total - self._captured, invokes_total - self._invokes)
        if self._others is not None:
            invokes = others.invokes - self._others.invokes
            self._spend(others.captured - self._others.captured - self._assumed.captured)
            self._see(invokes * self._mean_weight - self._assumed.invokes)
            self._follow_share(max(0.0, invokes))
        self._others, self._assumed = others, _Totals(0.0, 0.0)
        self._synced_s, self._synced_invokes = self._now_s, self._invokes

    def shed(self) -> None:
        """A draw was lost since the writer had no room: lower tau for the calls that follow."""
        self._pressure = max(_MIN_PRESSURE, self._pressure * SHED_FACTOR)

    def to_dict(self) -> dict[str, Any]:
        """For JSON. What a restart needs, with the totals up to which captures and calls are counted in it."""
        return {
            "now_s": self._now_s,
            "level": self._level,
            "budget_per_day": self.budget_per_day,
            "long": asdict(self._long),
            "short": asdict(self._short),
            "mean_weight": self._mean_weight,
            "counted": asdict(self._counted()) if self._others else None,
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any], budget_per_day: float) -> "BudgetController":
        """Where `to_dict` left off, perhaps with another budget; the time in between counts as quiet."""
        controller = cls(float(state["budget_per_day"]), float(state["now_s"]))
        controller._level = float(state["level"])
        controller._long = _Traffic(**{f.name: float(state["long"][f.name]) for f in fields(_Traffic)})
        controller._short = _Traffic(**{f.name: float(state["short"][f.name]) for f in fields(_Traffic)})
        controller._synced_s = controller._now_s
        controller._mean_weight = float(state.get("mean_weight", 1.0))
        if counted := state.get("counted"):
            controller._others = _Totals(float(counted["captured"]), float(counted["invokes"]))
        controller.set_budget(budget_per_day)
        return controller

    def _counted(self) -> _Totals:
        others = self._others or _Totals(0.0, 0.0)
        return _Totals(others.captured + self._captured, others.invokes + self._invokes)

    def _follow_share(self, others: float) -> None:
        keep = math.exp(-(self._now_s - self._synced_s) / SHARE_S)
        mine = self._invokes - self._synced_invokes
        self._recent = (self._recent[0] * keep + mine, self._recent[1] * keep + others)

    def _assume(self, demand: float, captured: bool) -> None:
        """Others have as many more calls and captures than this process as they had: the budget is still one."""
        mine, others = self._recent
        each = min(MOST_OTHERS, others / mine) if mine > 0 else 0.0
        self._see(each * demand)
        self._spend(each * captured)
        self._assumed.captured += each * captured
        self._assumed.invokes += each * demand

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

    def _weigh(self, demand: float) -> None:
        self._weighed = min(MEAN_CALLS, self._weighed + 1)
        self._mean_weight += (demand - self._mean_weight) / self._weighed

    def _see(self, weight: float) -> None:
        """Of a burst the long memory takes in no more than BURST times what it expects, lest the days after starve."""
        usual = min(1.0, BURST * self._long.rate / self._short.rate) if self._short.rate > 0 else 1.0
        self._long.weight = max(0.0, self._long.weight + weight * usual)
        self._short.weight = max(0.0, self._short.weight + weight)

    def _spend(self, captures: float) -> None:
        self._level = min(FULL * self._rest, max(-self._rest, self._level - captures))

    def _pass_time(self, now_s: float) -> None:
        seconds = now_s - self._now_s
        if seconds <= 0:  # a clock that was set back stands still for us
            return
        self._now_s = now_s
        self._level = min(FULL * self._rest, self._level + self.budget_per_day * seconds / DAY_S)
        self._short.pass_time(seconds, self._short_s)
        self._long.pass_time(seconds, LONG_S)
        self._pressure = 1 - (1 - self._pressure) * math.exp(-seconds / SHED_RECOVERY_S)

    @property
    def _short_s(self) -> float:
        needed = SHORT_CALLS / self._long.rate if self._long.rate > 0 else SPEND_S
        return min(SPEND_S, max(SHORT_S, needed))
