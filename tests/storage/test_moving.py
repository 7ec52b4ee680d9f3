"""Samples that go to another function: what goes along, what stays, and that each is in one of the two."""

from dataclasses import replace

import numpy as np
import pytest
from taught import Taught

from noria.errors import DoesNotFit, FileLost, FunctionNotFound
from noria.learning.rows import Layout
from noria.records.field import FieldType, row_digest
from noria.records.function import Output
from noria.records.redaction import Redaction
from noria.records.sample import AnnotationSource, Origin
from noria.records.tags import Tag
from noria.storage import BulkChange, BulkKind, BulkState, CaptureOutcome, SampleFilter, purging


def begin(desk, other, **filter):
    """A move that this process works on."""
    change = BulkChange(
        "", desk.function_id, BulkKind.MOVE, SampleFilter(**filter), "eve", AnnotationSource.IMPORT, desk.now,
        into_function_id=other.function_id, owner="me",
    )  # fmt: skip
    return desk.storage.bulk_changes.begin_move(change)


def run(desk, change, n=2):
    while change.under_way:
        change = desk.storage.bulk_changes.step(change, n, desk.now)
    return change


def move(desk, other, **filter):
    return run(desk, begin(desk, other, **filter))


def plan(desk, other, **filter):
    return desk.storage.bulk_changes.plan_move(desk.function_id, other.function_id, SampleFilter(**filter))


def samples(desk, **filter):
    found = desk.storage.samples.list(desk.function_id, SampleFilter(**filter), 100).samples
    return {sample.data: sample for sample in found}


def test_a_sample_goes_with_all_that_was_said_of_it(desk, other_desk):
    given = {"external_id": "x", "metadata": {"m": "1"}, "sample_sets": ("sampleset_heldout",)}
    before = desk.add("one", "b", **given)
    desk.storage.samples.write_note(desk.function_id, before.id, "look again")
    desk.add("two")
    desk.add("stays", "a")
    done = move(desk, other_desk, sample_ids=(before.id, samples(desk)["two"].id))
    assert (done.state, done.position, done.total, done.known) == (BulkState.DONE, 2, 2, 0)
    assert set(samples(desk)) == {"stays"}
    there = samples(other_desk)
    assert set(there) == {"one", "two"}
    one = there["one"]
    assert one.annotation == replace(before.annotation, label_id=other_desk.b)
    assert (one.external_id, one.metadata, one.note) == ("x", {"m": "1"}, "look again")
    assert (one.sample_sets, one.created_at) == (("sampleset_heldout",), before.created_at)
    embeddings = desk.storage.samples.embeddings(other_desk.function_id, [one.id])
    assert embeddings == {one.id: b"one".ljust(8, b"\0")}
    assert one.digest in dict(desk.storage.samples.known_answers_since(other_desk.function_id, 0)[0])
    assert one.digest not in desk.storage.samples.known_answers(desk.function_id)


def test_a_label_that_is_missing_is_made_with_its_description(desk, other_desk):
    at = desk.now
    birds = desk.storage.labels.add(desk.function_id, "bird", "it flies", {"k": "v"}, at)
    desk.labels["bird"] = birds.id
    for text in ("one", "two", "three"):
        desk.add(text, "bird")
    desk.storage.labels.add(desk.function_id, "unused", None, None, at)
    assert plan(desk, other_desk).new_labels == ("bird",)
    move(desk, other_desk)
    made = desk.storage.labels.by_name(other_desk.function_id, "bird")
    assert (made.description, made.metadata) == ("it flies", {"k": "v"})
    assert desk.storage.labels.counts(other_desk.function_id)[made.id] == 3
    names = [label.name for label in desk.storage.labels.all(other_desk.function_id)]
    assert sorted(names) == ["a", "b", "bird", "c"]


def test_what_is_there_already_is_not_added_twice_and_keeps_its_label(desk, other_desk):
    desk.add("same", "a")
    desk.add("new", "a")
    kept = other_desk.add("same", "b")
    assert (plan(desk, other_desk).known, plan(desk, other_desk, search_text="new").known) == (1, 0)
    done = move(desk, other_desk)
    assert (done.position, done.known) == (2, 1)
    assert desk.storage.bulk_changes.get(desk.function_id, done.id).known == 1
    assert other_desk.sample(kept.id) == kept
    assert (set(samples(desk)), set(samples(other_desk))) == (set(), {"same", "new"})


