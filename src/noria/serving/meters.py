"""What a process tells monitoring of the calls it answers, in Prometheus' terms."""

import os
import time
from collections.abc import Iterable
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, multiprocess

from noria.storage import Held

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The variable with a folder in which processes behind one port keep their figures, so that any of them tells all.

The library reads it when it is imported.
"""

_CALL_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class CallEnd(StrEnum):
    """What became of a call that was answered."""

    CAPTURED = "captured"
    PASSED = "passed"  # decided on, and not captured
    SHED = "shed"  # drawn, and not stored: the database was away or overrun
    OUTSIDE = "outside"  # never decided on: capture off or not wanted, or of a version by name


class Meters:
    """Counters and histograms of this process; reading them costs nothing while calls are answered."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._calls = Histogram(
            "noria_invoke_seconds",
            "Answered invokes, from their arguments to their answer.",
            ["function"],
            buckets=_CALL_S,
            registry=self._registry,
        )
        stages = Histogram(
            "noria_invoke_stage_seconds",
            "Parts of an invoke: read the input, encode it, answer, decide on capture and store.",
            ["stage"],
            buckets=_CALL_S,
            registry=self._registry,
        )
        self._stages = {stage: stages.labels(stage) for stage in ("read", "encode", "answer", "capture")}
        self._ends = Counter(
            "noria_invokes_total",
            "Answered invokes by what became of them: captured, passed, shed or outside.",
            ["function", "end"],
            registry=self._registry,
        )
        self._reasons = Counter(
            "noria_captures_total",
            "Captured invokes by reason; one with two reasons counts at both.",
            ["function", "reason"],
            registry=self._registry,
        )
        self._requests = Counter(
            "noria_http_requests_total",
            "Requests by route and by the status of the answer.",
            ["method", "route", "status"],
            registry=self._registry,
        )

        self._waiting = Gauge(
            "noria_captures_waiting",
            "Captures on their way to the database.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._in_flight = Gauge(
            "noria_encodes_in_flight",
            "Inputs that are encoded or wait for it.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )

        self._journal_captures = Gauge(
            "noria_journal_captures",
            "Captures in the journal that the database does not have yet.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._journal_bytes = Gauge(
            "noria_journal_bytes",
            "Size of all journals in the folder.",
            registry=self._registry,
            multiprocess_mode="livemax",
        )
        self._dropped = Counter(
            "noria_captures_dropped_total",
            "Drawn calls that neither the database nor the journal took.",
            registry=self._registry,
        )
        self._told_dropped = 0

    @property
    def registry(self) -> CollectorRegistry:
        """What is told: the figures of this process, or those of all behind its port."""
        if SHARED not in os.environ:
            return self._registry
        of_all = CollectorRegistry()
        multiprocess.MultiProcessCollector(of_all)  # type: ignore[no-untyped-call]
        return of_all

    def looked(self, captures_waiting: int, in_flight: int) -> None:
        """What stands in line now."""
        self._waiting.set(captures_waiting)
        self._in_flight.set(in_flight)

    def journalled(self, held: Held, dropped: int) -> None:
        """What waits for the database to be back. dropped: since the process began."""
        self._journal_captures.set(held.captures)
        self._journal_bytes.set(held.bytes)
        self._dropped.inc(dropped - self._told_dropped)
        self._told_dropped = dropped

    def clock(self, function_id: str) -> "CallClock":
        """Begins to measure one call."""
        return CallClock(self, function_id)

    def lapped(self, stage: str, seconds: float) -> None:
        self._stages[stage].observe(seconds)

    def called(self, function_id: str, seconds: float, end: CallEnd, reasons: Iterable[str]) -> None:
        self._calls.labels(function_id).observe(seconds)
        self._ends.labels(function_id, end.value).inc()
        for reason in reasons:
            self._reasons.labels(function_id, reason).inc()

    def requested(self, method: str, route: str, status: int) -> None:
        """route: the address as it is declared, so that ids make no series of their own."""
        self._requests.labels(method, route, str(status)).inc()


def forget_process(pid: int, folder: str) -> None:
    """A process has ended: what it had in line counts no more, what it has answered does."""
    multiprocess.mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]


class CallClock:
    """Measures one call, stage by stage."""

    __slots__ = ("_began", "_function_id", "_lap", "_meters")

    def __init__(self, meters: Meters, function_id: str) -> None:
        self._meters = meters
        self._function_id = function_id
        self._began = self._lap = time.perf_counter()

    def lap(self, stage: str) -> None:
        """This stage is over: read, encode, answer or capture."""
        now = time.perf_counter()
        self._meters.lapped(stage, now - self._lap)
        self._lap = now

    def end(self, end: CallEnd, reasons: Iterable[str] = ()) -> None:
        self._meters.called(self._function_id, time.perf_counter() - self._began, end, reasons)
