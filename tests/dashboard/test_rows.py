"""Tables read from files, with the line of whatever can't be read."""

import pytest

from noria.errors import BadInput
from noria.server.dashboard.rows import read


def test_columns_are_guessed_by_their_names() -> None:
    table = read(b"id,Intent,Query\n1,greet,hello\n")
    assert (table.text_column, table.label_column) == ("Query", "Intent")


def test_the_first_column_is_the_text_when_no_name_tells() -> None:
    table = read(b"a,b\nx,y\n")
    assert (table.text_column, table.label_column) == ("a", "")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(delimiter: str) -> None:
    table = read(delimiter.join(("text", "label")).encode() + b"\n" + delimiter.join(("a", "b")).encode())
    assert table.rows == [(2, {"text": "a", "label": "b"})]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    table = read(b'text\n"one\ntwo"\n\nthree\n')
    assert table.rows == [(2, {"text": "one\ntwo"}), (5, {"text": "three"})]


def test_a_row_with_too_many_cells_says_so() -> None:
    assert read(b"text,label\na,b,c\n").rows == [(2, "has 3 cells where the header has 2")]


def test_a_short_row_has_the_cells_it_has() -> None:
    assert read(b"text,label\na\n").rows == [(2, {"text": "a"})]


def test_a_byte_order_mark_is_no_part_of_a_column() -> None:
    assert read("\ufefftext\nx".encode()).columns == ("text",)


def test_columns_of_jsonl_are_all_its_fields_and_values_are_text() -> None:
    table = read(b'{"data": "a", "n": 1}\n{"data": "b", "tags": ["x"], "none": null}\n')
    assert table.columns == ("data", "n", "tags")
    assert table.rows == [(1, {"data": "a", "n": "1"}), (2, {"data": "b", "tags": '["x"]'})]


def test_jsonl_is_not_torn_by_line_separators_inside_its_text() -> None:
    assert read('{"data": "a\u2028b"}'.encode()).rows == [(1, {"data": "a\u2028b"})]


def test_lines_that_are_no_json_are_told() -> None:
    assert read(b'{"a": 1}\n{"a": \n"text"\n').rows[1:] == [(2, "is not JSON"), (3, "is not a JSON object")]


def test_the_torn_end_of_a_beginning_is_left_out() -> None:
    whole = "text\näöü\nßéê\n".encode()
    assert read(whole[:-3], cut=True).rows == [(2, {"text": "äöü"})]


def test_deeply_nested_json_is_one_bad_line() -> None:
    assert read(b'{"a": 1}\n{"a":' + b"[" * 100_000 + b"\n").rows[1][1] == "is not JSON"


@pytest.mark.parametrize("content", [b"", b"  \n ", b"PK\x03\x04\x00\x00"])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput):
        read(content)
