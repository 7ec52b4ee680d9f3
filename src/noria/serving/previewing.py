"""What the last day would have staged with other settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from noria.capture.policy import Policy, shares_of
from noria.capture.preview import Preview, Recorded, preview
from noria.errors import SampleNotFound
from noria.records.capture import Capture
from noria.records.field import FieldValues
from noria.records.sample import Sample
from noria.serving.capturing import Course
from noria.serving.live import LiveFunctions
from noria.serving.outputs import must_have_labels
from noria.serving.spending import DAY
from noria.storage import Storage

EXAMPLES = 6  # that would be staged, and as many that would not
_READ = 5000  # captures, the latest


@dataclass(frozen=True, slots=True)
class Example:
    sample_id: str
    data: str
    media_type: str | None  # of an image, whose data is empty
    field_values: FieldValues | None  # of a row
    label_id: str
    confidence: float
    reason: str  # the strongest


@dataclass(frozen=True, slots=True)
class DayPreview:
    preview: Preview
    captured: int  # in the last 24 hours, really
    budget: float  # a day, on the average of these hours
    shares: Mapping[str, float]  # previewed, normalised
    staged: tuple[Example, ...]
    passed: tuple[Example, ...]


def day_preview(
    storage: Storage,
    live: LiveFunctions,
    function_id: str,
    budget_per_day: float | None = None,
    shares: Mapping[str, float] | None = None,
    now: datetime | None = None,
) -> DayPreview:
    """What is left out is as it is. Raises FunctionNotFound, OnlySearches, BadInput for shares of unknown rules."""
    now = now or datetime.now(UTC)
    function = live.peek(function_id) or live.refresh(function_id)
    must_have_labels(function.function)
    settings, courses = function.function.capture, function.capture.courses
    wanted = settings.budget_per_day if budget_per_day is None else budget_per_day
    chosen = {
        rule.reason: share
        for rule, share in Policy.of(shares_of(settings) if shares is None else shares).rules
    }
    captures = storage.captures.since(function_id, now - DAY, _READ)
    captured = storage.captures.count_since(function_id, now - DAY)
    budget = mean_budget(courses, (now - DAY).timestamp(), now.timestamp())
    told = preview(
        [Recorded.of(each, _shares_at(courses, each.at.timestamp())) for each in captures],
        chosen,
        len(captures) * wanted / budget if budget else 0.0,
    )
    told = _scaled(told, captured / len(captures)) if captures else told
    return DayPreview(
        told, captured, budget, chosen, _examples(storage, function_id, told.staged),
        _examples(storage, function_id, told.passed),
    )  # fmt: skip


def mean_budget(courses: Sequence[Course], begin_s: float, end_s: float) -> float:
    """Of the budgets that held in this time, weighed by how long they did.

    >>> mean_budget([Course(0.0, 100.0, {}), Course(75.0, 500.0, {})], 50.0, 100.0)
    300.0
    """
    ends = [course.since_s for course in courses[1:]] + [end_s]
    spans = [max(0.0, end - max(begin_s, c.since_s)) for c, end in zip(courses, ends, strict=True)]
    if not (total := sum(spans)):
        return courses[-1].budget_per_day if courses else 0.0
    return sum(span * c.budget_per_day for span, c in zip(spans, courses, strict=True)) / total


def _shares_at(courses: Sequence[Course], at_s: float) -> Mapping[str, float]:
    held = [course for course in courses if course.since_s <= at_s]
    return (held[-1] if held else courses[0]).shares


def _scaled(told: Preview, by: float) -> Preview:
    """The figures of all captures, where only the latest were read."""
    return Preview(
        told.total * by,
        {reason: n * by for reason, n in told.by_reason.items()},
        {label: n * by for label, n in told.by_label.items()},
        told.unknown,
        told.effective,
        told.staged,
        told.passed,
    )


def _examples(storage: Storage, function_id: str, captures: Sequence[Capture]) -> tuple[Example, ...]:
    found: dict[str, Example] = {}
    for capture in captures:
        if len(found) == EXAMPLES:
            break
        if capture.sample_id not in found and (sample := _sample(storage, function_id, capture.sample_id)):
            found[capture.sample_id] = Example(
                sample.id, sample.data, sample.media_type, sample.field_values, capture.label_id, capture.confidence,
                max(capture.parts, key=lambda reason: capture.parts[reason]),
            )  # fmt: skip
    return tuple(found.values())


def _sample(storage: Storage, function_id: str, sample_id: str) -> Sample | None:
    try:
        return storage.samples.get(function_id, sample_id)
    except SampleNotFound:  # deleted since
        return None