def test_what_waits_there_for_a_label_gets_the_one_that_comes(desk, other_desk):
    waiting = other_desk.capture("same", key=0.2)
    desk.add("same", "b", metadata={"m": "1"})
    assert plan(desk, other_desk).known == 0
    assert move(desk, other_desk).known == 0
    sample = other_desk.sample(waiting)
    assert (sample.annotation.label_id, sample.staged, sample.metadata) == (other_desk.b, False, {"m": "1"})
    assert other_desk.outcomes(waiting) == [CaptureOutcome.ANNOTATED]
    assert other_desk.queue() == []


def test_traffic_stays_where_it_was_and_counts_as_not_answered(desk, other_desk):
    answered, waiting = desk.capture("call 1", key=0.1), desk.capture("call 2", key=0.2)
    desk.annotate(answered, "a")
    assert plan(desk, other_desk, sample_ids=(answered, waiting)).judged == 1
    move(desk, other_desk, sample_ids=(answered, waiting))
    judged = desk.storage.captures.judged(desk.function_id)
    assert [each.outcome for each in judged] == [CaptureOutcome.DELETED] * 2
    assert desk.rhos()[-1] == float("inf")
    assert desk.storage.captures.judged(other_desk.function_id) == []
    there = samples(other_desk)
    assert {sample.origin for sample in there.values()} == {
        Origin.UPLOAD
    }  # for traffic of that one it would pass
    assert not any(sample.staged for sample in there.values())
    assert there["call 1"].annotation.label_id == other_desk.a


def test_both_functions_train_once(desk, other_desk):
    for i in range(5):
        desk.add(f"text {i}", "a")
    wanted = [desk.storage.functions.get(each.function_id).wanted_seq for each in (desk, other_desk)]
    move(desk, other_desk)
    after = [desk.storage.functions.get(each.function_id).wanted_seq for each in (desk, other_desk)]
    assert after == [n + 1 for n in wanted]


def test_a_step_that_fails_midway_leaves_each_sample_where_it_was(desk, other_desk, monkeypatch):
    for i in range(4):
        desk.add(f"text {i}", "a")
    change = desk.storage.bulk_changes.step(begin(desk, other_desk), 2, desk.now)

    def dies(*_):
        raise OSError("the power is gone")

    with monkeypatch.context() as patched:  # everything is written there, nothing deleted here
        patched.setattr(purging, "purge_samples", dies)
        with pytest.raises(OSError, match="power"):
            desk.storage.bulk_changes.step(change, 2, desk.now)
    here, there = set(samples(desk)), set(samples(other_desk))
    assert (len(here), len(there), here & there) == (2, 2, set())
    kept = desk.storage.bulk_changes.get(desk.function_id, change.id)
    assert (kept.position, kept.into_function_id) == (2, other_desk.function_id)
    assert run(desk, replace(kept, owner="me")).position == 4
    assert (samples(desk), len(samples(other_desk))) == ({}, 4)


def test_files_go_along(desk, other_desk):
    picture = replace(desk.new("p", "a").content, file=b"\x89PNG", media_type="image/png")
    before = desk.storage.samples.add(replace(desk.new("p", "a"), content=picture), desk.now)
    move(desk, other_desk)
    [after] = samples(other_desk).values()
    blobs = desk.storage.blobs
    assert blobs.get(other_desk.function_id, after.id) == b"\x89PNG"
    with pytest.raises(FileLost):
        blobs.get(desk.function_id, before.id)


def test_a_function_that_is_deleted_meanwhile_takes_no_more(desk, other_desk):
    for i in range(3):
        desk.add(f"text {i}", "a")
    change = begin(desk, other_desk)
    desk.storage.functions.delete(other_desk.function_id)
    with pytest.raises(DoesNotFit, match="deleted"):
        desk.storage.bulk_changes.step(change, 2, desk.now)
    desk.storage.bulk_changes.fail(change, "why", desk.now)
    assert len(samples(desk)) == 3
    with pytest.raises(FunctionNotFound):
        plan(desk, other_desk)


