from datetime import timedelta

from noria.records.opinion import Met, Said
from noria.records.sample import AnnotationSource
from noria.records.tags import Tag


def label(desk, text, at, by="ann", source=AnnotationSource.QUEUE):
    sample = desk.add(text)
    desk.storage.annotations.set(desk.function_id, sample.id, desk.a, by, source, at)


def sittings(desk, since):
    found = desk.storage.sittings.since(since, desk.function_id)
    return [(sitting.by, sitting.labels, sitting.seconds) for sitting in found]


def test_time_between_answers_counts_and_pauses_do_not(desk):
    start = desk.now
    for text, seconds in (("one", 0), ("two", 5), ("three", 15), ("four", 1000), ("five", 1004)):
        label(desk, text, start + timedelta(seconds=seconds))
    assert sittings(desk, start) == [("ann", 5, 19.0)]


def test_each_person_has_a_sitting_of_their_own(desk):
    start = desk.now
    for i in range(4):
        label(desk, f"text {i}", start + timedelta(seconds=i), by="ann" if i else "bob")
    assert sittings(desk, start) == [("ann", 3, 2.0), ("bob", 1, 0.0)]


def test_tags_count_and_programs_do_not(desk):
    start = desk.now
    label(desk, "one", start, source=AnnotationSource.API)
    sample = desk.add("two")
    desk.storage.tags.set(desk.function_id, sample.id, [Tag(desk.a)], "ann", AnnotationSource.QUEUE, start)
    assert sittings(desk, start) == [("ann", 1, 0.0)]


def test_what_was_before_does_not_count(desk):
    start = desk.now
    label(desk, "one", start)
    assert sittings(desk, start + timedelta(seconds=1)) == []


def test_second_opinions_are_work_and_first_ones_stand_in_the_log(desk):
    start, sample = desk.now, desk.add("one")
    met = Met(blind=True, overlaps=True)
    desk.storage.annotations.set(
        desk.function_id, sample.id, desk.a, "ann", AnnotationSource.QUEUE, start, met
    )
    later = start + timedelta(seconds=3)
    desk.storage.opinions.give(desk.function_id, sample.id, "bob", Said.LABEL, desk.b, later)
    assert sittings(desk, start) == [("ann", 1, 0.0), ("bob", 1, 0.0)]
