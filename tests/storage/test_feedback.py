import pytest

from noria.errors import LabelNotFound, SampleNotFound


def give(desk, sample_id, label):
    return desk.storage.feedback.add(desk.function_id, sample_id, label, "caller", desk.now)


def test_feedback_is_listed_newest_first(desk):
    sample = desk.add("one")
    first, second = give(desk, sample.id, desk.a), give(desk, sample.id, desk.b)
    assert desk.storage.feedback.of(desk.function_id) == [second, first]
    assert desk.storage.feedback.of(desk.function_id, 1) == [second]


def test_feedback_changes_neither_sample_nor_queue(desk):
    id = desk.capture("one")
    before = desk.storage.functions.get(desk.function_id)
    give(desk, id, desk.b)
    assert desk.sample(id).annotation is None
    assert desk.queue() == ["one"]
    assert desk.storage.functions.get(desk.function_id) == before


def test_feedback_needs_its_sample_and_label(desk, other_desk):
    with pytest.raises(SampleNotFound):
        give(desk, other_desk.add("one").id, desk.a)
    with pytest.raises(LabelNotFound):
        give(desk, desk.add("one").id, other_desk.a)


def test_feedback_goes_with_its_sample_or_label(desk):
    one, two = desk.add("one"), desk.add("two")
    give(desk, one.id, desk.a)
    kept = give(desk, two.id, desk.b)
    give(desk, two.id, desk.labels["c"])
    desk.storage.samples.delete(desk.function_id, one.id, desk.now)
    desk.storage.labels.delete(desk.function_id, desk.labels["c"], desk.now)
    assert desk.storage.feedback.of(desk.function_id) == [kept]
