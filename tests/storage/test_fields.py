"""Fields of table functions, and what a new one does to the rows that are there."""

from dataclasses import replace

import pytest

from noria.errors import DuplicateField, FieldNotFound
from noria.learning.rows import TEXT_WIDTH, WIDTH
from noria.records.field import FieldType, Slot


def add(desk, name, type=FieldType.NUMBER):
    return desk.storage.fields.add(desk.function_id, name, type, desk.now)


def row(desk, n_slots):
    """A sample with one number in each of its fields, and that number in each place of its embedding."""
    new = desk.new(f"row of {n_slots}")
    content = replace(
        new.content, row=(Slot(FieldType.NUMBER, 1.0),) * n_slots, field_values={"field_x": 1.0}
    )
    vector = b"\x00\x00\x80\x3f" * WIDTH * n_slots
    return desk.storage.samples.add(replace(new, content=content, embedding=vector), desk.now)


def embedding(desk, sample):
    return desk.storage.samples.embeddings(desk.function_id, [sample.id])[sample.id]


def test_fields_come_in_creation_order(desk):
    for name in ("z", "a"):
        add(desk, name)
    assert [field.name for field in desk.storage.fields.all(desk.function_id)] == ["z", "a"]


def test_a_name_is_taken_once_in_a_function(desk, other_desk):
    first = add(desk, "age")
    with pytest.raises(DuplicateField) as error:
        add(desk, "age", FieldType.TEXT)
    assert error.value.existing_id == first.id
    add(other_desk, "age")


def test_the_name_of_a_deleted_field_is_free_and_its_slot_stays(desk):
    gone = add(desk, "age")
    desk.storage.fields.delete(desk.function_id, gone.id, desk.now)
    again = add(desk, "age")
    assert [(f.id, f.deleted) for f in desk.storage.fields.all(desk.function_id)] == [
        (gone.id, True), (again.id, False),
    ]  # fmt: skip
    with pytest.raises(FieldNotFound):
        desk.storage.fields.rename(desk.function_id, gone.id, "new")


def test_a_field_of_another_function_is_not_found(desk, other_desk):
    with pytest.raises(FieldNotFound):
        desk.storage.fields.delete(desk.function_id, add(other_desk, "age").id, desk.now)


def test_a_new_field_is_missing_in_the_rows_that_are_there(desk):
    add(desk, "age")
    sample = row(desk, 1)
    before = embedding(desk, sample)
    add(desk, "job", FieldType.TEXT)
    assert embedding(desk, sample) == before + bytes(4 * TEXT_WIDTH)


def test_a_row_that_was_on_its_way_meanwhile_is_as_wide_as_the_others(desk):
    add(desk, "age")
    add(desk, "size")
    assert len(embedding(desk, row(desk, 1))) == 4 * 2 * WIDTH


def test_values_are_read_again_as_they_were(desk):
    add(desk, "age")
    assert desk.storage.samples.get(desk.function_id, row(desk, 1).id).field_values == {"field_x": 1.0}


def test_a_change_of_fields_wants_training(desk):
    before = desk.storage.functions.get(desk.function_id).wanted_seq
    field = add(desk, "age")
    desk.storage.fields.delete(desk.function_id, field.id, desk.now)
    assert desk.storage.functions.get(desk.function_id).wanted_seq == before + 2
