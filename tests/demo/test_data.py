from base64 import b64decode

from noria.demo.data import Demo, DemoRow, row_content
from noria.records.function import Modality


def test_a_text_is_sent_as_it_is() -> None:
    assert DemoRow("where is my card", "x").data == "where is my card"


def test_a_picture_is_sent_as_a_data_uri() -> None:
    kind, _, content = DemoRow(b"\xff\xd8 jpeg", "x").data.partition(",")
    assert kind == "data:image/jpeg;base64"
    assert b64decode(content) == b"\xff\xd8 jpeg"


def test_a_row_is_sent_as_an_object() -> None:
    assert DemoRow(row_content({"job": "clerk", "age": 41}), "x").data == {"age": 41, "job": "clerk"}


def test_fields_stand_before_the_rows() -> None:
    demo = Demo.of(
        (
            b'{"label": "Stays", "description": "Still there."}',
            b'{"field": "age", "type": "Number"}',
            b'{"part": "seed", "row": {"age": 41}, "label": "Stays"}',
        ),
        lambda row: row_content(row.pop("row")),
        function_name="Churn",
        modality=Modality.TABULAR,
        calls_per_second=1,
        captures_per_day=1,
    )
    assert demo.fields == (("age", "Number"),)
    assert demo.true_labels() == {(("age", 41),): "Stays"}


def test_lines_become_labels_and_the_rows_of_each_part() -> None:
    demo = Demo.of(
        (
            b'{"label": "Cat", "description": "It purrs."}',
            b'{"part": "seed", "text": "meow", "label": "Cat"}',
            b'{"part": "stream", "text": "purr", "label": "Cat", "phase": "A", "kind": "copy"}',
            b'{"part": "held_out", "text": "hiss", "label": "Cat"}',
        ),
        lambda row: row.pop("text"),
        function_name="Pets",
        modality=Modality.TEXT,
        calls_per_second=1,
        captures_per_day=1,
    )
    assert [label.name for label in demo.labels] == ["Cat"]
    assert demo.stream == (DemoRow("purr", "Cat", "A", "copy"),)
    assert demo.true_labels() == {"meow": "Cat", "purr": "Cat"}  # nobody has labelled the held-out part
    assert [row.content for row in demo.held_out] == ["hiss"]
