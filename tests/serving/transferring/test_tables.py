"""Rows of table functions through import and export."""

import asyncio
import json
from typing import Any

import pytest
from pictures import picture
from serving.parts import Serving

from noria.errors import BadInput
from noria.records.field import FieldType
from noria.records.transfer import Counts, Transfer, TransferKind, TransferOptions, TransferState
from noria.serving.intake import Intake
from noria.serving.teaching import Teacher
from noria.serving.transferring import Transfers, planning, transfers
from noria.storage import SampleFilter

NUMBER, TEXT, IMAGE = FieldType


class Tables:
    """Table functions of a server process, and files in and out of them."""

    def __init__(self, serving: Serving) -> None:
        self.storage = serving.storage
        self.teacher = Teacher(serving.storage, serving.live, Intake(None), serving.pool, serving.invoker)
        self.transfers = Transfers(serving.storage, self.teacher)
        self.id = self.new()

    def new(self, **fields: FieldType) -> str:
        self.id = self.teacher.create_function("rows", input="Tabular").id
        for name, type in fields.items():
            self.teacher.add_field(self.id, name, type)
        return self.id

    def look(self, content: bytes, name: str = "rows.csv", **options: Any) -> Transfer:
        """Received, and looked through."""
        id, incoming = self.transfers.receive(self.id)
        incoming.write(content)
        made = self.transfers.add_import(
            self.id, id, incoming, name, "ann", options=TransferOptions(**options)
        )
        self._work()
        return self._now(made)

    def put(self, content: bytes, name: str = "rows.csv", **options: Any) -> Transfer:
        made = self.look(content, name, **options)
        assert made.error == ""
        self.transfers.start(self.id, made.id)
        self._work()
        return self._now(made)

    def out(self, format: str) -> bytes:
        made = self.transfers.add_export(self.id, format, "ann")
        self._work()
        return b"".join(self.transfers.file(self.id, made.id)[2])

    def fields(self) -> dict[str, FieldType]:
        return {field.name: field.type for field in self.teacher.fields(self.id)}

    def rows(self) -> list[dict[str, float | str]]:
        names = {field.id: field.name for field in self.teacher.fields(self.id)}
        page = self.storage.samples.list(self.id, SampleFilter(ascending=True), 1000)
        return [{names[id]: v for id, v in (s.field_values or {}).items()} for s in page.samples]

    def _work(self) -> None:
        for kind in TransferKind:
            asyncio.run(self.transfers.work(kind))

    def _now(self, transfer: Transfer) -> Transfer:
        return self.storage.transfers.get(self.id, transfer.id)


@pytest.fixture
def tables(serving: Serving) -> Tables:
    return Tables(serving)


def uses(made: Transfer) -> dict[str, str]:
    return {each.column: each.use.value for each in made.findings.fields}


CSV = b"age,town,zip,label\n41,Ulm,08001,old\n2.5,,10115,young\n,Bonn,,\n"


def test_fields_are_proposed_before_any_is_made(tables: Tables) -> None:
    made = tables.look(CSV)
    assert (made.state, made.error) == (TransferState.CHECKED, "")
    proposed = {each.name: each.type for each in made.findings.new_fields}
    assert proposed == {"age": NUMBER, "town": TEXT, "zip": TEXT}
    assert made.findings.chosen["label"] == "label"
    assert (tables.fields(), tables.rows()) == ({}, [])


def test_rows_come_in_by_field_with_what_is_missing_left_out(tables: Tables) -> None:
    done = tables.put(CSV)
    assert (done.state, done.counts) == (TransferState.DONE, Counts(added=3))
    assert tables.fields() == {"age": NUMBER, "town": TEXT, "zip": TEXT}
    assert tables.rows() == [
        {"age": 41.0, "town": "Ulm", "zip": "08001"}, {"age": 2.5, "zip": "10115"}, {"town": "Bonn"},
    ]  # fmt: skip
    assert [label.name for label in tables.storage.labels.all(tables.id)] == ["old", "young"]


def test_a_type_can_be_said_and_a_column_left_out(tables: Tables) -> None:
    tables.put(CSV, fields={"age": "Text", "town": ""})
    assert tables.fields() == {"age": TEXT, "zip": TEXT}
    assert tables.rows()[0] == {"age": "41", "zip": "08001"}


def test_any_column_can_be_the_label(tables: Tables) -> None:
    made = tables.put(CSV, columns={"label": "town", "external_id": "zip"})
    assert made.findings.new_labels == ("Ulm",)
    assert tables.fields() == {"age": NUMBER, "label": TEXT}


