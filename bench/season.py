"""A fortnight of traffic and labelling, replayed over answers that are known: for `bench/estimates.py`.

Draws, budget, order of the queue, propensities and figures are those of the server, by its own code; calls, people
and the clock are played.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from answers import Answers, Floats, Ints

from noria.capture.budget import DAY_S, BudgetController
from noria.capture.queue import Gathered, QueueItem, gathered, left_lying, serve_order, work_priority
from noria.estimate.accuracy import CountedLabel, LiveAccuracy, live_accuracy
from noria.estimate.sums import LabelSums, TrafficSums
from noria.serving.figures import counted_labels, covered_until
from noria.storage import CaptureOutcome, Judged

DAYS, MOST_CALLS, PART = 14, 3_000, 0.9
CAPTURED_A_DAY = 25.0
BLIND_EVERY = 4
BLOCK = 15  # calls that are decided with one tau
LOOKS = 0.5  # of its blocks, one of several processes looks at what all of them captured
NOT_YET = np.inf


@dataclass(frozen=True)
class Condition:
    """How a season differs from an ordinary one."""

    says: str
    done: float = 0.6  # of what was captured so far, people label so much
    sittings_a_day: float = 1.0
    seconds_a_label: float = 20.0
    budgets: tuple[float, ...] = (1.0,)  # times the usual one, in equal parts of the season
    versions: tuple[int, ...] = (1,)  # that answer, in equal parts of the season
    skips_first: bool = False  # the first item shown in each sitting is skipped for good …
    leaves_first: bool = False  # … or left where it is
    stops_after_error: bool = False  # the sitting ends with the first answer seen to be wrong
    copies: float = 0.0  # of the calls, so many repeat one of the fifty before them
    near_copies: float = 0.0  # … and so many nearly; what lies open of them is answered together
    drifts: bool = False  # half of the labels come four times as often in one half of the season
    processes: int = 1
    keeps: int | None = None  # items in the queue at most
    expires_days: float = np.inf
    read_at_random: bool = False  # not at the end


@dataclass(frozen=True)
class Reading:
    """What the figures said, and what they stood for."""

    live: LiveAccuracy
    counted: Sequence[CountedLabel]
    given: int  # labels that people gave
    true: Ints  # (n,), of the calls covered
    predicted: Ints


class Processes:
    """Those that answer, each with a budget controller of its own, by blocks of calls."""

    def __init__(self, n: int, rng: np.random.Generator) -> None:
        self._rng, self._now, self._turn = rng, 0.0, 0
        self._captured = self._answered = 0
        self._controllers = [BudgetController(CAPTURED_A_DAY, 0.0) for _ in range(n)]
        for controller in self._controllers:
            controller.sync(0.0, 0, 0)

    def threshold(self, now: float, budget: float) -> float:
        """tau of whichever process answers the next block; it may not have heard of the others for a while."""
        self._now, self._turn = now, int(self._rng.integers(len(self._controllers)))
        controller = self._controllers[self._turn]
        if controller.budget_per_day != budget * CAPTURED_A_DAY:
            controller.set_budget(budget * CAPTURED_A_DAY)
        if len(self._controllers) == 1 or self._rng.random() < LOOKS:
            controller.sync(now, self._captured, self._answered)
        return controller.threshold(now)

    def observe(self, weights: Floats, captured: np.ndarray) -> None:
        """Count the block. One process alone learns of it by its next look, which is faster to play."""
        self._captured, self._answered = self._captured + int(captured.sum()), self._answered + len(captured)
        if len(self._controllers) > 1:
            for weight, hit in zip(weights.tolist(), captured.tolist(), strict=True):
                self._controllers[self._turn].observe(self._now, weight, hit)


class Season:
    """Plays one season; `reading` has what came of it."""

    def __init__(self, answers: Answers, condition: Condition, rng: np.random.Generator) -> None:
        self._answers, self._condition, self._rng = answers, condition, rng
        self._now, self._served, self._given = 0.0, 0, 0
        self._log: list[tuple[datetime, float]] = []
        self._smallest = (np.inf, 0.0)  # key, and since when
        self._evictions: list[tuple[datetime, float]] = []
        self._call()
        self._capture()
        self._until = DAYS * DAY_S * (rng.uniform(0.2, 1.0) if condition.read_at_random else 1.0)
        self._label()

    def _call(self) -> None:
        """Which calls come when, and which version answers."""
        rng, n_all = self._rng, len(self._answers.true)
        n = min(MOST_CALLS, int(PART * n_all))
        rows = np.sort(rng.permutation(n_all)[:n])
        rows = self._drifted(rows) if self._condition.drifts else rows
        self.row, _ = self._repeated(rows, self._condition.copies)
        self.row, near = self._repeated(self.row, self._condition.near_copies)
        days = np.sort(rng.random(len(rows))) * DAYS
        self.at = (days - 0.8 / (2 * np.pi) * np.sin(2 * np.pi * days)) * DAY_S  # nights are busy, noons calm
        self.version = np.array(self._condition.versions)[self._part(self.at, self._condition.versions)]
        self.true, self.content = self._answers.true[self.row], self._answers.contents[self.row].copy()
        self.content[near] = n_all + near  # another number in the same text, say
        self.predicted = self._answers.predicted[self.version, self.row]
        self.confidence = self._answers.confidence[self.version, self.row]

    def _drifted(self, rows: Ints) -> Ints:
        late = self._answers.true[rows] % 2 == 1
        second = np.arange(len(rows)) >= len(rows) / 2
        return rows[(late == second) | (self._rng.random(len(rows)) < 0.25)]

    def _repeated(self, rows: Ints, part: float) -> tuple[Ints, Ints]:
        """With a part of them repeating one of the fifty before, and which those are."""
        if not part:
            return rows, np.zeros(0, dtype=int)
        rows, repeats = rows.copy(), np.flatnonzero(self._rng.random(len(rows)) < part)
        for i in repeats:
            rows[i] = rows[max(0, i - int(self._rng.integers(1, 50)))]
        return rows, repeats

    def _part(self, at: Floats | float, parts: Sequence[object]) -> Ints:
        return np.minimum(np.asarray(at / (DAYS * DAY_S) * len(parts)).astype(int), len(parts) - 1)

    def _capture(self) -> None:
        """One draw a call. What turns out to be known at its moment leaves the captures in `_annotate`."""
        weight = self._answers.weight[self.version, self.row]
        draw, tau = self._rng.random(len(weight)), np.zeros(len(weight))
        process = Processes(self._condition.processes, self._rng)
        for block in np.split(np.arange(len(weight)), range(BLOCK, len(weight), BLOCK)):
            part = self._part(self.at[block[0]], self._condition.budgets)
            tau[block] = process.threshold(float(self.at[block[0]]), self._condition.budgets[part])
            process.observe(weight[block], draw[block] < weight[block] * tau[block])
        self.call = np.flatnonzero(draw < weight * tau)
        self.w, self.tau, self.u = (x[self.call] for x in (weight, tau, draw))
        self.key, self.arrived = self.u / self.w, self.at[self.call]
        self.outcome = np.full(len(self.call), CaptureOutcome.OPEN, dtype=object)
        self.open = np.ones(len(self.call), dtype=bool)
        self.settled = np.full(len(self.call), NOT_YET)
        self.lapsed = np.full(len(self.call), NOT_YET)
        self.passed = np.full(len(self.call), NOT_YET)  # when the estimate took it as skipped
        self.known = np.zeros(len(self.at), dtype=bool)

    def _label(self) -> None:
        n = self._rng.poisson(DAYS * self._condition.sittings_a_day)
        for start in np.sort(self._rng.random(n)) * DAYS * DAY_S:
            self._now = max(self._now + 1, start)
            if self._now > self._until:
                return
            self._upkeep()
            self._sit(int(self._condition.done * np.searchsorted(self.arrived, self._now)) - self._given)

    def _sit(self, wanted: int) -> None:
        """People label what is served, the order made when they sat down."""
        for number, group in enumerate(self._turns()):
            self._now += self._condition.seconds_a_label
            if wanted <= 0 or self._now > self._until:
                return
            self._served += 1
            content = int(group.turn.item.sample_id)
            if number == 0 and self._condition.leaves_first:
                continue
            if number == 0 and self._condition.skips_first:
                self._pass_over(content)
                continue
            wrong = self._annotate(content)
            for other in group.alike:
                self._now += 0.01
                self._annotate(int(other))
            self._given, wanted = self._given + 1, wanted - 1
            if wrong and self._condition.stops_after_error:
                return

    def _turns(self) -> list[Gathered]:
        live = int(self.version[min(np.searchsorted(self.at, self._now), len(self.at) - 1)])
        counts = dict(zip(self._answers.labels.tolist(), self._answers.counts[live].tolist(), strict=True))
        turns = serve_order(work_priority(self._items(live), counts), self._served, BLIND_EVERY)
        if self._condition.near_copies:
            return gathered(turns, self._answers.centres[live])
        return [Gathered(turn) for turn in turns]

    def _items(self, live: int) -> list[QueueItem]:
        first: dict[int, int] = {}  # by content, the open capture with the smallest key
        for i in self._open():
            content = int(self.content[self.call[i]])
            if content not in first or self.key[i] < self.key[first[content]]:
                first[content] = i
        answers = self._answers
        return [
            QueueItem(
                sample_id=str(content),
                key=float(self.key[i]),
                label_id=str(answers.labels[answers.predicted[live, row]]),
                confidence=float(answers.confidence[live, row]),
                margin=float(answers.margin[live, row]),
                captured_at=_time(self.arrived[i]),
                embedding=answers.embeddings[row] if self._condition.near_copies else None,
            )
            for content, i in first.items()
            for row in [self.row[self.call[i]]]
        ]

    def _open(self) -> Ints:
        return np.flatnonzero(self.open[: np.searchsorted(self.arrived, self._now, side="right")])

    def _of(self, content: int) -> Ints:
        """Captures of it that have come."""
        arrived = np.searchsorted(self.arrived, self._now, side="right")
        return np.flatnonzero(self.content[self.call[:arrived]] == content)

    def _annotate(self, content: int) -> bool:
        """Label all that has come of it; later copies are known. Whether the answer to the first was wrong."""
        here = self._of(content)
        self.outcome[here], self.settled[here], self.open[here] = CaptureOutcome.ANNOTATED, self._now, False
        later = (self.content == content) & (self.at > self._now)
        self.known |= later
        self.open &= ~later[self.call]
        self._log_rho()
        first = self.call[here[0]]
        return bool(self.predicted[first] != self.true[first])

    def _pass_over(self, content: int) -> None:
        here = np.intersect1d(self._of(content), self._open())
        self.outcome[here], self.settled[here], self.open[here] = CaptureOutcome.SKIPPED, self._now, False
        self._log_rho()

    def _upkeep(self) -> None:
        """What is too old or too much leaves the queue."""
        here = self._open()
        self._lapse(
            here[self.arrived[here] < self._now - self._condition.expires_days * DAY_S],
            CaptureOutcome.EXPIRED,
        )
        if self._condition.keeps is None:
            return
        keys, here = sorted(item.key for item in self._items(0)), self._open()
        if len(keys) > self._condition.keeps:
            kappa = keys[self._condition.keeps]
            self._evictions.append((_time(self._now), float(kappa)))
            self._lapse(here[self.key[here] >= kappa], CaptureOutcome.EVICTED)

    def _lapse(self, which: Ints, outcome: CaptureOutcome) -> None:
        if not len(which):
            return
        self.outcome[which], self.open[which] = outcome, False
        self.settled[which] = self.lapsed[which] = self._now
        self._log_rho()

    def _log_rho(self) -> None:
        here = self._open()
        here = here[self.passed[here] == NOT_YET]
        smallest = float(self.key[here].min()) if len(here) else np.inf
        self._log.append((_time(self._now), smallest))
        if smallest != self._smallest[0]:
            self._smallest = smallest, self._now
        since = self._smallest[1]
        self._now += 0.001
        done = np.isin(self.outcome, (CaptureOutcome.ANNOTATED, CaptureOutcome.SKIPPED)) & (
            self.settled > since
        )
        others = len(np.unique(self.content[self.call[done]]))
        if smallest < np.inf and left_lying(others, self._now - since):
            content = self.content[self.call[here[self.key[here] == smallest][0]]]
            self.passed[here[self.content[self.call[here]] == content]] = self._now
            self._log_rho()

    def reading(self) -> Reading | None:
        """The figures as pages show them at the moment of reading; None where nothing was settled."""
        judged = self._judged()
        last = max((j.at for j in judged if j.done), default=None)
        if last is None:
            return None
        covered = (self.at < covered_until(last).timestamp()) & (self.at <= self._until)
        people = (CaptureOutcome.ANNOTATED, CaptureOutcome.SKIPPED)
        settlements = [(j.settled_at, j.key) for j in judged if j.settled_at and j.outcome in people]
        settlements += [(_time(at), float(self.key[i])) for i, at in enumerate(self.passed) if at < NOT_YET]
        counted, lost = counted_labels(judged, self._log, self._evictions, settlements)
        live = live_accuracy(counted, self._sums(covered), lost, last.timestamp())
        return Reading(live, counted, self._given, self.true[covered], self.predicted[covered])

    def _judged(self) -> list[Judged]:
        n = np.searchsorted(self.arrived, self._until, side="right")
        return [self._row(i) for i in range(n) if not self.known[self.call[i]]]

    def _row(self, i: int) -> Judged:
        call, at = self.call[i], _time(self.arrived[i])
        annotated = self.outcome[i] is CaptureOutcome.ANNOTATED
        return Judged(
            id=str(i), sample_id=str(self.content[call]), version_id=None, at=at, arrived_at=at,
            draw=float(self.u[i]), weight=float(self.w[i]), threshold=float(self.tau[i]), key=float(self.key[i]),
            label_id=str(self._answers.labels[self.predicted[call]]), confidence=float(self.confidence[call]),
            outcome=self.outcome[i],
            true_label_id=str(self._answers.labels[self.true[call]]) if annotated else None,
            settled_at=_time(self.settled[i]) if self.settled[i] < NOT_YET else None,
            lapsed_at=_time(self.lapsed[i]) if self.lapsed[i] < NOT_YET else None,
            passed_at=_time(self.passed[i]) if self.passed[i] < NOT_YET else None,
        )  # fmt: skip

    def _sums(self, covered: np.ndarray) -> TrafficSums:
        """Over all calls covered, as the server adds them up."""
        labels, known = self._answers.labels, covered & self.known
        right, confidence = known & (self.predicted == self.true), self.confidence[covered]

        def by(places: Ints, which: np.ndarray) -> list[float]:
            return np.bincount(places[which], minlength=len(labels)).astype(float).tolist()

        answered, copies = by(self.predicted, covered), by(self.predicted, known)
        copies_right, copies_of = by(self.predicted, right), by(self.true, known)
        return TrafficSums(
            n=float(covered.sum()),
            confidence=float(confidence.sum()),
            confidence_sq=float((confidence**2).sum()),
            known_n=float(known.sum()),
            known_correct=float(right.sum()),
            known_confidence=float(self.confidence[known].sum()),
            by_label={
                str(label): LabelSums(
                    n=answered[k], known_n=copies[k], known_correct=copies_right[k], true_known=copies_of[k]
                )
                for k, label in enumerate(labels)
                if answered[k] or copies_of[k]
            },
        )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
