import pytest

from noria.records.sample import HELD_OUT_SET
from noria.records.version import TrainingSample


def read(desk, held_out=None):
    return desk.storage.training.samples(desk.function_id, held_out)


def test_annotated_samples_come_in_creation_order(desk):
    second, first = desk.new("two", "b"), desk.new("one", "a")
    desk.storage.samples.add_many([first, second], desk.now)
    desk.add("no label")
    desk.capture("staged")
    assert [(s.id, s.label_id, s.digest) for s in read(desk)] == [
        (first.id, desk.a, first.digest),
        (second.id, desk.b, second.digest),
    ]


def test_what_people_brought_weighs_one(desk):
    desk.add("one", "a")
    desk.capture("one", weight=1.0, threshold=0.1)
    (sample,) = read(desk)
    assert (sample.weight, sample.captured) == (1.0, False)


def test_a_captured_sample_weighs_one_over_its_largest_propensity(desk):
    id = desk.capture("one", weight=1.0, threshold=0.1)
    desk.capture("one", weight=0.5, threshold=0.5)
    desk.annotate(id, "a")
    (sample,) = read(desk)
    assert sample == TrainingSample(id, sample.seq, desk.a, desk.sample(id).digest, 4.0, captured=True)


@pytest.mark.parametrize(("threshold", "weight"), [(2.0, 1.0), (1e-9, 1000.0)])
def test_weights_are_kept_within_bounds(desk, threshold, weight):
    desk.annotate(desk.capture("one", threshold=threshold), "a")
    assert read(desk)[0].weight == pytest.approx(weight)


def test_held_out_samples_are_read_apart(desk):
    held_out = desk.add("one", "a", sample_sets=(HELD_OUT_SET,))
    trained_on = desk.add("two", "a")
    assert [s.id for s in read(desk, HELD_OUT_SET)] == [trained_on.id]
    assert [s.id for s in desk.storage.training.held_out(desk.function_id, HELD_OUT_SET)] == [held_out.id]
    assert len(read(desk)) == 2


def test_counts_are_of_what_training_learns_from(desk):
    desk.add("one", "a", sample_sets=(HELD_OUT_SET,))
    desk.add("two", "a")
    desk.add("three", "a")
    desk.add("four")
    assert desk.storage.training.counts(desk.function_id, HELD_OUT_SET) == {desk.a: 2}
