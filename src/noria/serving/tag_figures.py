"""Live figures of tags: each tag is a question of its own, "is it there?", put to the estimators that labels have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from noria.estimate.accuracy import Estimate, live_accuracy
from noria.estimate.sums import LabelSums, TrafficSums
from noria.serving.figures import (
    as_label,
    as_unanswered,
    begin_of_hour,
    counted_captures,
    covered_until,
    end_of_hour,
    is_of,
)
from noria.serving.outputs import must_give_tags
from noria.storage import (
    CaptureOutcome,
    Judged,
    JudgedTags,
    Storage,
    SumsRow,
    without,
)


@dataclass(frozen=True, slots=True)
class TagFigures:
    """What is known of one tag in production."""

    label_id: str
    precision: Estimate  # of the calls that it was answered to, the share that have it
    recall: Estimate  # of the calls that have it, the share that it was answered to
    prevalence: Estimate  # of all calls, the share that have it
    expected_prevalence: float | None  # label-free: its mean probability over all calls; None without any


@dataclass(frozen=True, slots=True)
class LiveTagFigures:
    """The figures of a period, and what the reader must know to weigh them."""

    tags: tuple[TagFigures, ...]  # in the order of the labels' creation
    calls: int
    known_calls: int  # exact copies of samples that were annotated before
    judged: int  # captures with an annotation
    open: int
    until: datetime | None  # time of the last settled call
    not_judged_yet: float  # share of the period's calls after that one


def live_tag_figures(
    storage: Storage,
    function_id: str,
    since: datetime | None = None,
    until: datetime | None = None,
    version_id: str | None = None,
) -> LiveTagFigures:
    """Figures of the calls in [since, until), of one version or of whichever answered, widened to whole hours.

    Raises FunctionNotFound, OnlySearches, GivesOneLabel.
    """
    must_give_tags(storage.functions.get(function_id))
    since, until = begin_of_hour(since), end_of_hour(until)
    judged = [
        j for j in storage.tags.judged(function_id, since, until) if is_of(j.capture.version_id, version_id)
    ]
    settled = [j.capture.at for j in judged if j.capture.settled_at is not None]
    last = max(settled, default=None)
    books = Books.read(storage, function_id, since, covered_until(last) if last else until, version_id)
    all_calls = sum(
        t.n for t in storage.captures.traffic(function_id, since, until) if is_of(t.version_id, version_id)
    )
    queue = storage.queue
    by_id = {j.capture.id: j for j in judged}
    inside = counted_captures(
        [j.capture for j in judged],
        queue.rho_log(function_id),
        queue.evictions(function_id),
        queue.settlements(function_id),
    )
    asked = [(by_id[capture.id], p) for capture, p in inside]
    begun = _begun(storage, function_id)

    def figures(label_id: str) -> TagFigures | None:
        begin = begun.get(label_id)
        if begin is None or (since is not None and begin <= since):
            return figures_of(label_id, asked, books)
        end = covered_until(last) if last else until
        of_label = Books.read(storage, function_id, begin, end, version_id)
        return figures_of(label_id, [(j, p) for j, p in asked if j.capture.at >= begin], of_label)

    every = [figures(label.id) for label in storage.labels.all(function_id)]
    return LiveTagFigures(
        tuple(tag for tag in every if tag is not None),
        calls=books.n,
        known_calls=books.known_n,
        judged=sum(bool(j.true) for j in judged),
        open=queue.waiting(function_id, since, until, version_id),
        until=last,
        not_judged_yet=1 - books.n / all_calls if all_calls else 0.0,
    )


def figures_of(
    label_id: str, inside: Sequence[tuple[JudgedTags, float]], books: "Books"
) -> TagFigures | None:
    """One tag's, from the captures that count, each with its π; None where nothing is known of it."""
    asked = [(_question(judged, label_id), p) for judged, p in inside]
    counted = [said for j, p in asked if (said := as_label(j, p)) is not None]
    lost = [one for j, p in asked if (one := as_unanswered(j, p)) is not None]
    figures = live_accuracy(counted, books.of(label_id), lost).labels.get(label_id)
    if figures is None:
        return None
    return TagFigures(label_id, figures.precision, figures.recall, figures.share, books.expected(label_id))


