"""Bulk changes: what each step does, that it is done once, and what stays as it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from taught import Taught

from noria.errors import ChangeLost, ChangeNotFound, FileLost, LabelNotFound, SampleNotFound
from noria.records.field import FieldType, row_digest
from noria.records.function import CaptureSettings, Output
from noria.records.sample import AnnotationSource
from noria.records.tags import Tag
from noria.storage import BulkChange, BulkKind, BulkState, CaptureOutcome, SampleFilter


def begin(desk, kind, filter, **more):
    """A change that this process works on."""
    made = BulkChange(
        "", desk.function_id, BulkKind(kind), filter, "ann", AnnotationSource.API, desk.now, **more
    )
    return desk.storage.bulk_changes.begin(replace(made, owner="me"))


def run(desk, change, n=2):
    """All steps, n samples each."""
    while change.under_way:
        change = desk.storage.bulk_changes.step(change, n, desk.now)
    return change


def texts(desk, **filter):
    page = desk.storage.samples.list(desk.function_id, SampleFilter(**filter), 100)
    return sorted(sample.data for sample in page.samples)


def test_the_samples_that_a_filter_finds_are_deleted_and_no_others(desk, other_desk):
    for i in range(5):
        desk.add(f"old {i}", "a")
    desk.add("new", "b")
    other_desk.add("old", "a")
    done = run(desk, begin(desk, "delete", SampleFilter(search_text="OLD")))
    assert (done.state, done.position, done.total) == (BulkState.DONE, 5, 5)
    assert texts(desk) == ["new"]
    assert texts(other_desk) == ["old"]


def test_a_count_says_what_a_change_would_touch(desk):
    desk.add("one", "a")
    desk.add("two")
    desk.capture("three")
    count = desk.storage.bulk_changes.count
    assert count(desk.function_id, SampleFilter()).samples == 2
    ids = tuple(item.sample.id for item in desk.storage.queue.open(desk.function_id, 9, by="b", at=desk.now))
    named = count(desk.function_id, SampleFilter(sample_ids=ids))
    assert (named.samples, named.annotated, named.waiting) == (1, 0, 1)


def test_what_comes_later_is_none_of_its_business(desk):
    desk.add("one", "a")
    change = begin(desk, "delete", SampleFilter())
    desk.add("two", "a")
    run(desk, change)
    assert texts(desk) == ["two"]


def test_deleted_captured_samples_are_non_response(desk):
    ids = [desk.capture(f"call {i}", key=0.1 * (i + 1)) for i in range(3)]
    run(desk, begin(desk, "delete", SampleFilter(sample_ids=tuple(ids[:2]))))
    assert [desk.outcomes(id) for id in ids] == [[CaptureOutcome.DELETED]] * 2 + [[CaptureOutcome.OPEN]]
    assert desk.rhos()[-1] == pytest.approx(0.3)
    with pytest.raises(SampleNotFound):
        desk.sample(ids[0])


def test_relabelling_settles_each_capture_in_a_turn_of_its_own(desk):
    captured = [desk.capture(f"call {i}", key=0.1 * (i + 1)) for i in range(2)]
    brought = desk.add("brought", "a")
    kept = desk.add("kept", "b")
    ids = (*captured, brought.id, kept.id)
    run(desk, begin(desk, "relabel", SampleFilter(sample_ids=ids), label_id=desk.b), n=9)
    assert {desk.sample(id).annotation.label_id for id in ids} == {desk.b}
    assert desk.sample(kept.id).annotation == kept.annotation  # it had the label: nobody labelled it anew
    assert desk.rhos() == [pytest.approx(0.2), float("inf")]
    assert len({j.settled_at for j in desk.storage.captures.judged(desk.function_id)}) == 2
    log = desk.storage.annotations.history(desk.function_id)
    assert {(e.sample_id, e.previous_label_id) for e in log if e.label_id == desk.b} >= {
        (brought.id, desk.a), (captured[0], None),
    }  # fmt: skip


def test_a_step_that_another_process_took_is_lost_and_does_nothing(desk):
    for i in range(4):
        desk.add(f"text {i}", "a")
    change = begin(desk, "relabel", SampleFilter(), label_id=desk.b)
    desk.storage.bulk_changes.step(change, 2, desk.now)
    with pytest.raises(ChangeLost):
        desk.storage.bulk_changes.step(change, 2, desk.now)
    assert desk.storage.bulk_changes.get(desk.function_id, change.id).position == 2
    assert desk.storage.labels.counts(desk.function_id)[desk.b] == 2


def test_another_process_goes_on_where_a_silent_one_stopped(desk):
    for i in range(4):
        desk.add(f"text {i}", "a")
    change = desk.storage.bulk_changes.step(begin(desk, "delete", SampleFilter()), 3, desk.now)
    claim = desk.storage.bulk_changes.claim
    mine = {c.id for c in iter(lambda: claim("you", desk.now, 15), None)}
    assert change.id not in mine
    later = desk.now + timedelta(seconds=20)
    taken = next(c for c in iter(lambda: claim("you", later, 15), None) if c.id == change.id)
    assert (taken.owner, taken.position) == ("you", 3)
    assert run(desk, taken).position == 4


def test_a_stopped_change_does_no_more(desk):
    for i in range(4):
        desk.add(f"text {i}", "a")
    change = desk.storage.bulk_changes.step(begin(desk, "delete", SampleFilter()), 2, desk.now)
    desk.storage.bulk_changes.stop(desk.function_id, change.id, desk.now)
    with pytest.raises(ChangeLost):
        desk.storage.bulk_changes.step(change, 2, desk.now)
    assert len(texts(desk)) == 2
    assert desk.storage.bulk_changes.latest(desk.function_id)[0].state is BulkState.STOPPED


def test_training_looks_again_once(desk):
    for i in range(5):
        desk.add(f"text {i}", "a")
    before = desk.storage.functions.get(desk.function_id).wanted_seq
    run(desk, begin(desk, "relabel", SampleFilter(), label_id=desk.b))
    assert desk.storage.functions.get(desk.function_id).wanted_seq == before + 1


def test_a_label_goes_with_all_its_samples_those_labelled_meanwhile_too(desk):
    for i in range(3):
        desk.add(f"text {i}", "a")
    other = desk.add("other", "b")
    filter = SampleFilter(annotation_label_id=desk.a)
    change = desk.storage.bulk_changes.step(begin(desk, "deleteLabel", filter, label_id=desk.a), 2, desk.now)
    desk.add("late", "a")
    desk.annotate(other.id, "a")
    assert run(desk, change).state is BulkState.DONE
    assert texts(desk) == []
    with pytest.raises(LabelNotFound):
        desk.storage.labels.get(desk.function_id, desk.a)


def test_a_change_is_kept_as_it_was_begun(desk):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    filter = SampleFilter(search_text="x", created_before=at, sample_ids=("sample_1",))
    change = begin(desk, "relabel", filter, label_id=desk.b)
    assert desk.storage.bulk_changes.get(desk.function_id, change.id) == change
    with pytest.raises(ChangeNotFound):
        desk.storage.bulk_changes.get(desk.function_id, "change_0")


@pytest.fixture
def tags(storage):
    return Taught.new(storage, ("cat", "dog"), output=Output.TAGS)


def test_of_tags_only_what_is_named_changes(tags):
    said, silent = tags.teach("meow", None), tags.teach("woof", None)
    cat, dog = tags.labels["cat"], tags.labels["dog"]
    at = datetime.now(UTC)
    tags.storage.tags.set(tags.id, said.id, [Tag(cat)], "ada", AnnotationSource.API, at)
    change = tags.storage.bulk_changes.begin(
        BulkChange(
            "", tags.id, BulkKind.RELABEL, SampleFilter(), "ada", AnnotationSource.API, at,
            tags={dog: True}, owner="me",
        )
    )  # fmt: skip
    tags.storage.bulk_changes.step(change, 9, at)
    read = [tags.storage.samples.get(tags.id, id).tags.tags for id in (said.id, silent.id)]
    assert {tag.label_id: tag.present for tag in read[0]} == {cat: True, dog: True}
    assert read[1] == (Tag(dog, True),)


def copied(desk, name="copy"):
    """The desk of a copy whose samples have all come."""
    change = desk.storage.bulk_changes.begin_copy(desk.function_id, name, "ann", desk.now)
    mine = next(
        c
        for c in iter(lambda: desk.storage.bulk_changes.claim("me", desk.now, 15), None)
        if c.id == change.id
    )
    run(desk, mine)
    labels = {label.name: label.id for label in desk.storage.labels.all(change.function_id)}
    return type(desk)(desk.storage, change.function_id, labels, desk.seconds)


def test_a_copy_has_what_the_function_was_taught_and_not_its_traffic(desk):
    storage = desk.storage
    storage.labels.update(desk.function_id, desk.a, "a", "about a", {"k": "v"}, desk.now)
    settings = CaptureSettings(budget_per_day=7.0)
    storage.functions.update(desk.function_id, at=desk.now, capture=settings, decision_threshold=0.7)
    desk.add("one", "a", external_id="x", sample_sets=("sampleset_s",), metadata={"m": "1"})
    desk.add("two")
    desk.capture("three")
    desk.annotate(desk.capture("four"), "b")
    copy = copied(desk, "mine")
    function = storage.functions.get(copy.function_id)
    assert (function.name, function.capture, function.decision_threshold) == ("mine", settings, 0.7)
    assert (function.live_version_id, function.needs_training) == (None, True)
    assert storage.labels.get(copy.function_id, copy.a).description == "about a"
    assert texts(copy) == ["four", "one", "two"]
    [one] = storage.samples.list(copy.function_id, SampleFilter(external_id="x"), 9).samples
    assert (one.annotation.label_id, one.sample_sets, one.metadata) == (copy.a, ("sampleset_s",), {"m": "1"})
    assert storage.captures.judged(copy.function_id) == []
    assert len(storage.samples.embeddings(copy.function_id, [one.id])) == 1
    assert len(storage.samples.known_answers_since(copy.function_id, 0)[0]) == 2
    assert len(storage.training.samples(copy.function_id)) == 2
    assert len(texts(desk)) == 3


def test_the_files_of_a_copy_outlive_the_original(desk):
    picture = replace(desk.new("p", "a").content, file=b"\x89PNG", media_type="image/png")
    desk.storage.samples.add(replace(desk.new("p", "a"), content=picture), desk.now)
    copy = copied(desk)
    [sample] = desk.storage.samples.list(copy.function_id, SampleFilter(), 9).samples
    [original] = desk.storage.samples.list(desk.function_id, SampleFilter(), 9).samples
    blobs = desk.storage.blobs
    desk.storage.samples.delete(desk.function_id, original.id, desk.now)
    assert blobs.get(copy.function_id, sample.id) == b"\x89PNG"
    with pytest.raises(FileLost):
        blobs.get(desk.function_id, original.id)


def test_rows_of_a_copy_name_its_own_fields(desk):
    age = desk.storage.fields.add(desk.function_id, "age", FieldType.NUMBER, desk.now)
    values = {age.id: 41.0}
    content = replace(desk.new("r").content, field_values=values, digest=row_digest(values))
    desk.storage.samples.add(replace(desk.new("r", "a"), content=content), desk.now)
    copy = copied(desk)
    [field] = desk.storage.fields.all(copy.function_id)
    [row] = desk.storage.samples.list(copy.function_id, SampleFilter(), 9).samples
    assert (field.name, row.field_values) == ("age", {field.id: 41.0})
    assert row.digest == row_digest({field.id: 41.0})  # the same row that comes later is known


def test_tags_are_copied_with_their_thresholds(tags):
    sample, at = tags.teach("meow", None), datetime.now(UTC)
    tags.storage.tags.set(tags.id, sample.id, [Tag(tags.labels["cat"])], "ada", AnnotationSource.API, at)
    tags.storage.tags.set_threshold(tags.id, tags.labels["cat"], 0.25)
    change = tags.storage.bulk_changes.begin_copy(tags.id, "copy", "ada", at)
    mine = next(
        c for c in iter(lambda: tags.storage.bulk_changes.claim("me", at, 15), None) if c.id == change.id
    )
    tags.storage.bulk_changes.step(mine, 9, at)
    labels = {label.name: label.id for label in tags.storage.labels.all(change.function_id)}
    [copy] = tags.storage.samples.list(change.function_id, SampleFilter(), 9).samples
    assert copy.tags.tags == (Tag(labels["cat"], True), Tag(labels["dog"], False))
    assert tags.storage.tags.thresholds(change.function_id) == {labels["cat"]: 0.25}
    assert len(tags.storage.tags.known_since(change.function_id, 0)[0]) == 1
