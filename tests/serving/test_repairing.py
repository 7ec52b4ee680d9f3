"""Labels to check, from training to a person's answer."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from serving.parts import Serving

from noria.errors import BadInput, LabelNotFound, SampleNotFound
from noria.records.sample import AnnotationSource
from noria.serving.repairing import Repairs, SuspectedLabel
from noria.storage import Storage

MORE_CATS = [f"meow purr kitten {n}" for n in "abcdefgh"]
MORE_DOGS = [f"woof bark fetch {n}" for n in "abcdefgh"]


@pytest.fixture
def repairs(storage: Storage) -> Repairs:
    return Repairs(storage)


@pytest.fixture
def slipped(serving: Serving) -> Serving:
    """Trained on cats and dogs, among them a cat that somebody called a dog."""
    for text in MORE_CATS:
        serving.function.teach(text, "cat")
    for text in MORE_DOGS:
        serving.function.teach(text, "dog")
    serving.function.teach("kitten meow purr meow", "dog")
    serving.train()
    return serving


def only(repairs: Repairs, serving: Serving) -> SuspectedLabel:
    [found] = [e for e in repairs.suspected(serving.function.id) if e.sample.data == "kitten meow purr meow"]
    return found


def test_a_slip_is_listed_with_its_suggestion(slipped: Serving, repairs: Repairs) -> None:
    found = only(repairs, slipped)
    assert found.suggested_label_id != found.label_id == found.sample.annotation.label_id  # type: ignore[union-attr]
    assert 0.5 < found.confidence <= 1


def test_what_is_kept_is_not_asked_again(slipped: Serving, repairs: Repairs) -> None:
    found = only(repairs, slipped)
    repairs.keep(slipped.function.id, found.sample.id, found.suggested_label_id, "ada")
    repairs.keep(slipped.function.id, found.sample.id, found.suggested_label_id, "bob")  # no harm
    slipped.function.teach("one more meow", "cat")
    slipped.train()
    assert found.sample.id not in {each.sample.id for each in repairs.suspected(slipped.function.id)}


def test_what_is_taken_is_an_annotation_like_any(
    slipped: Serving, repairs: Repairs, storage: Storage
) -> None:
    found = only(repairs, slipped)
    repairs.take(slipped.function.id, found.sample.id, found.suggested_label_id, "ada")
    annotation = storage.samples.get(slipped.function.id, found.sample.id).annotation
    assert annotation is not None
    assert (annotation.label_id, annotation.by) == (found.suggested_label_id, "ada")
    assert annotation.source is AnnotationSource.REPAIR
    assert found.sample.id not in {each.sample.id for each in repairs.suspected(slipped.function.id)}
    assert storage.functions.get(slipped.function.id).needs_training


def test_a_sample_that_somebody_changed_meanwhile_is_not_listed(
    slipped: Serving, repairs: Repairs, storage: Storage
) -> None:
    found = only(repairs, slipped)
    storage.annotations.remove(slipped.function.id, found.sample.id, "bob", datetime.now(UTC))
    assert found.sample.id not in {each.sample.id for each in repairs.suspected(slipped.function.id)}
    with pytest.raises(BadInput):
        repairs.keep(slipped.function.id, found.sample.id, found.suggested_label_id, "ada")


@pytest.mark.parametrize("settle", [Repairs.keep, Repairs.take])
def test_what_there_is_not_is_told(slipped: Serving, repairs: Repairs, settle: Callable[..., None]) -> None:
    found = only(repairs, slipped)
    with pytest.raises(SampleNotFound):
        settle(repairs, slipped.function.id, "sample_gone", found.suggested_label_id, "ada")
    with pytest.raises(LabelNotFound):
        settle(repairs, slipped.function.id, found.sample.id, "label_gone", "ada")


def test_a_deleted_label_and_sample_take_what_was_kept_with_them(
    slipped: Serving, repairs: Repairs, storage: Storage
) -> None:
    found, function_id = only(repairs, slipped), slipped.function.id
    repairs.keep(function_id, found.sample.id, found.suggested_label_id, "ada")
    storage.labels.delete(function_id, found.suggested_label_id, datetime.now(UTC))
    assert storage.kept_labels.of(function_id) == set()


def test_before_a_version_nothing_is_suspected(serving: Serving, repairs: Repairs) -> None:
    assert repairs.suspected(serving.function.id) == []
