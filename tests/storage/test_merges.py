"""Merged labels: every row that named one names the other, also what comes in late."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from taught import Taught

from noria.errors import BadInput, LabelNotFound
from noria.records.function import CaptureSettings, Output
from noria.records.sample import AnnotationSource
from noria.records.tags import Tag, TagsAnswer, TagsPrediction
from noria.records.user_rule import UserRule
from noria.storage import CaptureBatch, KnownRow, MergeCounts, SumsRow, TagCounts, TrafficRow

HOUR = 490_000


def merge(desk):
    """Label a becomes b."""
    return desk.storage.merges.merge(desk.function_id, desk.a, desk.b, "ann", desk.now)


def label(desk, id):
    return desk.storage.labels.get(desk.function_id, id)


def answered(desk, label_id, n=1, known=()):
    """Calls of one hour that were answered with this label; known: (answered, true) pairs."""
    right = sum(said == true for said, true in known)
    return CaptureBatch(
        sums=[SumsRow(desk.function_id, HOUR, None, label_id, n, 0.5 * n, 0.25 * n, 0.5 * n)],
        traffic=[TrafficRow(desk.function_id, HOUR, None, n, len(known), right)],
        known=[KnownRow(desk.function_id, HOUR, None, said, true, 1) for said, true in known],
    )


def test_samples_and_predictions_follow_and_the_label_is_gone(desk):
    labelled, predicted = desk.add("one", "a"), desk.add("two", "c")
    desk.storage.samples.set_predictions(desk.function_id, [(predicted.id, desk.a, 0.5)], None)
    merge(desk)
    assert desk.sample(labelled.id).annotation == replace(labelled.annotation, label_id=desk.b)
    assert desk.sample(predicted.id).prediction.label_id == desk.b
    assert desk.sample(predicted.id).annotation.label_id == desk.labels["c"]
    with pytest.raises(LabelNotFound):
        label(desk, desk.a)


def test_another_function_stays_as_it_is(desk, other_desk):
    sample = other_desk.add("one", "a")
    merge(desk)
    assert other_desk.sample(sample.id).annotation.label_id == other_desk.a
    assert len(other_desk.storage.labels.all(other_desk.function_id)) == 3


def test_the_log_tells_processes_of_it_but_nobody_labelled_anew(desk):
    desk.add("one", "a")
    _, last = desk.storage.samples.known_answers_since(desk.function_id, 0)
    before = desk.storage.annotations.daily(desk.function_id, datetime(2020, 1, 1, tzinfo=UTC))
    merge(desk)
    rows, _ = desk.storage.samples.known_answers_since(desk.function_id, last)
    assert [label_id for _, label_id in rows] == [desk.b]
    newest = desk.storage.annotations.history(desk.function_id)[0]
    assert (newest.previous_label_id, newest.label_id, newest.by) == (desk.a, desk.b, "ann")
    assert newest.source is AnnotationSource.MERGE
    assert desk.storage.annotations.daily(desk.function_id, datetime(2020, 1, 1, tzinfo=UTC)) == before


def test_captured_calls_are_answered_with_and_judged_by_the_other(desk):
    right, waiting = desk.capture("one"), desk.capture("two")
    desk.annotate(right, "b")
    assert not desk.storage.captures.judged(desk.function_id)[0].correct
    merge(desk)
    first, second = desk.storage.captures.judged(desk.function_id)
    assert (first.label_id, first.true_label_id, first.correct) == (desk.b, desk.b, True)
    assert (second.label_id, second.settled_at) == (desk.b, None)
    assert desk.queue() == ["two"]
    assert waiting


def test_a_judgement_by_the_label_is_one_by_the_other(desk):
    id = desk.capture("one", label_id=desk.b)
    desk.annotate(id, "a")
    before = desk.rhos()
    merge(desk)
    assert desk.storage.captures.judged(desk.function_id)[0].correct
    assert desk.rhos() == before  # nothing was settled


def test_sums_add_up(desk):
    desk.storage.captures.commit(answered(desk, desk.a, 2))
    desk.storage.captures.commit(answered(desk, desk.b, 3))
    merge(desk)
    [row] = desk.storage.captures.sums(desk.function_id)
    assert (row.label_id, row.n, row.confidence_sum, row.p_sum) == (desk.b, 5, 2.5, 2.5)


def test_known_calls_that_one_answered_for_the_other_are_right(desk):
    known = [(desk.a, desk.b), (desk.b, desk.a), (desk.a, desk.a), (desk.a, desk.labels["c"])]
    desk.storage.captures.commit(answered(desk, desk.a, 4, known))
    merge(desk)
    pairs = {
        (k.predicted_label_id, k.true_label_id): k.n
        for k in desk.storage.captures.known_sums(desk.function_id)
    }
    assert pairs == {(desk.b, desk.b): 3, (desk.b, desk.labels["c"]): 1}
    [traffic] = desk.storage.captures.traffic(desk.function_id)
    assert (traffic.n, traffic.known_n, traffic.known_correct) == (4, 4, 3)


def test_what_was_on_its_way_comes_in_as_the_other(desk):
    late = desk.drawn("one")
    merge(desk)
    id = desk.commit(late)[0]
    desk.storage.captures.commit(answered(desk, desk.a, 2, [(desk.a, desk.b)]))
    assert desk.storage.captures.judged(desk.function_id)[0].label_id == desk.b
    assert desk.sample(id).prediction.label_id == desk.b
    assert [row.label_id for row in desk.storage.captures.sums(desk.function_id)] == [desk.b]
    assert desk.storage.captures.known_sums(desk.function_id)[0].predicted_label_id == desk.b


def test_who_still_knows_the_label_by_its_id_means_the_other(desk):
    late = desk.new("two", "a")
    sample = desk.add("one")
    merge(desk)
    assert desk.annotate(sample.id, "a").annotation.label_id == desk.b
    assert desk.storage.samples.add(late, desk.now).annotation.label_id == desk.b
    desk.storage.samples.set_predictions(desk.function_id, [(sample.id, desk.a, 0.5)], None)
    assert desk.sample(sample.id).prediction.label_id == desk.b
    assert (
        desk.storage.feedback.add(desk.function_id, sample.id, desk.a, "caller", desk.now).label_id == desk.b
    )


def test_a_label_that_was_merged_into_a_merged_one_is_the_last(desk):
    merge(desk)
    desk.storage.merges.merge(desk.function_id, desk.b, desk.labels["c"], "ann", desk.now)
    assert desk.storage.merges.names(desk.function_id) == {
        desk.a: desk.labels["c"],
        desk.b: desk.labels["c"],
    }


def test_its_name_is_free_again(desk):
    merge(desk)
    new = desk.storage.labels.add(desk.function_id, "a", None, None, desk.now)
    desk.add("one", None)
    assert label(desk, new.id).name == "a"
    assert desk.storage.merges.meant(desk.function_id, new.id) == new.id


def test_the_other_keeps_its_description_and_gets_one_where_it_has_none(desk):
    storage, id = desk.storage, desk.function_id
    storage.labels.update(id, desk.a, "a", "about a", {"k": "a"}, desk.now)
    storage.labels.update(id, desk.b, "b", "about b", None, desk.now)
    merge(desk)
    assert (label(desk, desk.b).description, label(desk, desk.b).metadata) == ("about b", {"k": "a"})


def test_rules_that_name_it_name_the_other(desk):
    rules = (UserRule("mine", 'label == "a" and confidence < 0.5'), UserRule("other", 'label == "c"'))
    desk.storage.functions.update(desk.function_id, at=desk.now, capture=CaptureSettings(rules=rules))
    assert desk.storage.merges.plan(desk.function_id, desk.a, desk.b).rules == ("mine",)
    merge(desk)
    found = desk.storage.functions.get(desk.function_id).capture.rules
    assert [rule.expression for rule in found] == ['label == "b" and confidence < 0.5', 'label == "c"']


def test_feedback_and_kept_labels_follow(desk):
    sample = desk.add("one", "a")
    desk.storage.feedback.add(desk.function_id, sample.id, desk.a, "caller", desk.now)
    desk.storage.kept_labels.keep(desk.function_id, sample.id, desk.a, desk.labels["c"], "ann", desk.now)
    desk.storage.kept_labels.keep(desk.function_id, sample.id, desk.a, desk.b, "ann", desk.now)
    merge(desk)
    assert [each.label_id for each in desk.storage.feedback.of(desk.function_id)] == [desk.b]
    assert desk.storage.kept_labels.of(desk.function_id) == {(sample.id, desk.b, desk.labels["c"])}


def test_a_plan_says_what_a_merge_then_does_and_changes_nothing(desk):
    desk.add("one", "a")
    desk.annotate(desk.capture("two", label_id=desk.b), "a")
    desk.capture("three")
    desk.storage.captures.commit(answered(desk, desk.a, 7))
    planned = desk.storage.merges.plan(desk.function_id, desk.a, desk.b)
    assert planned == MergeCounts(samples=2, conflicts=0, waiting=1, calls=7, judged=1, rules=())
    assert label(desk, desk.a).name == "a"
    assert merge(desk) == planned


def test_many_samples_are_moved_some_at_a_time_and_none_is_left(desk, monkeypatch):
    monkeypatch.setattr("noria.storage.merges._AT_ONCE", 2)
    ids = [desk.add(f"text {i}", "a").id for i in range(5)]
    desk.storage.samples.set_predictions(desk.function_id, [(id, desk.a, 0.5) for id in ids], None)
    assert merge(desk).samples == 5
    assert {desk.sample(id).annotation.label_id for id in ids} == {desk.b}
    assert {desk.sample(id).prediction.label_id for id in ids} == {desk.b}


def test_training_looks_again(desk):
    before = desk.storage.functions.get(desk.function_id)
    merge(desk)
    assert desk.storage.functions.get(desk.function_id).wanted_seq == before.wanted_seq + 1


def test_a_label_is_not_merged_into_itself_or_one_of_another_function(desk, other_desk):
    with pytest.raises(BadInput):
        desk.storage.merges.merge(desk.function_id, desk.a, desk.a, "ann", desk.now)
    with pytest.raises(LabelNotFound):
        desk.storage.merges.merge(desk.function_id, desk.a, other_desk.b, "ann", desk.now)


@pytest.fixture
def tags(storage):
    """A tags function with the labels cat, kitten and dog."""
    return Taught.new(storage, ("cat", "kitten", "dog"), output=Output.TAGS)


def say(tags, text, **said):
    """A new sample of which these tags are said."""
    sample, at = tags.teach(text, None), datetime.now(UTC)
    given = [Tag(tags.labels[name], present) for name, present in said.items()]
    tags.storage.tags.set(tags.id, sample.id, given, "ada", AnnotationSource.API, at)
    return sample.id


def merge_kittens(tags):
    return tags.storage.merges.merge(
        tags.id, tags.labels["kitten"], tags.labels["cat"], "ada", datetime.now(UTC)
    )


@pytest.mark.parametrize(
    ("cat", "kitten", "after"),
    [(False, True, True), (True, False, True), (True, True, True), (False, False, False)],
)
def test_of_two_tags_the_present_one_wins(tags, cat, kitten, after):
    id = say(tags, "meow", cat=cat, kitten=kitten)
    counts = merge_kittens(tags)
    assert counts.conflicts == (cat != kitten)
    said = {tag.label_id: tag.present for tag in tags.storage.samples.get(tags.id, id).tags.tags}
    assert said == {tags.labels["cat"]: after, tags.labels["dog"]: False}


def test_what_was_said_of_the_tag_alone_is_said_of_the_other(tags):
    id = say(tags, "meow", kitten=True)
    cow = tags.storage.labels.add(tags.id, "cow", None, None, datetime.now(UTC)).id
    tags.storage.merges.merge(tags.id, tags.labels["kitten"], cow, "ada", datetime.now(UTC))
    assert Tag(cow, True) in tags.storage.samples.get(tags.id, id).tags.tags
    assert tags.storage.tags.counts(tags.id)[cow] == TagCounts(1, 0)


def test_answers_and_predictions_of_two_tags_are_read_as_one(tags):
    cat, kitten, dog = (tags.labels[name] for name in ("cat", "kitten", "dog"))
    sample = tags.teach("meow", None)
    p = {cat: 0.5, kitten: 0.5, dog: 0.125}
    tags.storage.tags.set_predictions(tags.id, [(sample.id, TagsPrediction(p, "model_1"))])
    merge_kittens(tags)
    read = tags.storage.samples.get(tags.id, sample.id)
    assert read.tags_prediction.confidences == {cat: 0.75, dog: 0.125}
    assert TagsAnswer(p, (kitten, dog)).merged({kitten: cat}) == TagsAnswer(
        {cat: 0.75, dog: 0.125}, (cat, dog)
    )


def test_the_other_tag_keeps_its_threshold_and_gets_one_where_it_has_none(tags):
    cat, kitten = tags.labels["cat"], tags.labels["kitten"]
    tags.storage.tags.set_threshold(tags.id, kitten, 0.25)
    merge_kittens(tags)
    assert tags.storage.tags.thresholds(tags.id) == {cat: 0.25}
    tags.storage.tags.set_threshold(tags.id, tags.labels["dog"], 0.75)
    tags.storage.merges.merge(tags.id, tags.labels["dog"], cat, "ada", datetime.now(UTC) + timedelta(1))
    assert tags.storage.tags.thresholds(tags.id) == {cat: 0.25}