def test_columns_without_a_field_are_named_and_wait_for_a_word(tables: Tables) -> None:
    tables.new(age=NUMBER, wage=NUMBER)
    made = tables.look(CSV)
    assert "no field for “town”, “zip”" in made.error
    assert uses(made) == {"age": "field", "town": "unknown", "zip": "unknown"}
    assert made.findings.lacking == ("wage",)
    assert made.findings.available == ("age", "town", "zip", "label")
    tables.put(CSV, fields={"town": "Text", "zip": ""})
    assert tables.fields() == {"age": NUMBER, "wage": NUMBER, "town": TEXT}


@pytest.mark.parametrize(("unknown", "fields"), [("leaveOut", ["age"]), ("add", ["age", "town", "zip"])])
def test_one_word_settles_all_unknown_columns(tables: Tables, unknown: str, fields: list[str]) -> None:
    tables.new(age=NUMBER)
    tables.put(CSV, unknown=unknown)
    assert list(tables.fields()) == fields


@pytest.mark.parametrize("cell", ["old", "1,000", "1.000,5", "007", "NaN", "1e999", "0x10", "=1"])
def test_what_is_no_number_is_refused_with_its_line_and_field(tables: Tables, cell: str) -> None:
    tables.new(age=NUMBER)
    done = tables.put(f'age\n1\n"{cell}"\n'.encode())
    assert done.counts == Counts(added=1, refused=1)
    ((place, why),) = done.problems
    assert (place, "“age” takes a number" in why) == ("Line 3", True)


@pytest.mark.parametrize("cell", ["41", " 41 ", "41.0", "4.1e1", "410E-1"])
def test_a_number_is_read_as_in_json(tables: Tables, cell: str) -> None:
    tables.new(age=NUMBER)
    tables.put(f"age\n{cell}\n".encode())
    assert tables.rows() == [{"age": 41.0}]


def test_typed_formats_keep_their_types(tables: Tables) -> None:
    rows = [{"n": 1, "code": "1", "on": True, "id": 12345678901234567890}, {"n": None}, {"late": 2.5}]
    tables.put("\n".join(map(json.dumps, rows)).encode(), "rows.jsonl")
    assert tables.fields() == {"n": NUMBER, "code": TEXT, "on": TEXT, "id": TEXT, "late": NUMBER}
    assert tables.rows() == [
        {"n": 1.0, "code": "1", "on": "true", "id": "12345678901234567890"}, {"late": 2.5},
    ]  # fmt: skip


def test_a_text_in_a_number_field_is_no_number_in_json(tables: Tables) -> None:
    tables.new(n=NUMBER)
    done = tables.put(b'{"n": "1"}\n{"n": 2}\n', "rows.jsonl")
    assert (done.counts, "takes a number" in done.problems[0][1]) == (Counts(added=1, refused=1), True)


def test_columns_that_only_late_rows_have_are_seen(tables: Tables) -> None:
    rows = [{"a": i} for i in range(1500)] + [{"a": -1, "b": "late"}]
    made = tables.look("\n".join(map(json.dumps, rows)).encode(), "rows.jsonl")
    assert list(uses(made)) == ["a", "b"]


NASTY = [
    {"n": -5, "say": "=1+1", "label": "-x", "external_id": "+49"},
    {"n": 2.5, "say": "two\nlines, \"quoted\"", "label": None},
    {"n": 1e300, "say": "-text", "metadata": {"who": "ann"}},
    {"n": None, "say": "'=quoted", "sample_sets": ["sampleset_a"]},
    {"n": 1e15, "say": " 🐈 "},
    {"n": 100000000000000, "say": "007"},
]  # fmt: skip


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "hf", "label-studio"])
def test_what_is_exported_comes_back_as_it_was(tables: Tables, format: str) -> None:
    if format in ("parquet", "hf"):
        pytest.importorskip("pyarrow")
    tables.put("\n".join(map(json.dumps, NASTY)).encode(), "rows.jsonl")
    first, rows, fields = tables.out(format), tables.rows(), tables.fields()
    tables.new()
    name = f"rows{transfers.formats.named(format).ending}"
    assert tables.put(first, name).counts == Counts(added=6)
    assert (tables.rows(), tables.fields()) == (rows, fields)
    assert tables.out(format) == first


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "hf", "label-studio"])
def test_fields_that_are_called_as_labels_and_ids_are_come_back_too(tables: Tables, format: str) -> None:
    if format in ("parquet", "hf"):
        pytest.importorskip("pyarrow")
    tables.new(Label=TEXT, external_id=TEXT, metadata=TEXT, sample_sets=TEXT, category=TEXT)
    row = {"Label": "a", "external_id": "b", "metadata": "c", "sample_sets": "d", "category": "e"}
    tables.put(json.dumps(row | {"y": "yes"}).encode(), "rows.jsonl", columns={"label": "y"})
    first = tables.out(format)
    tables.new()
    tables.put(first, f"rows{transfers.formats.named(format).ending}")
    assert (tables.rows(), tables.out(format)) == ([row], first)
    assert [label.name for label in tables.storage.labels.all(tables.id)] == ["yes"]


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "hf", "label-studio"])
def test_images_of_rows_go_along(tables: Tables, format: str) -> None:
    if format in ("parquet", "hf"):
        pytest.importorskip("pyarrow")
    tables.new(n=NUMBER, face=IMAGE)
    from noria.formats.rows import data_uri

    uris = [data_uri(picture(tint, 1), "image/png") for tint in ("red", "blue")]
    rows = [{"n": 1, "face": uris[0]}, {"face": uris[1]}, {"n": 2}]
    tables.put("\n".join(map(json.dumps, rows)).encode(), "rows.jsonl")
    first = tables.out(format)
    tables.new()
    assert tables.put(first, f"rows{transfers.formats.named(format).ending}").counts.added == 3
    assert tables.fields() == {"n": NUMBER, "face": IMAGE}
    assert tables.out(format) == first


