"""Decisions of two processes and a restart, audited from stored rows: the propensity is what it says it is."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from campaigns.deciding import Task
from campaigns.pets import WORDS, texts
from scipy import stats
from taught import ENCODERS, Taught

from noria.records.function import CaptureSettings
from noria.storage import Judged, Storage, open_storage
from noria.storage.tables import decisions
from noria.work.train import Trainer

TESTS = Path(__file__).parents[1]
PROCESSES = 2
BANDS = 20
BUDGETS = (1.0, 6.0, 1.5, 0.3)  # times the calls, in order: two for each half
FALSE_ALARM = 1e-5  # of each check, were all well

Array = np.ndarray


@dataclass(frozen=True)
class Audit:
    """What the rows of one function say about all its decisions, in the order in which they were stored."""

    calls: int
    draw: Array
    weight: Array
    threshold: Array
    captured: Array
    captures: list[Judged]
    totals: tuple[int, int]  # calls and captures
    shed: int

    @property
    def propensity(self) -> Array:
        return np.minimum(1.0, self.weight * self.threshold)


def begin(storage: Storage, budget: float, keep: bool = True) -> Taught:
    """A function of four labels with a trained version."""
    capture = CaptureSettings(budget_per_day=budget, keep_every_decision=keep, queue_limit=10**6)
    function = Taught.new(storage, tuple(WORDS), capture)
    for kind in WORDS:
        new = texts(kind, seed=1)
        for _ in range(5):
            function.teach(next(new), kind)
    Trainer(storage, ENCODERS).run(storage.functions.get(function.id))
    return function


class Processes:
    """So many processes at work, begun together once all of them are ready."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        environment = {**os.environ, "PYTHONPATH": str(TESTS)}
        command = [sys.executable, "-m", "campaigns.deciding"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._all = [
            subprocess.Popen([*command, json.dumps(asdict(t))], env=environment, **pipes) for t in tasks
        ]
        for process in self._all:
            assert process.stdout.readline() == b"ready\n"
        for process in self._all:
            process.stdin.write(b"go\n")
            process.stdin.flush()

    def check(self) -> None:
        """None has failed."""
        assert all(process.poll() in (None, 0) for process in self._all)

    def finish(self) -> list[dict[str, float]]:
        outputs = [process.communicate()[0] for process in self._all]
        self.check()
        return [json.loads(output) for output in outputs]


def set_budget(function: Taught, budget: float) -> None:
    settings = function.storage.functions.get(function.id)
    capture = replace(settings.capture, budget_per_day=budget)
    function.storage.functions.update(function.id, capture=capture, at=settings.created_at)


def half(function: Taught, data: Path, calls: int, seed: int, budgets: tuple[float, float]) -> None:
    """Two processes answer half of the calls each; the budget moves when half of these are answered."""
    set_budget(function, budgets[0] * calls)
    before = function.storage.captures.totals(function.id).invokes
    processes = Processes(
        [Task(str(data), function.id, seed + i, calls // PROCESSES) for i in range(PROCESSES)]
    )
    while function.storage.captures.totals(function.id).invokes < before + calls // 2:
        processes.check()
        time.sleep(0.05)
    set_budget(function, budgets[1] * calls)
    for report in processes.finish():
        print(
            f"{report['calls'] / report['seconds']:.0f} decisions/s, {1e6 * report['cpu_s'] / report['calls']:.0f} µs each"
        )


def read(function: Taught, calls: int) -> Audit:
    columns = decisions.c
    wanted = sa.select(columns.draw, columns.weight, columns.threshold, columns.captured)
    with function.storage.database.read() as connection:
        rows = connection.execute(wanted.where(columns.function_id == function.id).order_by(columns.id)).all()
    draw, weight, threshold, captured = (np.array(column) for column in zip(*rows, strict=True))
    totals = function.storage.captures.totals(function.id)
    return Audit(
        calls, draw, weight, threshold, captured,
        captures=function.storage.captures.judged(function.id),
        totals=(totals.invokes, totals.captured),
        shed=sum(row.shed for row in function.storage.captures.traffic(function.id)),
    )  # fmt: skip


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(20_000, id="20k", marks=pytest.mark.timeout(300)),
        pytest.param(1_000_000, id="1M", marks=[pytest.mark.long, pytest.mark.timeout(3600)]),
    ],
)
def audit(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audit]:
    data = tmp_path_factory.mktemp("audit")
    storage = open_storage(f"sqlite:///{data / 'noria.db'}")
    calls = request.param
    function = begin(storage, BUDGETS[0] * calls)
    half(function, data, calls // 2, seed=10, budgets=BUDGETS[:2])
    half(function, data, calls // 2, seed=20, budgets=BUDGETS[2:])
    yield read(function, calls)
    storage.close()


def surely_zero(correlation: float, n: int) -> bool:
    """Whether a correlation of n pairs could be one of independent numbers."""
    return abs(correlation) * n**0.5 < stats.norm.isf(FALSE_ALARM / 2)


def correlation(a: Array, b: Array) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def agreement(propensity: Array, captured: Array) -> float:
    """p of χ² over 20 bands of equally many decisions: do the captures agree with the propensities?"""
    order = np.argsort(propensity, kind="stable")
    chi, free = 0.0, 0
    for band in np.array_split(order, BANDS):
        p = propensity[band]
        variance = float((p * (1 - p)).sum())
        if variance > 0:
            chi += float(captured[band].sum() - p.sum()) ** 2 / variance
            free += 1
    return float(stats.chi2.sf(chi, free))


def test_each_call_has_its_decision_and_its_place_in_the_sums(audit: Audit) -> None:
    assert len(audit.draw) == audit.calls == audit.totals[0]
    print(
        f"{audit.shed} captures were not waited for"
    )  # on a machine that is overloaded; they are stored all the same


def test_a_call_is_captured_if_and_only_if_its_draw_says_so(audit: Audit) -> None:
    assert np.array_equal(audit.captured, audit.draw < audit.weight * audit.threshold)


def test_captures_are_as_frequent_as_their_propensities_say(audit: Audit) -> None:
    print(
        f"{audit.captured.sum()} captured, propensities {audit.propensity.min():.4f} to {audit.propensity.max():.4f}"
    )
    assert agreement(audit.propensity, audit.captured) > FALSE_ALARM


def test_so_they_are_in_each_eighth_while_the_budget_moves(audit: Audit) -> None:
    parts = list(zip(np.array_split(audit.propensity, 8), np.array_split(audit.captured, 8), strict=True))
    means = [part.mean() for part, _ in parts]
    assert max(means) > 2 * min(means)  # it did move
    assert all(agreement(*part) > FALSE_ALARM for part in parts)


def test_draws_are_uniform(audit: Audit) -> None:
    assert stats.kstest(audit.draw, "uniform").pvalue > FALSE_ALARM


def test_no_draw_is_shared(audit: Audit) -> None:
    assert len(np.unique(audit.draw)) == audit.calls


@pytest.mark.parametrize("lag", [1, 2, 3, 5, 10, 32, 100])
def test_draws_do_not_follow_one_another(audit: Audit, lag: int) -> None:
    assert surely_zero(correlation(audit.draw[:-lag], audit.draw[lag:]), audit.calls - lag)


def test_weight_and_threshold_know_nothing_of_the_draw(audit: Audit) -> None:
    for predictable in (audit.weight, audit.threshold, audit.propensity):
        assert surely_zero(correlation(audit.draw, predictable), audit.calls)


def test_captured_decisions_and_capture_rows_are_the_same(audit: Audit) -> None:
    rows = {c.draw: (c.weight, c.threshold, c.key) for c in audit.captures}
    drawn = {
        draw: (weight, threshold, draw / weight)
        for draw, weight, threshold in zip(
            audit.draw[audit.captured],
            audit.weight[audit.captured],
            audit.threshold[audit.captured],
            strict=True,
        )
    }
    assert rows == drawn
    assert len(audit.captures) == audit.totals[1] == int(audit.captured.sum())


# --- the budget of both together


def spend(
    data: Path, days: float, seconds: float, budget: float, calls: tuple[int, ...], runs: int = 1
) -> float:
    """Captures per budget, of processes that share the traffic unevenly, started anew for each run."""
    storage = open_storage(f"sqlite:///{data / 'noria.db'}")
    function = begin(storage, budget, keep=False)
    for run in range(runs):
        tasks = [
            Task(str(data), function.id, 10 * run + i, n, days, seconds, run * days)
            for i, n in enumerate(calls)
        ]
        Processes(tasks).finish()
    totals = storage.captures.totals(function.id)
    storage.close()
    spent = totals.captured / (runs * days * budget)
    print(
        f"{totals.captured} of {totals.invokes} calls captured in {runs * days} days of {budget}: {spent:.3f} of the budget"
    )
    return spent


def test_two_processes_spend_one_budget(tmp_path: Path) -> None:
    assert 0.75 < spend(tmp_path, days=2, seconds=12, budget=500, calls=(9000, 3000)) < 1.25


def test_three_processes_spend_one_budget_through_a_restart(tmp_path: Path) -> None:
    assert 0.75 < spend(tmp_path, days=1, seconds=8, budget=500, calls=(4000, 2000, 1000), runs=2) < 1.25


@pytest.mark.long
def test_two_processes_spend_one_budget_over_a_week(tmp_path: Path) -> None:
    assert 0.9 < spend(tmp_path, days=7, seconds=60, budget=500, calls=(45_000, 15_000)) < 1.1
