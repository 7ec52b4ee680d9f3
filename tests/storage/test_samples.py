from dataclasses import replace

import pytest

from noria.errors import DuplicateSample, FunctionNotFound, LabelNotFound, SampleNotFound
from noria.records.ids import new_id
from noria.records.prediction import Prediction
from noria.records.sample import Annotation, AnnotationSource, Origin
from noria.storage import CaptureOutcome, SampleCounts


def get(desk):
    return desk.storage.functions.get(desk.function_id)


def test_a_sample_comes_back_as_it_was_given(desk):
    new = desk.new(
        "Zürich 🚂",
        "a",
        external_id="x-1",
        metadata={"k": "v"},
        prediction=Prediction(desk.b, 0.25, "model_x"),
        sample_sets=("sampleset_b", "sampleset_a"),
        origin=Origin.UPLOAD,
    )
    at = desk.now
    stored = desk.storage.samples.add(new, at)
    assert stored == desk.sample(new.id)
    assert stored.created_at == at
    assert not stored.staged
    assert stored.data == new.content.text
    for name in ("digest", "external_id", "metadata", "origin", "annotation", "prediction"):
        assert getattr(stored, name) == getattr(new, name)
    assert stored.sample_sets == ("sampleset_a", "sampleset_b")


def test_samples_stand_in_creation_order(desk):
    assert desk.add("one").seq < desk.add("two").seq


def test_equal_data_is_stored_once_in_a_function(desk, other_desk):
    first = desk.add("same")
    with pytest.raises(DuplicateSample) as error:
        desk.add("same", "a")
    assert error.value.existing_id == first.id
    assert desk.sample(first.id).annotation is None
    assert other_desk.add("same").id != first.id


def test_a_sample_needs_its_function(desk):
    with pytest.raises(FunctionNotFound):
        desk.storage.samples.add(replace(desk.new("one"), function_id="function_none"), desk.now)


def test_a_sample_needs_its_label(desk, other_desk):
    foreign = Annotation(other_desk.a, desk.now, "ann", AnnotationSource.API)
    with pytest.raises(LabelNotFound):
        desk.add("one", annotation=foreign)
    assert desk.storage.samples.counts(desk.function_id).samples == 0


def test_only_an_annotated_sample_asks_for_training(desk):
    before = get(desk)
    desk.add("one")
    assert get(desk) == before
    desk.add("two", "a")
    assert get(desk).wanted_seq == before.wanted_seq + 1
    assert get(desk).changed_seq == before.changed_seq + 1


def test_a_prediction_of_a_label_that_is_gone_is_left_out(desk):
    assert desk.add("one", prediction=Prediction("label_gone", 0.5)).prediction is None


def test_a_staged_sample_is_adopted_by_whoever_brings_it(desk):
    staged = desk.capture("same")
    sample = desk.add("same", external_id="x-1", sample_sets=("sampleset_a",))
    assert sample.id == staged
    assert not sample.staged
    assert (sample.external_id, sample.sample_sets) == ("x-1", ("sampleset_a",))
    assert desk.outcomes(staged) == [CaptureOutcome.OPEN]
    with pytest.raises(DuplicateSample):
        desk.add("same")


def test_adopting_with_a_label_settles_the_captures(desk):
    staged = desk.capture("same")
    desk.add("same", "b")
    assert desk.outcomes(staged) == [CaptureOutcome.ANNOTATED]
    assert desk.queue() == []
    assert desk.rhos() == [float("inf")]


def test_many_are_added_but_for_duplicates(desk):
    known = desk.add("known")
    staged = desk.capture("staged")
    news = [desk.new(text) for text in ("one", "known", "two", "one", "staged")]
    result = desk.storage.samples.add_many(news, desk.now)
    assert result.added == [news[0].id, news[2].id, staged]
    assert result.duplicates == [(1, known.id), (3, news[0].id)]


def test_many_are_added_all_or_none(desk):
    bad = desk.new("two", annotation=Annotation("label_none", desk.now, "ann", AnnotationSource.API))
    with pytest.raises(LabelNotFound):
        desk.storage.samples.add_many([desk.new("one"), bad], desk.now)
    assert desk.storage.samples.counts(desk.function_id).samples == 0


def test_more_are_added_than_fit_one_statement(desk):
    desk.storage.samples.add_many([desk.new(f"text {i}") for i in range(1200)], desk.now)
    result = desk.storage.samples.add_many([desk.new(f"text {i}", "a") for i in range(1201)], desk.now)
    assert (len(result.added), len(result.duplicates)) == (1, 1200)


def test_an_external_id_finds_the_newest_sample_and_staged_ones_last(desk):
    desk.add("one", external_id="x")
    newest = desk.add("two", external_id="x")
    desk.capture("three", external_id="x")
    assert desk.storage.samples.by_external_id(desk.function_id, "x") == newest
    desk.storage.samples.delete_by_external_id(desk.function_id, "x", desk.now)
    assert desk.storage.samples.by_external_id(desk.function_id, "x").data == "one"
    desk.storage.samples.delete_by_external_id(desk.function_id, "x", desk.now)
    assert desk.storage.samples.by_external_id(desk.function_id, "x").data == "three"
    with pytest.raises(SampleNotFound):
        desk.storage.samples.delete_by_external_id(desk.function_id, "y", desk.now)


