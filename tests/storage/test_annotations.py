import math
from datetime import date, timedelta

import pytest

from noria.errors import LabelNotFound, SampleNotFound
from noria.records.sample import Annotation, AnnotationSource
from noria.storage import CaptureOutcome, DayCount


def get(desk):
    return desk.storage.functions.get(desk.function_id)


def labels_in_history(desk, sample_id=None):
    return [e.label_id for e in desk.storage.annotations.history(desk.function_id, sample_id)]


def test_an_annotation_is_kept_with_who_gave_it_and_where(desk):
    sample, at = desk.add("one"), desk.now
    set_ = desk.storage.annotations.set
    after = set_(desk.function_id, sample.id, desk.a, "Ann", AnnotationSource.GRID, at)
    assert after.annotation == Annotation(desk.a, at, "Ann", AnnotationSource.GRID)
    assert after == desk.sample(sample.id)


def test_an_annotation_asks_for_training(desk):
    sample, before = desk.add("one"), get(desk)
    desk.annotate(sample.id, "a")
    assert get(desk).wanted_seq == before.wanted_seq + 1
    assert get(desk).changed_seq == before.changed_seq + 1


def test_an_annotation_needs_a_sample_and_a_label_of_the_function(desk, other_desk):
    sample = desk.add("one")
    with pytest.raises(SampleNotFound):
        desk.annotate(other_desk.add("one").id, "a")
    desk.labels["foreign"] = other_desk.a
    with pytest.raises(LabelNotFound):
        desk.annotate(sample.id, "foreign")
    assert desk.sample(sample.id).annotation is None


def test_annotating_a_captured_sample_settles_all_its_captures(desk):
    first = desk.capture("same", key=0.2)
    assert desk.capture("same", key=0.3) == first
    assert not desk.annotate(first, "b").staged
    assert desk.outcomes(first) == [CaptureOutcome.ANNOTATED] * 2
    assert {j.true_label_id for j in desk.storage.captures.judged(desk.function_id)} == {desk.b}
    assert desk.queue() == []


def test_another_label_for_the_sample_is_another_judgement(desk):
    id = desk.capture("one")
    desk.annotate(id, "a")
    desk.annotate(id, "b")
    (judged,) = desk.storage.captures.judged(desk.function_id)
    assert judged.true_label_id == desk.b
    assert labels_in_history(desk, id) == [desk.b, desk.a]
    assert desk.storage.annotations.history(desk.function_id, id)[0].previous_label_id == desk.a


def test_undo_puts_a_captured_sample_back_into_staging(desk):
    id = desk.capture("one", key=0.25)
    desk.annotate(id, "a")
    after = desk.unannotate(id)
    assert after.staged
    assert after.annotation is None
    assert desk.outcomes(id) == [CaptureOutcome.OPEN]
    (judged,) = desk.storage.captures.judged(desk.function_id)
    assert (judged.true_label_id, judged.settled_at) == (None, None)
    assert desk.queue() == ["one"]
    assert desk.rhos() == [math.inf, 0.25]


def test_undo_leaves_a_brought_sample_among_the_ordinary_ones(desk):
    sample = desk.add("one", "a")
    assert not desk.unannotate(sample.id).staged


def test_undo_leaves_an_adopted_sample_among_the_ordinary_ones(desk):
    desk.capture("one")
    adopted = desk.add("one", "a")
    assert not desk.unannotate(adopted.id).staged
    assert desk.queue() == ["one"]


def test_undo_without_an_annotation_changes_nothing(desk):
    id = desk.capture("one")
    before = get(desk)
    assert desk.unannotate(id) == desk.sample(id)
    assert get(desk) == before
    assert desk.rhos() == []


def test_undo_after_expiry_does_not_bring_the_item_back(desk):
    id = desk.capture("one")
    desk.storage.queue.expire(desk.function_id, desk.now, desk.now)
    desk.annotate(id, "a")
    desk.unannotate(id)
    assert desk.outcomes(id) == [CaptureOutcome.EXPIRED]
    assert desk.queue() == []


def test_the_log_tells_every_change_newest_first(desk):
    sample = desk.add("one", "a")
    desk.annotate(sample.id, "b", by="Bob")
    desk.unannotate(sample.id)
    last, middle, first = desk.storage.annotations.history(desk.function_id, sample.id)
    assert (first.label_id, first.previous_label_id) == (desk.a, None)
    assert (middle.label_id, middle.previous_label_id, middle.by) == (desk.b, desk.a, "Bob")
    assert (last.label_id, last.previous_label_id, last.source) == (None, desk.b, None)
    assert last.id > middle.id > first.id


def test_the_log_outlives_the_sample(desk):
    sample = desk.add("one", "a")
    desk.storage.samples.delete(desk.function_id, sample.id, desk.now)
    assert labels_in_history(desk, sample.id) == [None, desk.a]


def test_the_log_is_of_one_function_and_no_longer_than_asked(desk, other_desk):
    other_desk.add("theirs", "a")
    for i in range(3):
        desk.add(f"text {i}", "a")
    assert len(desk.storage.annotations.history(desk.function_id)) == 3
    assert len(desk.storage.annotations.history(desk.function_id, limit=2)) == 2


def test_days_count_the_labels_given_and_not_those_removed(desk):
    sample = desk.add("one", "a")
    start = sample.annotation.at
    desk.unannotate(sample.id)
    desk.seconds += 24 * 3600
    desk.annotate(sample.id, "a")
    desk.annotate(sample.id, "b")
    daily = desk.storage.annotations.daily
    assert daily(desk.function_id, start) == [DayCount(date(2026, 3, 1), 1), DayCount(date(2026, 3, 2), 2)]
    assert daily(desk.function_id, start + timedelta(days=1)) == [DayCount(date(2026, 3, 2), 2)]