def _begun(storage: Storage, function_id: str) -> dict[str, datetime]:
    """From when on tags have figures that others were merged into: the sums don't say of how many calls both were answered."""
    begun: dict[str, datetime] = {}
    for merged in storage.merges.of(function_id).values():
        at = covered_until(merged.at)
        begun[merged.into] = max(at, begun.get(merged.into, at))
    return begun


def _question(judged: JudgedTags, label_id: str) -> Judged:
    """The capture as an answer to "is this tag there?".

    Where people were not asked about this tag, as it was made later, their answer counts as none.
    """
    p = judged.answer.confidences.get(label_id, 0.0)  # a version that didn't know the tag has said no
    there = label_id in judged.answer.present
    truth = judged.true.get(label_id)
    outcome = judged.capture.outcome
    if outcome is CaptureOutcome.ANNOTATED and truth is None:
        outcome = CaptureOutcome.UNSURE
    return replace(
        judged.capture,
        label_id=label_id if there else without(label_id),
        confidence=p if there else 1 - p,
        true_label_id=None if truth is None else label_id if truth else without(label_id),
        outcome=outcome,
    )


@dataclass(frozen=True, slots=True)
class Books:
    """The sums over all calls of a period."""

    n: int
    known_n: int
    by_tag: Mapping[str, Sequence[SumsRow]]
    known: Mapping[tuple[str, str], int]  # (answered, true), of known calls, each tag's by itself

    @classmethod
    def read(
        cls,
        storage: Storage,
        function_id: str,
        since: datetime | None,
        until: datetime | None,
        version_id: str | None,
    ) -> "Books":
        captures = storage.captures
        traffic = [t for t in captures.traffic(function_id, since, until) if is_of(t.version_id, version_id)]
        by_tag: dict[str, list[SumsRow]] = {}
        for row in captures.summed(function_id, since, until):
            if is_of(row.version_id, version_id):
                by_tag.setdefault(row.label_id, []).append(row)
        known: dict[tuple[str, str], int] = {}
        for pair in captures.known_summed(function_id, since, until):
            if is_of(pair.version_id, version_id):
                key = (pair.predicted_label_id, pair.true_label_id)
                known[key] = known.get(key, 0) + pair.n
        return cls(sum(t.n for t in traffic), sum(t.known_n for t in traffic), by_tag, known)

    def of(self, label_id: str) -> TrafficSums:
        """The traffic as answers to this tag's question.

        Known calls of which nobody said if they have the tag are left out: no draw can tell either.
        """
        rows, no = self.by_tag.get(label_id, ()), without(label_id)
        pairs = {
            (said, true): self.known.get((said, true), 0)
            for said in (label_id, no)
            for true in (label_id, no)
        }
        known_n = sum(pairs.values())
        n = self.n - (self.known_n - known_n)
        yes, p = sum(r.n for r in rows), sum(r.p_sum for r in rows)
        yes_sure = sum(r.confidence_sum for r in rows)
        no_sure = max(0.0, (self.n - yes) - (p - yes_sure))  # of those answered "no": the sum of 1 - p
        return TrafficSums(
            n=n,
            confidence=yes_sure + no_sure,
            known_n=known_n,
            known_correct=pairs[label_id, label_id] + pairs[no, no],
            by_label={
                label_id: LabelSums(
                    n=yes,
                    confidence=yes_sure,
                    known_n=pairs[label_id, label_id] + pairs[label_id, no],
                    known_correct=pairs[label_id, label_id],
                    true_known=pairs[label_id, label_id] + pairs[no, label_id],
                    probability=p,
                ),
                no: LabelSums(
                    n=max(0, n - yes),
                    confidence=no_sure,
                    known_n=pairs[no, no] + pairs[no, label_id],
                    known_correct=pairs[no, no],
                    true_known=pairs[no, no] + pairs[label_id, no],
                ),
            },
        )

    def expected(self, label_id: str) -> float | None:
        return sum(r.p_sum for r in self.by_tag.get(label_id, ())) / self.n if self.n else None