def test_a_deleted_field_is_not_exported(tables: Tables) -> None:
    tables.put(CSV)
    town = next(field for field in tables.teacher.fields(tables.id) if field.name == "town")
    tables.teacher.delete_field(tables.id, town.id)
    assert tables.out("csv").splitlines()[:2] == [b"age,zip,label,external_id", b"41,08001,old,"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a,a\n1,2\n", "twice"),
        (",".join(f"c{i}" for i in range(5000)).encode() + b"\n", "5,000 columns"),
        (",".join(f"c{i}" for i in range(300)).encode() + b"\n" + b"1," * 299 + b"1\n", "at most 256 fields"),
        (b"a,label\n,x\n", "No row can be imported. Line 2: The row is empty"),
        (b"a" * 300 + b"\n1\n", "field's name"),
        (b"label\nx\n", "No column of the file is taken as a field"),
        ("größe\n1\n".encode("latin-1"), "not in utf-8"),
        (b"a\n", "no rows"),
    ],
)  # fmt: skip
def test_a_hostile_table_is_refused_and_makes_no_field(tables: Tables, content: bytes, says: str) -> None:
    assert says in tables.look(content).error
    assert tables.fields() == {}


def test_rows_that_can_not_be_taken_are_told_and_the_others_go_in(tables: Tables) -> None:
    content = b"age,town\n1,Ulm\n2\n3,a\0b\n4,\xff\n5,=HYPERLINK(1)\n" + b"6," + b"x" * 200_000 + b"\n"
    done = tables.put(content)
    assert [place for place, _ in done.problems] == ["Line 3", "Line 4", "Line 5", "Line 7"]
    assert done.counts == Counts(added=2, refused=4)


def test_ever_new_columns_in_rows_are_stopped(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "MAX_COLUMNS", 50)
    rows = b"".join(b'{"a": 1}\n' for _ in range(1000)) + b"".join(b'{"c%d": 1}\n' % i for i in range(100))
    assert "more than 50 columns" in tables.look(rows, "rows.jsonl").error


def test_new_fields_can_be_refused(tables: Tables) -> None:
    made = tables.look(CSV)
    with pytest.raises(BadInput, match=r"“age”, “town”, “zip”\. Nothing was added"):
        tables.transfers.start(tables.id, made.id, refuse_new_fields=True)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"fields": {"age": "Text"}}, "is a Number and can't become a Text"),
        ({"fields": {"gone": "Text"}}, "no column “gone”"),
        ({"fields": {"town": "Date"}}, "a Number, a Text or an Image"),
        ({"columns": {"label": "gone"}}, "no column “gone”"),
        ({"columns": {"data": "age"}}, "each column is a field"),
    ],
)
def test_what_is_said_wrongly_of_columns_is_told(tables: Tables, options: Any, says: str) -> None:
    tables.new(age=NUMBER)
    assert says in tables.look(CSV, **options).error


def test_an_import_that_is_begun_again_adds_no_row_and_no_field_twice(tables: Tables) -> None:
    tables.put(CSV)
    assert tables.put(CSV).counts == Counts(duplicates=3)
    assert len(tables.fields()) == 3


def test_archives_of_images_are_not_for_tables(tables: Tables) -> None:
    with pytest.raises(BadInput, match="rows of a table"):
        tables.transfers.add_export(tables.id, "images", "ann")
