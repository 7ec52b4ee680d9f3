"""Tags in rows: what is said, what is not, and what becomes of it."""

from datetime import UTC, datetime

import pytest
from taught import Taught

from noria.errors import LabelNotFound
from noria.records.function import Output
from noria.records.sample import AnnotationSource
from noria.records.tags import Tag, TagsPrediction
from noria.storage import Storage, TagCounts


@pytest.fixture
def tags(storage: Storage) -> Taught:
    """A tags function with the labels cat, dog and bird."""
    return Taught.new(storage, ("cat", "dog", "bird"), output=Output.TAGS)


def say(tags: Taught, sample_id: str, *said: tuple[str, bool]) -> list[tuple[str, bool]]:
    """What the sample is annotated with afterwards."""
    given = [Tag(tags.labels.get(name, name), present) for name, present in said]
    at = datetime.now(UTC)
    sample = tags.storage.tags.set(tags.id, sample_id, given, "ada", AnnotationSource.API, at)
    return of(tags, sample)


def of(tags: Taught, sample) -> list[tuple[str, bool]]:  # type: ignore[no-untyped-def]
    names = {id: name for name, id in tags.labels.items()}
    return [(names[tag.label_id], tag.present) for tag in sample.tags.tags]


def test_labels_that_are_not_named_are_absent_behind_those_that_are(tags: Taught) -> None:
    sample = tags.teach("meow", None)
    assert say(tags, sample.id, ("bird", True), ("cat", False)) == [
        ("bird", True),
        ("cat", False),
        ("dog", False),
    ]


def test_nothing_is_said_of_a_label_that_is_made_later(tags: Taught) -> None:
    sample = tags.teach("meow", None)
    say(tags, sample.id, ("cat", True))
    tags.storage.labels.add(tags.id, "fish", None, None, datetime.now(UTC))
    read = tags.storage.samples.get(tags.id, sample.id)
    assert len(of(tags, read)) == 3


def test_what_is_said_later_replaces_what_was_said(tags: Taught) -> None:
    sample = tags.teach("meow", None)
    say(tags, sample.id, ("cat", True))
    assert say(tags, sample.id, ("dog", True))[0] == ("dog", True)
    assert tags.storage.tags.counts(tags.id)[tags.labels["cat"]] == TagCounts(0, 1)


def test_none_of_the_tags_is_an_annotation_too(tags: Taught) -> None:
    sample = tags.teach("meow", None)
    assert all(not present for _, present in say(tags, sample.id))
    assert tags.storage.samples.counts(tags.id).annotated == 1


def test_an_unknown_label_changes_nothing(tags: Taught) -> None:
    sample = tags.teach("meow", None)
    with pytest.raises(LabelNotFound):
        say(tags, sample.id, ("label_unknown", True))
    assert tags.storage.samples.get(tags.id, sample.id).tags is None


def test_an_annotation_can_be_taken_away(tags: Taught) -> None:
    sample = tags.teach("meow", None)
    say(tags, sample.id, ("cat", True))
    assert tags.storage.tags.remove(tags.id, sample.id, "ada", datetime.now(UTC)).tags is None
    assert tags.storage.tags.counts(tags.id)[tags.labels["cat"]] == TagCounts()


def test_a_deleted_label_is_gone_from_annotations_predictions_and_thresholds(tags: Taught) -> None:
    sample = tags.teach("meow", None)
    say(tags, sample.id, ("cat", True))
    confidences = dict.fromkeys(tags.labels.values(), 0.7)
    tags.storage.tags.set_predictions(tags.id, [(sample.id, TagsPrediction(confidences, "model_1"))])
    tags.storage.tags.set_threshold(tags.id, tags.labels["cat"], 0.2)
    tags.storage.labels.delete(tags.id, tags.labels["cat"], datetime.now(UTC))
    read = tags.storage.samples.get(tags.id, sample.id)
    assert of(tags, read) == [("dog", False), ("bird", False)]
    assert read.tags_prediction is not None
    assert tags.labels["cat"] not in read.tags_prediction.confidences
    assert tags.storage.tags.thresholds(tags.id) == {}


def test_a_deleted_sample_takes_its_tags_with_it(tags: Taught) -> None:
    sample = tags.teach("meow", None)
    say(tags, sample.id, ("cat", True))
    tags.storage.samples.delete(tags.id, sample.id, datetime.now(UTC))
    assert tags.storage.tags.counts(tags.id)[tags.labels["cat"]] == TagCounts()


def test_a_function_goes_with_all_its_tags(tags: Taught) -> None:
    sample = tags.teach("meow", None)
    say(tags, sample.id, ("cat", True))
    tags.storage.tags.set_threshold(tags.id, tags.labels["cat"], 0.2)
    tags.storage.functions.delete(tags.id)
    assert tags.storage.tags.thresholds(tags.id) == {}


def test_each_change_is_known_to_whoever_follows(tags: Taught) -> None:
    sample = tags.teach("meow", None)
    say(tags, sample.id, ("cat", True))
    known, last = tags.storage.tags.known_since(tags.id, 0)
    cat, dog, bird = tags.labels["cat"], tags.labels["dog"], tags.labels["bird"]
    assert known == [(sample.digest, {cat: True, dog: False, bird: False})]
    tags.storage.tags.remove(tags.id, sample.id, "ada", datetime.now(UTC))
    assert tags.storage.tags.known_since(tags.id, last)[0] == [(sample.digest, None)]


def test_samples_are_predicted_once_a_version_has_said_something_of_them(tags: Taught) -> None:
    sample = tags.teach("meow", None)
    confidences = dict.fromkeys(tags.labels.values(), 0.1)
    tags.storage.tags.set_predictions(tags.id, [(sample.id, TagsPrediction(confidences, "model_1"))])
    assert tags.storage.samples.counts(tags.id).predicted == 1
    read = tags.storage.samples.get(tags.id, sample.id)
    assert read.tags_prediction == TagsPrediction(confidences, "model_1")


def test_training_reads_what_was_said_and_nothing_else(tags: Taught) -> None:
    told, untold = tags.teach("meow", None), tags.teach("woof", None)
    say(tags, told.id, ("cat", True))
    (sample,) = tags.storage.tags.training(tags.id, "sampleset_heldout")
    assert (sample.id, sample.tags[tags.labels["cat"]]) == (told.id, True)
    assert untold.id != sample.id


def test_training_reads_what_captured_samples_stand_for(desk) -> None:  # type: ignore[no-untyped-def]
    captured = desk.capture("drawn one time in ten", weight=1.0, threshold=0.1)
    brought = desk.add("brought").id
    for id in (captured, brought):
        desk.storage.tags.set(
            desk.function_id, id, [Tag(desk.a)], "ada", AnnotationSource.QUEUE, datetime.now(UTC)
        )
    found = {
        s.id: (s.weight, s.captured) for s in desk.storage.tags.training(desk.function_id, "sampleset_none")
    }
    assert found == {captured: (pytest.approx(10.0), True), brought: (1.0, False)}