def test_only_functions_of_the_same_kind_take_samples(desk, other_desk):
    storage = desk.storage
    project = storage.functions.get(desk.function_id).project_id
    tags = storage.functions.create(project, "t", "Text", "Tags", desk.now)
    images = storage.functions.create(project, "i", "Image", "Classification", desk.now)
    fitting = {function.id for function in storage.bulk_changes.fitting(desk.function_id)}
    assert other_desk.function_id in fitting
    assert not fitting & {desk.function_id, tags.id, images.id}
    for id, words in (
        (tags.id, "answers in another way"),
        (images.id, "kind of input"),
        (desk.function_id, "already"),
    ):
        with pytest.raises(DoesNotFit, match=words):
            begin(desk, replace(other_desk, function_id=id))


def test_what_is_hidden_there_is_not_brought_in_by_a_move(desk, other_desk):
    hides = Redaction(("email",))
    desk.storage.functions.update(other_desk.function_id, redaction=hides, at=desk.now)
    with pytest.raises(DoesNotFit, match="hides"):
        begin(desk, other_desk)
    desk.storage.functions.update(desk.function_id, redaction=hides, at=desk.now)
    assert begin(desk, other_desk).under_way


def add_row(desk, values, vector, label="a"):
    content = replace(desk.new("r").content, field_values=values, digest=row_digest(values))
    return desk.storage.samples.add(
        replace(desk.new("r", label), content=content, embedding=vector.astype("<f4").tobytes()), desk.now
    )


def test_rows_name_the_fields_of_the_other_function_and_lie_as_its_embeddings_do(desk, other_desk):
    add = desk.storage.fields.add
    gone = add(desk.function_id, "gone", FieldType.NUMBER, desk.now)
    age, job = (
        add(desk.function_id, name, type, desk.now)
        for name, type in (("age", FieldType.NUMBER), ("job", FieldType.TEXT))
    )
    layout = Layout.of(desk.storage.fields.all(desk.function_id))
    vector = np.arange(layout.width) + 1.0
    values = {gone.id: 3.0, age.id: 41.0, job.id: "clerk"}
    add_row(desk, values, vector)
    add_row(desk, values | {gone.id: 4.0}, vector)  # the same, once that field is deleted
    desk.storage.fields.delete(desk.function_id, gone.id, desk.now)
    with pytest.raises(DoesNotFit, match="fields"):
        begin(desk, other_desk)
    job_there, age_there = (
        add(other_desk.function_id, name, type, desk.now)
        for name, type in (("job", FieldType.TEXT), ("age", FieldType.NUMBER))
    )
    assert move(desk, other_desk).known == 1
    [row] = samples(other_desk).values()
    assert row.field_values == {age_there.id: 41.0, job_there.id: "clerk"}
    assert row.digest == row_digest({job_there.id: "clerk", age_there.id: 41.0})
    [stored] = desk.storage.samples.embeddings(other_desk.function_id, [row.id]).values()
    _, of_age, of_job = (vector[part] for part in layout.slices)
    assert np.frombuffer(stored, "<f4").tolist() == [*of_job, *of_age]


def test_of_tags_only_those_that_are_present_are_made(storage):
    source = Taught.new(storage, ("cat", "dog", "bird"), output=Output.TAGS)
    target = Taught.new(storage, ("dog",), output=Output.TAGS)
    sample = source.teach("meow", None)
    tags = [Tag(source.labels["cat"]), Tag(source.labels["dog"], False), Tag(source.labels["bird"], False)]
    at = storage.functions.get(source.id).created_at
    storage.tags.set(source.id, sample.id, tags, "ada", AnnotationSource.API, at)
    assert storage.bulk_changes.plan_move(source.id, target.id, SampleFilter()).new_labels == ("cat",)
    change = storage.bulk_changes.begin_move(
        BulkChange(
            "", source.id, BulkKind.MOVE, SampleFilter(), "eve", AnnotationSource.IMPORT, at,
            into_function_id=target.id, owner="me",
        )
    )  # fmt: skip
    storage.bulk_changes.step(change, 9, at)
    labels = {label.name: label.id for label in storage.labels.all(target.id)}
    assert set(labels) == {"dog", "cat"}
    [there] = storage.samples.list(target.id, SampleFilter(), 9).samples
    assert (there.tags.by, there.tags.at) == ("ada", at)
    said = {tag.label_id: tag.present for tag in there.tags.tags}
    assert said == {labels["cat"]: True, labels["dog"]: False}
    assert len(storage.tags.known_since(target.id, 0)[0]) == 1
