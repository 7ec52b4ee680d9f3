from datetime import timedelta

import pytest

from noria.errors import BadInput
from noria.records.prediction import Prediction
from noria.records.sample import HELD_OUT_SET, Origin
from noria.storage import SampleFilter


def listed(desk, limit=100, cursor=None, **conditions):
    page = desk.storage.samples.list(desk.function_id, SampleFilter(**conditions), limit, cursor)
    return [sample.data for sample in page.samples]


def pages(desk, limit, **conditions):
    """Every page, following the cursors."""
    cursor, found = None, []
    while True:
        page = desk.storage.samples.list(desk.function_id, SampleFilter(**conditions), limit, cursor)
        found.append([sample.data for sample in page.samples])
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_the_newest_sample_comes_first(desk):
    for text in ("one", "two", "three"):
        desk.add(text)
    assert listed(desk) == ["three", "two", "one"]
    assert listed(desk, ascending=True) == ["one", "two", "three"]


@pytest.mark.parametrize(("ascending", "expected"), [(False, ["ed", "cb", "a"]), (True, ["ab", "cd", "e"])])
def test_cursors_lead_through_every_page_once(desk, ascending, expected):
    for text in "abcde":
        desk.add(text)
    assert pages(desk, 2, ascending=ascending) == [list(page) for page in expected]


def test_a_full_last_page_has_no_cursor(desk):
    for text in "ab":
        desk.add(text)
    assert pages(desk, 2) == [["b", "a"]]


def test_what_is_added_between_two_pages_moves_nothing(desk):
    for text in "abc":
        desk.add(text)
    first = desk.storage.samples.list(desk.function_id, SampleFilter(), 2)
    desk.add("new")
    assert listed(desk, 2, first.next_cursor) == ["a"]


@pytest.mark.parametrize("cursor", ["sample_1", "", "-1", "1.5", "9" * 30, "١"])
def test_a_foreign_cursor_is_bad_input(desk, cursor):
    with pytest.raises(BadInput):
        listed(desk, cursor=cursor)


def test_a_page_can_be_asked_for_by_place(desk):
    for text in "abcde":
        desk.add(text)
    assert listed(desk, start_index=1, count=2) == ["d", "c"]
    assert pages(desk, 2, start_index=3) == [["b", "a"]]
    assert pages(desk, 2, start_index=1) == [["d", "c"], ["b", "a"]]


def test_samples_of_other_functions_are_never_listed(desk, other_desk):
    desk.add("mine")
    other_desk.add("theirs")
    assert listed(desk) == ["mine"]
    assert listed(desk, search_text="theirs") == []


def test_staged_samples_are_in_no_list_but_by_origin_or_reason(desk):
    desk.add("brought")
    desk.capture("staged", parts={"Random": 0.2, "LowConfidence": 0.8})
    assert listed(desk) == ["brought"]
    assert listed(desk, annotated=False) == ["brought"]
    assert listed(desk, search_text="staged") == []
    assert listed(desk, origin=Origin.API) == ["brought"]
    assert listed(desk, origin=Origin.INVOKE_CAPTURE) == ["staged"]
    assert listed(desk, capture_reason="LowConfidence") == ["staged"]
    assert listed(desk, capture_reason="Random") == []


def test_annotated_captures_are_listed_by_origin_too(desk):
    desk.annotate(desk.capture("one"), "a")
    assert listed(desk) == ["one"]
    assert listed(desk, origin=Origin.INVOKE_CAPTURE) == ["one"]
    assert listed(desk, capture_reason="Random", annotated=True) == ["one"]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"annotated": True}, {"right", "wrong", "held out"}),
        ({"annotated": False}, {"plain", "100% _sure_"}),
        ({"predicted": True}, {"right", "wrong"}),
        ({"predicted": False}, {"plain", "held out", "100% _sure_"}),
        ({"annotation_label_id": "a"}, {"right", "wrong", "held out"}),
        ({"prediction_label_id": "b"}, {"wrong"}),
        ({"prediction_and_annotation_agree": True}, {"right"}),
        ({"prediction_and_annotation_agree": False}, {"wrong"}),
        ({"in_train_set": True}, {"right", "wrong"}),
        ({"in_train_set": False}, {"plain", "held out", "100% _sure_"}),
        ({"sample_set_id": HELD_OUT_SET}, {"held out"}),
        ({"search_text": "RIGHT"}, {"right"}),
        ({"search_text": "% _"}, {"100% _sure_"}),
        ({"external_id": "x"}, {"plain"}),
        ({"external_id": "y"}, set()),
        ({"annotated": True, "search_text": "o"}, {"wrong", "held out"}),
        ({"sample_ids": ()}, set()),
    ],
)
def test_each_condition_lists_what_it_says(desk, conditions, expected):
    desk.add("right", "a", prediction=Prediction(desk.a, 0.9))
    desk.add("wrong", "a", prediction=Prediction(desk.b, 0.9))
    desk.add("held out", "a", sample_sets=(HELD_OUT_SET,))
    desk.add("plain", external_id="x")
    desk.add("100% _sure_")
    for name in ("annotation_label_id", "prediction_label_id"):
        if name in conditions:
            conditions = {name: desk.labels[conditions[name]]}
    assert set(listed(desk, **conditions)) == expected


def test_samples_are_listed_by_who_labelled_them_and_by_their_notes(desk):
    one = desk.add("one", "a")
    desk.add("two")
    desk.storage.samples.write_note(desk.function_id, one.id, "odd")
    assert one.annotation is not None
    assert listed(desk, annotated_by=one.annotation.by) == ["one"]
    assert listed(desk, annotated_by="somebody else") == []
    assert listed(desk, noted=True) == ["one"]
    assert listed(desk, noted=False) == ["two"]


def test_samples_are_listed_by_their_ids(desk):
    one, _, three = (desk.add(text) for text in ("one", "two", "three"))
    assert listed(desk, sample_ids=(one.id, three.id)) == ["three", "one"]


def test_samples_are_listed_by_when_they_came(desk):
    one, two = desk.add("one"), desk.add("two")
    half = two.created_at - timedelta(milliseconds=500)
    assert listed(desk, created_before=half) == ["one"]
    assert listed(desk, created_after=half) == ["two"]
    assert listed(desk, created_before=one.created_at) == ["one"]
    assert listed(desk, created_after=two.created_at) == ["two"]


def test_staged_samples_are_listed_where_they_are_named(desk):
    staged = desk.capture("staged", external_id="x")
    assert listed(desk) == []
    assert listed(desk, sample_ids=(staged,)) == listed(desk, external_id="x") == ["staged"]


@pytest.mark.parametrize("reason", ["Random", "random", "RANDOM"])
def test_a_capture_reason_is_read_in_any_case(desk, reason):
    desk.capture("staged")
    assert listed(desk, capture_reason=reason) == ["staged"]


def test_samples_by_the_cell_that_a_call_lay_in(desk):
    desk.capture("one", cell=3)
    desk.capture("two", cell=4)
    desk.capture("three")
    assert listed(desk, cell=3, origin=Origin.INVOKE_CAPTURE) == ["one"]
    desk.capture("two", cell=3)
    assert listed(desk, cell=3, origin=Origin.INVOKE_CAPTURE) == ["two", "one"]