def test_a_sample_of_another_function_is_not_found(desk, other_desk):
    sample = other_desk.add("one")
    with pytest.raises(SampleNotFound):
        desk.sample(sample.id)
    with pytest.raises(SampleNotFound):
        desk.storage.samples.delete(desk.function_id, sample.id, desk.now)


def test_a_deleted_sample_is_gone_and_its_data_can_come_again(desk):
    sample = desk.add("one", "a", sample_sets=("sampleset_a",))
    before = get(desk)
    desk.storage.samples.delete(desk.function_id, sample.id, desk.now)
    with pytest.raises(SampleNotFound):
        desk.sample(sample.id)
    assert desk.storage.samples.embeddings(desk.function_id, [sample.id]) == {}
    assert get(desk).wanted_seq == before.wanted_seq + 1
    assert desk.add("one").id != sample.id


def test_a_deleted_sample_without_a_label_asks_for_nothing(desk):
    sample = desk.add("one")
    before = get(desk)
    desk.storage.samples.delete(desk.function_id, sample.id, desk.now)
    assert get(desk) == before


def test_captures_outlive_their_sample_as_non_response(desk):
    id = desk.capture("one", key=0.25)
    desk.capture("two", key=0.5)
    desk.storage.samples.delete(desk.function_id, id, desk.now)
    assert desk.outcomes(id) == [CaptureOutcome.DELETED]
    assert desk.rhos() == [0.5]
    assert len(desk.storage.captures.of_sample(desk.function_id, id)) == 1


def test_counts_keep_staged_samples_apart(desk):
    desk.add("one", "a")
    desk.add("two", prediction=Prediction(desk.a, 0.5))
    desk.capture("three")
    assert desk.storage.samples.counts(desk.function_id) == SampleCounts(2, 1, 1, staged=1)


def test_embeddings_come_for_the_samples_asked_for(desk, other_desk):
    one, two = desk.add("one", embedding=b"1111"), desk.add("two", embedding=b"2222")
    foreign = other_desk.add("three")
    asked = [one.id, two.id, foreign.id, new_id("sample")]
    found = desk.storage.samples.embeddings(desk.function_id, asked)
    assert found == {one.id: b"1111", two.id: b"2222"}


def test_embeddings_come_for_more_samples_than_fit_one_statement(desk):
    news = [desk.new(f"text {i}") for i in range(1100)]
    desk.storage.samples.add_many(news, desk.now)
    found = desk.storage.samples.embeddings(desk.function_id, [new.id for new in news])
    assert found == {new.id: new.embedding for new in news}


def follow(desk, answers, last):
    """What a serving process does with each poll."""
    rows, last = desk.storage.samples.known_answers_since(desk.function_id, last)
    for digest, label_id in rows:
        if label_id is None:
            answers.pop(digest, None)
        else:
            answers[digest] = label_id
    return last


def test_following_known_answers_arrives_at_what_they_are(desk):
    answers = {}
    desk.add("one", "a")
    last = follow(desk, answers, 0)
    steps = [
        lambda: desk.annotate(desk.add("two").id, "b"),
        lambda: desk.annotate(desk.capture("three"), "a"),
        lambda: desk.unannotate(desk.add("four", "c").id),
        lambda: desk.storage.samples.delete(desk.function_id, desk.add("five", "b").id, desk.now),
        lambda: desk.capture("six") and desk.add("six", "c"),
        lambda: desk.storage.labels.delete(desk.function_id, desk.a, desk.now),
    ]
    for step in steps:
        step()
        last = follow(desk, answers, last)
        assert answers == desk.storage.samples.known_answers(desk.function_id)
    assert set(answers.values()) == {desk.b, desk.labels["c"]}


def test_nothing_new_leaves_known_answers_where_they_were(desk):
    desk.add("one", "a")
    _, last = desk.storage.samples.known_answers_since(desk.function_id, 0)
    assert desk.storage.samples.known_answers_since(desk.function_id, last) == ([], last)


def test_a_note_is_kept_through_label_and_undo_and_taken_away(desk):
    id = desk.capture("one")
    desk.storage.samples.write_note(desk.function_id, id, "mind the date")
    desk.annotate(id, "a")
    desk.storage.annotations.remove(desk.function_id, id, "ann", desk.now)
    assert desk.storage.samples.get(desk.function_id, id).note == "mind the date"
    desk.storage.samples.write_note(desk.function_id, id, None)
    assert desk.storage.samples.get(desk.function_id, id).note is None
    with pytest.raises(SampleNotFound):
        desk.storage.samples.write_note(desk.function_id, "sample_none", "lost")
