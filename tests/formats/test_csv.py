"""CSV read and written."""

import io

import pytest

from noria.errors import BadInput
from noria.formats import Columns, Outline, Record, Refused, csv
from noria.records.field import FieldType


def rows(content: bytes, encoding: str | None = None) -> list[tuple[str, object]]:
    return [
        (place, row.why if isinstance(row, Refused) else row)
        for place, row in csv.CsvReader(io.BytesIO(content), encoding).rows()
    ]


def written(*records: Record, **outline: object) -> bytes:
    out = io.BytesIO()
    csv.write(records, out, Outline(**outline))  # type: ignore[arg-type]
    return out.getvalue()


def read(content: bytes) -> list[Record | Refused]:
    reader = csv.CsvReader(io.BytesIO(content))
    return [record for _, record in reader.records(Columns.choose(reader.columns, {}))]


NASTY = (
    Record("plain"),
    Record('quotes " and, commas', "label, too", "id;1"),
    Record("two\nlines\r\nand a lone\rreturn", "cat"),
    Record("=1+1", "-label", "+49"),
    Record("'=1+1"),
    Record("''@x"),
    Record("it's fine"),
    Record("\ttab first"),
    Record("\rreturn first"),
    Record("ünïcode 🐈 \u2028 \x85 end"),
    Record(" blanks around ", "cat"),
    Record("\ufeffa mark"),
    Record("x", metadata={"who": "ann", "=f": "-1"}, sample_sets=("sampleset_a", "sampleset_b")),
)


def test_what_is_written_is_read_as_it_was() -> None:
    content = written(*NASTY, with_metadata=True, with_sample_sets=True)
    assert read(content) == list(NASTY)
    assert written(*read(content), with_metadata=True, with_sample_sets=True) == content  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\ta", "\ra", "'=1"])
def test_no_cell_begins_like_a_formula(text: str) -> None:
    cells = written(Record(text)).split(b"\r\n", 1)[1].lstrip(b'"')
    assert cells.startswith(b"'")


def test_nothing_at_all_is_a_header() -> None:
    assert written() == b"text,label,external_id\r\n"


def test_a_table_has_its_fields_as_columns() -> None:
    assert written(Record({"age": 7}, "yes"), fields={"age": FieldType.NUMBER, "town": FieldType.TEXT}) == (
        b"age,town,label,external_id\r\n7,,yes,\r\n"
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(delimiter: str) -> None:
    content = delimiter.join(("text", "label")) + "\n" + delimiter.join(("a", "b"))
    assert rows(content.encode()) == [("Line 2", {"text": "a", "label": "b"})]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    assert rows(b'text\n"one\ntwo"\n\nthree\n') == [
        ("Line 2", {"text": "one\ntwo"}),
        ("Line 5", {"text": "three"}),
    ]


@pytest.mark.parametrize(("line", "n"), [("a,b,c", "3 cells"), ("a", "1 cell ")])
def test_a_ragged_row_is_told_and_the_others_are_taken(line: str, n: str) -> None:
    found = rows(f"text,label\n{line}\nx,y\n".encode())
    assert n in str(found[0][1])
    assert found[1] == ("Line 3", {"text": "x", "label": "y"})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_tells_the_encoding(encoding: str) -> None:
    assert rows("text\ncafé\n".encode(encoding)) == [("Line 2", {"text": "café"})]


def test_a_row_in_another_encoding_is_told() -> None:
    assert rows("text\ncafé\nplain\n".encode("latin-1")) == [
        ("Line 2", "is not in utf-8. Save the file as UTF-8, or say its encoding."),
        ("Line 3", {"text": "plain"}),
    ]


def test_the_encoding_can_be_said() -> None:
    assert rows("text\ncafé\n".encode("latin-1"), "latin-1") == [("Line 2", {"text": "café"})]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0", "not a text file"),
        ("text\nhello\n".encode("utf-16-le"), "UTF-16 without a mark"),
        (b"text,text\na,b\n", "twice"),
        (",".join(f"c{i}" for i in range(5000)).encode(), "5,000 columns"),
        (b'"text\nnever closed', "header"),
        ("caf\u00e9\nx\n".encode("latin-1"), "header is not in utf-8"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        csv.CsvReader(io.BytesIO(content))


def test_an_encoding_that_there_is_not_is_told() -> None:
    with pytest.raises(BadInput, match="no text encoding"):
        csv.CsvReader(io.BytesIO(b"text\n"), "klingon")


def test_a_quote_that_is_never_closed_says_which_lines_it_took() -> None:
    found = rows(b'text,label\na,b\n"open,c\nd,e\nf,g\n')
    assert found[1] == ("Line 3", "opens a quote that is not closed; lines 3 to 5 were passed over.")


def test_a_quote_takes_no_more_than_so_much_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv, "_TEXT_ROOM", 100)
    content = b"text,label\n" + b'"open,c\n' + b"d,e\n" * 50
    found = rows(content)
    assert "not closed" in str(found[0][1])
    assert found[-1] == ("Line 52", {"text": "d", "label": "e"})


def test_a_giant_line_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv, "_TEXT_ROOM", 1000)
    found = rows(b"text\nfirst\n" + b"x" * 5_000_000 + b"\nlast\n")
    assert found == [
        ("Line 2", {"text": "first"}),
        ("Line 3", "is too long to be read."),
        ("Line 4", {"text": "last"}),
    ]


def test_a_stray_quote_is_told() -> None:
    found = rows(b'text,label\n"a"b,c\nx,y\n')
    assert "can't be read" in str(found[0][1])
    assert found[1] == ("Line 3", {"text": "x", "label": "y"})


def test_reading_leaves_the_stream_open_and_can_begin_again() -> None:
    stream = io.BytesIO(b"text\na\nb\n")
    reader = csv.CsvReader(stream)
    assert list(reader.rows()) == list(reader.rows())
    next(reader.rows())
    assert not stream.closed
