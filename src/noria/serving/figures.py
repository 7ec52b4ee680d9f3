"""The figures of a function as pages and the API show them: read from the rows, estimated by `noria.estimate`."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from noria.estimate.accuracy import CountedLabel, LiveAccuracy, live_accuracy
from noria.estimate.automation import AutomationPoint, automation
from noria.estimate.confusion import Confusion, confusions
from noria.estimate.needed import Needed, needed, parted
from noria.estimate.reach import counts, propensities
from noria.estimate.reliability import ReliabilityBand, reliability
from noria.estimate.response import Unanswered
from noria.estimate.sums import BinSums, LabelSums, TrafficSums
from noria.learning.tags_training import can_train_tags
from noria.learning.training import can_train
from noria.records.function import Function
from noria.records.sample import HELD_OUT_SET
from noria.records.version import ModelVersion
from noria.serving.outputs import must_classify
from noria.storage import BY_PEOPLE, CaptureOutcome, Judged, KnownRow, Storage, SumsRow, TrafficRow

BINS = 20
_FAR_AWAY_S = float("inf")
_LAST_HOUR = datetime(9999, 12, 31, 23, tzinfo=UTC)  # no later one can be named
_LOST = {CaptureOutcome.SKIPPED, CaptureOutcome.UNSURE, CaptureOutcome.EXPIRED, CaptureOutcome.DELETED}
_ANSWERED = {CaptureOutcome.ANNOTATED, CaptureOutcome.KNOWN}

FIRST_TRAINING = "Training begins with two labels of two annotated samples each."
FIRST_TRAINING_OF_TAGS = "Training begins once a tag is present on two annotated samples and absent on two."


@dataclass(frozen=True, slots=True)
class TrainingState:
    phase: str | None  # None: nothing under way
    done: int
    total: int
    waiting: bool  # a change waits to be trained on
    why: str  # in words, why nothing is trained yet; empty otherwise
    error: str | None  # of the last run, if it failed


@dataclass(frozen=True, slots=True)
class Overview:
    samples: int
    annotated: int
    predicted: int
    staged: int
    invokes: int
    captured: int
    training: TrainingState
    live: ModelVersion | None
    label_counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """Live accuracy of a period, and what the reader must know to weigh it."""

    estimate: LiveAccuracy
    automation: tuple[AutomationPoint, ...]  # by rising threshold; empty without traffic
    reliability: tuple[ReliabilityBand, ...]  # by rising confidence
    confusions: tuple[Confusion, ...]  # most frequent first
    needed: tuple[Needed, ...]  # by narrowing interval; empty before there is a figure
    parted: float  # how far the label-free expectation lies above the interval, negative below
    judged: int  # annotated captures in the period, counted in the estimate or not
    open: int  # captures that wait for a label
    outside: int  # calls that asked to stay outside
    not_valid_hours: int  # hours in which drawn calls were shed
    not_judged_yet: float  # share of the period's calls after the last settled item


@dataclass(frozen=True)
class Calls:
    """The calls of a window, of one version or of whichever answered, as figures are estimated from them."""

    function_id: str
    since: datetime | None  # whole hours, as sums are kept
    until: datetime | None
    version_id: str | None
    judged: Sequence[Judged]  # captures that are waited for no longer
    counted: Sequence[tuple[Judged, float]]  # those with u < π, settled or not, each with its π
    traffic: Sequence[TrafficRow]
    last: datetime | None  # the call of the last settled item
    covered: datetime | None  # the end of its hour: figures speak of calls before it
    sums: TrafficSums  # of those calls

    @cached_property
    def labels(self) -> list[CountedLabel]:
        return [label for j, p in self.counted if (label := as_label(j, p)) is not None]

    @cached_property
    def unanswered(self) -> list[Unanswered]:
        return [one for j, p in self.counted if (one := as_unanswered(j, p)) is not None]


class Figures:
    """Reads only. Times are aware UTC datetimes; a period without `since` begins with the function."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def overview(self, function_id: str) -> Overview:
        storage = self._storage
        function = storage.functions.get(function_id)
        totals, samples = storage.captures.totals(function_id), storage.samples.counts(function_id)
        per_label = storage.labels.counts(function_id)
        live = function.live_version_id
        return Overview(
            samples=samples.samples,
            annotated=samples.annotated,
            predicted=samples.predicted,
            staged=samples.staged,
            invokes=totals.invokes,
            captured=totals.captured,
            training=self._training(function),
            live=storage.versions.get(function_id, live) if live else None,
            label_counts=per_label,
        )

    def live(
        self,
        function_id: str,
        since: datetime | None = None,
        until: datetime | None = None,
        version_id: str | None = None,
    ) -> LiveFigures:
        """Live accuracy of the calls in [since, until), of one version or of whichever answered.

        The sums are kept by the hour, so a window is widened to whole hours.
        """
        return self.live_of(self.calls(function_id, since, until, version_id))

    def calls(
        self,
        function_id: str,
        since: datetime | None = None,
        until: datetime | None = None,
        version_id: str | None = None,
    ) -> Calls:
        """What `live` estimates from, read once for all figures of a page. Raises FunctionNotFound, OnlySearches, GivesTags."""
        captures, queue = self._storage.captures, self._storage.queue
        must_classify(self._storage.functions.get(function_id))
        since, until = begin_of_hour(since), end_of_hour(until)
        judged = [
            j
            for j in captures.judged(function_id, since, until, waiting=False)
            if is_of(j.version_id, version_id)
        ]
        traffic = [t for t in captures.traffic(function_id, since, until) if is_of(t.version_id, version_id)]
        last = max((j.at for j in judged if j.done), default=None)
        covered = covered_until(last) if last else until
        sums = sums_between(
            self._storage, function_id, since, covered, lambda answered_by: is_of(answered_by, version_id)
        )
        counted = counted_captures(
            judged,
            queue.rho_log(function_id),
            queue.evictions(function_id),
            queue.settlements(function_id),
        )
        return Calls(function_id, since, until, version_id, judged, counted, traffic, last, covered, sums)

    def live_of(self, calls: Calls) -> LiveFigures:
        """The figures of calls that `calls` has read."""
        judged, traffic, sums, last = calls.judged, calls.traffic, calls.sums, calls.last
        counted, lost = calls.labels, calls.unanswered
        all_calls = sum(t.n for t in traffic)
        estimate = live_accuracy(counted, sums, lost, last.timestamp() if last else None)
        given = sum(j.outcome in _ANSWERED for j in judged)
        return LiveFigures(
            estimate=estimate,
            automation=automation(counted, sums, lost),
            reliability=reliability(counted, sums, lost),
            confusions=confusions(counted, sums, lost),
            needed=needed(estimate.accuracy, given),
            parted=parted(estimate.accuracy, estimate.expected),
            judged=given,
            open=self._storage.queue.waiting(calls.function_id, calls.since, calls.until, calls.version_id),
            outside=sum(t.outside for t in traffic),
            not_valid_hours=sum(t.shed > 0 for t in traffic),
            not_judged_yet=1 - sums.n / all_calls if all_calls else 0.0,
        )

    def histogram(
        self,
        function_id: str,
        since: datetime | None = None,
        until: datetime | None = None,
        version_id: str | None = None,
    ) -> list[int]:
        """Calls by confidence of the answer, in 20 equal bins over [0, 1]."""
        found = self._storage.captures.summed(function_id, since, until)
        rows = [row for row in found if is_of(row.version_id, version_id)]
        return [sum(row.bins[i] for row in rows) for i in range(BINS)]

    def traffic(self, function_id: str, hours: int = 24) -> list[tuple[datetime, int, int]]:
        """(hour, calls, captured) for the last hours, oldest first, empty ones included."""
        this_hour = int(time.time() // 3600)
        since = datetime.fromtimestamp((this_hour - hours + 1) * 3600, UTC)
        calls: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for row in self._storage.captures.traffic(function_id, since):
            calls[row.hour][0] += row.n
            calls[row.hour][1] += row.captured
        return [
            (datetime.fromtimestamp(hour * 3600, UTC), calls[hour][0], calls[hour][1])
            for hour in range(this_hour - hours + 1, this_hour + 1)
        ]

    def versions(self, function_id: str) -> list[ModelVersion]:
        """Newest first."""
        return self._storage.versions.all(function_id)

    def _training(self, function: Function) -> TrainingState:
        function_id, wanted = function.id, function.needs_training
        run, last = self._storage.runs.current(function_id), self._storage.runs.last(function_id)
        missing = self._missing(function)
        return TrainingState(
            phase=run.phase if run else None,
            done=run.done if run else 0,
            total=run.total if run else 0,
            waiting=wanted,
            why=missing,
            error=last.error if last and not run else None,
        )

    def _missing(self, function: Function) -> str:
        """In words, what keeps the first training from beginning; empty where nothing does."""
        if function.tags:
            counts = self._storage.tags.counts(function.id, HELD_OUT_SET).values()
            if can_train_tags((count.present, count.absent) for count in counts):
                return ""
            return FIRST_TRAINING_OF_TAGS
        if can_train(self._storage.training.counts(function.id, HELD_OUT_SET).values()):
            return ""
        return FIRST_TRAINING


def counted_labels(
    judged: Sequence[Judged],
    rho_log: Sequence[tuple[datetime, float]],
    evictions: Sequence[tuple[datetime, float]],
    settlements: Sequence[tuple[datetime, float]],
) -> tuple[list[CountedLabel], list[Unanswered]]:
    """The labels that count in estimates, and the counted captures that got none.

    rho_log, evictions, settlements: as `storage.queue` keeps them, of the whole function.
    """
    inside = counted_captures(judged, rho_log, evictions, settlements)
    counted = [label for j, p in inside if (label := as_label(j, p)) is not None]
    lost = [one for j, p in inside if (one := as_unanswered(j, p)) is not None]
    return counted, lost


def as_label(capture: Judged, propensity: float) -> CountedLabel | None:
    """What a counted capture says of its answer; None without a label."""
    if capture.outcome not in _ANSWERED or capture.true_label_id is None:
        return None
    return CountedLabel(
        capture.true_label_id == capture.label_id,
        capture.label_id,
        capture.true_label_id,
        capture.confidence,
        propensity,
        capture.at.timestamp(),
    )


def as_unanswered(capture: Judged, propensity: float) -> Unanswered | None:
    """A counted capture that has no label and is not waited for; None for any other."""
    left_lying = capture.outcome is CaptureOutcome.OPEN and capture.passed_at is not None
    if capture.outcome not in _LOST and not left_lying:
        return None
    return Unanswered(capture.label_id, capture.confidence, propensity)


def counted_captures(
    judged: Sequence[Judged],
    rho_log: Sequence[tuple[datetime, float]],
    evictions: Sequence[tuple[datetime, float]],
    settlements: Sequence[tuple[datetime, float]],
) -> list[tuple[Judged, float]]:
    """The captures with u < π, settled or not, each with its π."""
    if not judged:
        return []
    pi = propensities(
        [j.weight for j in judged],
        [j.threshold for j in judged],
        [j.arrived_at.timestamp() for j in judged],
        [j.lapsed_at.timestamp() if j.lapsed_at else _FAR_AWAY_S for j in judged],
        [(at.timestamp(), rho) for at, rho in rho_log],
        [(at.timestamp(), kappa) for at, kappa in evictions],
        keys=[j.key for j in judged],
        settled_s=[_settled_s(j) for j in judged],
        settlements=[(at.timestamp(), key) for at, key in settlements],
    )
    inside = counts([j.draw for j in judged], pi)
    return [(j, p) for j, p, is_in in zip(judged, pi.tolist(), inside.tolist(), strict=True) if is_in]


def _settled_s(capture: Judged) -> float:
    """When a person settled it, or people left it lying, which took its turn; never, where it left by itself."""
    if capture.passed_at is not None:
        return capture.passed_at.timestamp()
    if capture.settled_at is None or capture.outcome not in BY_PEOPLE:
        return _FAR_AWAY_S
    return capture.settled_at.timestamp()


def is_of(version_id: str | None, wanted: str | None) -> bool:
    return wanted is None or version_id == wanted


def covered_until(last: datetime) -> datetime:
    """The end of the hour of the last settled call: the sums are kept by the hour."""
    return last.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def begin_of_hour(at: datetime | None) -> datetime | None:
    return at and at.replace(minute=0, second=0, microsecond=0)


def end_of_hour(at: datetime | None) -> datetime | None:
    """Where the hour that holds `at` ends; a whole hour stays as it is."""
    begin = begin_of_hour(at)
    if begin is None or begin == at:
        return begin
    return begin + timedelta(hours=1) if begin < _LAST_HOUR else begin


def sums_between(
    storage: Storage,
    function_id: str,
    since: datetime | None,
    until: datetime | None,
    answered_by: Callable[[str | None], bool],
) -> TrafficSums:
    """Of the calls in these whole hours that a version answered for which `answered_by` holds."""
    captures = storage.captures
    return traffic_sums(
        [s for s in captures.summed(function_id, since, until) if answered_by(s.version_id)],
        [t for t in captures.traffic(function_id, since, until) if answered_by(t.version_id)],
        [k for k in captures.known_summed(function_id, since, until) if answered_by(k.version_id)],
    )


def traffic_sums(rows: list[SumsRow], traffic: list[TrafficRow], known: list[KnownRow]) -> TrafficSums:
    """What the rows of a period add up to, in all and by label."""
    by_label: dict[str, LabelSums] = {}
    answers: dict[str, list[SumsRow]] = defaultdict(list)
    known_answers: dict[str, list[KnownRow]] = defaultdict(list)
    known_truths: dict[str, list[KnownRow]] = defaultdict(list)
    for r in rows:
        answers[r.label_id].append(r)
    for k in known:
        known_answers[k.predicted_label_id].append(k)
        known_truths[k.true_label_id].append(k)
    for label_id in answers.keys() | known_truths.keys():
        mine, answered = answers.get(label_id, ()), known_answers.get(label_id, ())
        by_label[label_id] = LabelSums(
            n=sum(r.n for r in mine),
            confidence=sum(r.confidence_sum for r in mine),
            confidence_sq=sum(r.confidence_sq_sum for r in mine),
            known_n=sum(k.n for k in answered),
            known_correct=sum(k.n for k in answered if k.true_label_id == label_id),
            true_known=sum(k.n for k in known_truths.get(label_id, ())),
            probability=sum(r.p_sum for r in mine),
        )
    return TrafficSums(
        n=sum(t.n for t in traffic),
        confidence=sum(r.confidence_sum for r in rows),
        confidence_sq=sum(r.confidence_sq_sum for r in rows),
        known_n=sum(t.known_n for t in traffic),
        known_correct=sum(t.known_correct for t in traffic),
        by_label=by_label,
        known_pairs=_pairs(known),
        bins=_bins(rows, known),
    )


def _pairs(known: list[KnownRow]) -> dict[tuple[str, str], float]:
    pairs: dict[tuple[str, str], float] = defaultdict(float)
    for row in known:
        pairs[row.true_label_id, row.predicted_label_id] += row.n
    return dict(pairs)


def _bins(rows: list[SumsRow], known: list[KnownRow]) -> tuple[BinSums, ...]:
    return tuple(
        BinSums(
            n=sum(r.bins[i] for r in rows),
            known_n=sum(k.bins[i] for k in known),
            known_correct=sum(k.bins[i] for k in known if k.predicted_label_id == k.true_label_id),
        )
        for i in range(BINS)
    )
