"""Rows as callers send them: what is taken, and what a refusal says."""

from datetime import UTC, datetime

import pytest

from noria.errors import BadInput, TooLarge
from noria.records.content import Content
from noria.records.field import Field, FieldType
from noria.serving.rows import row_content

AT = datetime(2026, 1, 1, tzinfo=UTC)
AGE = Field("field_aaaaaaaaaaaaaaaa", "function_x", "age", FieldType.NUMBER, AT)
GONE = Field("field_gggggggggggggggg", "function_x", "gone", FieldType.TEXT, AT, deleted=True)
JOB = Field("field_jjjjjjjjjjjjjjjj", "function_x", "job", FieldType.TEXT, AT)
FACE = Field("field_ffffffffffffffff", "function_x", "face", FieldType.IMAGE, AT)
FIELDS = (AGE, GONE, JOB, FACE)


def picture(data: object) -> Content:
    file = str(data).encode()
    return Content("", b"digest of " + file, file, "image/png")


def read(data: object) -> Content:
    return row_content(data, FIELDS, picture)


def test_keys_are_names_or_ids_with_or_without_their_prefix() -> None:
    ways = ({"age": 41}, {AGE.id: 41}, {AGE.id.removeprefix("field_"): 41.0})
    assert [read(way).field_values for way in ways] == [{AGE.id: 41.0}] * 3
    assert len({read(way).digest for way in ways}) == 1


def test_slots_stand_in_the_order_of_the_fields_deleted_ones_among_them() -> None:
    row = read({"job": "clerk", "age": 3}).row
    assert row is not None
    assert [slot.value for slot in row] == [3.0, None, "clerk", None]


def test_people_read_a_line_a_field() -> None:
    assert read({"job": "clerk", "age": 41.50, "face": "x"}).text == "age: 41.5\njob: clerk\nface: (image)"


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_blank_values_are_missing_ones(blank: object) -> None:
    assert read({"age": 1, "job": blank}).digest == read({"age": 1}).digest


def test_the_image_is_the_content_s_file() -> None:
    content = read({"age": 1, "face": "png"})
    assert (content.file, content.media_type) == (b"png", "image/png")
    assert content.digest != read({"age": 1, "face": "other"}).digest


def test_zero_has_no_sign() -> None:
    assert read({"age": -0.0}).digest == read({"age": 0}).digest


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("41", "an object of fields"),
        ([41], "an object of fields"),
        ({}, "empty"),
        ({"age": None}, "empty"),
        ({"age": "41"}, "“age” takes a number, such as 12.5 without quotes, and this is a text"),
        ({"age": True}, "“age” takes a number"),
        ({"age": [1]}, "“age” takes a number"),
        ({"job": 7}, "“job” takes a text in quotes, and this is a number"),
        ({"age": 10**400}, "“age” is too large"),
        ({"age": float("inf")}, "“age” is too large"),
        ({"size": 3}, "no field “size”. It has: “age”, “job”, “face”"),
        ({"gone": "x"}, "no field “gone”"),
        ({"age": 1, AGE.id: 1}, "twice"),
        ({"job": "a\x00b"}, "NUL"),
    ],
)
def test_a_refusal_names_the_field(data: object, says: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read(data)
    assert says in str(refusal.value)


def test_a_row_has_a_limit() -> None:
    with pytest.raises(TooLarge):
        read({"job": "x" * 100_001})


def test_a_function_without_fields_says_how_to_add_them() -> None:
    with pytest.raises(BadInput, match="add them with POST"):
        row_content({"age": 1}, (), picture)
