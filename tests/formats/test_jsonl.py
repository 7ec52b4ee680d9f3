"""JSONL read and written."""

import io

import pytest
from formats.test_csv import NASTY

from noria.errors import BadInput
from noria.formats import Columns, Outline, Record, Refused, jsonl


def rows(content: bytes) -> list[tuple[str, object]]:
    return [
        (place, row.why if isinstance(row, Refused) else row)
        for place, row in jsonl.JsonlReader(io.BytesIO(content)).rows()
    ]


def test_what_is_written_is_read_as_it_was() -> None:
    outline = Outline(with_metadata=True, with_sample_sets=True)
    out = io.BytesIO()
    jsonl.write(NASTY, out, outline)
    reader = jsonl.JsonlReader(out)
    assert [record for _, record in reader.records(Columns.choose(reader.columns, {}))] == list(NASTY)


def test_an_image_is_a_data_uri() -> None:
    out = io.BytesIO()
    jsonl.write([Record(b"\x89PNG", media_type="image/png")], out, Outline(of_images=True))
    assert b'"image": "data:image/png;base64,iVBORw=="' in out.getvalue()


def test_columns_are_all_fields_of_the_first_rows() -> None:
    reader = jsonl.JsonlReader(io.BytesIO(b'{"data": "a", "n": 1}\n{"data": "b", "tags": ["x"]}\n'))
    assert reader.columns == ("data", "n", "tags")


def test_what_is_no_text_is_taken_as_json_has_it() -> None:
    reader = jsonl.JsonlReader(io.BytesIO(b'{"data": 7, "label": true}\n'))
    assert [record for _, record in reader.records(Columns("data", "label"))] == [Record("7", "true")]


def test_a_line_separator_inside_a_text_tears_nothing() -> None:
    assert rows('{"data": "a\u2028b"}'.encode()) == [("Line 1", {"data": "a\u2028b"})]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"a": ', "is not JSON"),
        (b'"text"', "not a JSON object"),
        (b'{"a": 1, "a": 2}', "“a” twice"),
        (b'{"a":' + b"[" * 100_000, "is not JSON"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "is not JSON"),
        (b'{"a": "\xff"}', "is not in utf-8"),
    ],
)
def test_a_bad_line_is_told_and_the_others_are_taken(line: bytes, says: str) -> None:
    first, second, third = rows(b'{"a": 1}\n' + line + b'\n\n{"a": 3}\n')
    assert (first, third) == (("Line 1", {"a": 1}), ("Line 4", {"a": 3}))
    assert second[0] == "Line 2"
    assert says in str(second[1])


def test_a_row_without_the_data_says_so() -> None:
    reader = jsonl.JsonlReader(io.BytesIO(b'{"text": "a"}\n{"label": "b"}\n'))
    assert [record for _, record in reader.records(Columns("text", "label"))][1] == Refused(
        "has nothing in “text”."
    )


def test_metadata_must_be_an_object() -> None:
    content = b'{"text": "a", "metadata": "[1]"}\n{"text": "a", "metadata": {"n": 1, "x": null}}\n'
    reader = jsonl.JsonlReader(io.BytesIO(content))
    first, second = (record for _, record in reader.records(Columns.choose(reader.columns, {})))
    assert "else than an object" in first.why  # type: ignore[union-attr]
    assert second == Record("a", metadata={"n": "1"})


def test_what_holds_no_object_at_all_is_refused() -> None:
    with pytest.raises(BadInput, match="No line"):
        jsonl.JsonlReader(io.BytesIO(b"{\n}\n"))


def test_too_many_fields_are_refused() -> None:
    row = "{" + ", ".join(f'"c{i}": 1' for i in range(5000)) + "}"
    with pytest.raises(BadInput, match="5,000 fields"):
        jsonl.JsonlReader(io.BytesIO(row.encode()))
