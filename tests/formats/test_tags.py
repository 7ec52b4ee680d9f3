"""Several labels for a record, in every format: what is read, and that what was written comes back."""

import io
import json
import zipfile
from typing import Any

import pytest

from noria.errors import BadInput
from noria.formats import FORMATS, Columns, Outline, Record, Refused, Said
from noria.formats.tags import names_in, said_in

SAID = Said(("billing", "angry, very"), unsaid=("=new",))
RECORDS = [
    Record("charged twice", tags=SAID, external_id="a"),
    Record("white page", tags=Said(("=cmd",))),
    Record("nothing of it", tags=Said(), metadata={"who": "ann"}),
    Record("nobody looked"),
]
OUTLINE = Outline(
    labels=("=cmd", "billing", "angry, very", "=new"), with_metadata=True, several=True, with_no_opinion=True
)
FIELDS = {"label": "Text", "no_opinion": "Text", "tags": "Text"}


def written(format: str, records: list[Record], outline: Outline = OUTLINE) -> bytes:
    out = io.BytesIO()
    FORMATS[format].write(records, out, outline)
    return out.getvalue()


def read(format: str, content: bytes, of_images: bool = False, **given: str) -> list[Any]:
    reader = FORMATS[format].open(io.BytesIO(content), None)
    columns = Columns(several=True)
    if reader.columns:
        columns = Columns.choose(reader.columns, given, of_images, several=True)
    return [record for _, record in reader.records(columns)]


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "hf", "label-studio"])
def test_present_absent_and_no_opinion_come_back(format: str) -> None:
    if format in ("parquet", "hf"):
        pytest.importorskip("pyarrow")
    content = written(format, RECORDS)
    assert read(format, content) == RECORDS
    assert written(format, read(format, content)) == content


def test_tags_of_images_come_back_from_a_zip() -> None:
    records = [Record(f"{i}".encode(), tags=each.tags) for i, each in enumerate(RECORDS)]
    outline = Outline(of_images=True, labels=OUTLINE.labels, several=True, with_no_opinion=True)
    content = written("images", records, outline)
    assert [record.tags for record in read("images", content)] == [record.tags for record in records]
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert not [name for name in names if "/" in name]


def test_a_cell_that_a_spreadsheet_would_run_is_neutral() -> None:
    lines = (
        written("csv", [Record("a", tags=Said(("=cmd",))), Record("=b", tags=Said())]).decode().splitlines()
    )
    assert lines[1:] == ['a,"[""=cmd""]",,,', "'=b,[],,,"]


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("billing", ("billing",)),
        ("billing, angry", ("billing", "angry")),
        ("billing;angry;", ("billing", "angry")),
        ("billing | angry", ("billing", "angry")),
        ('["billing, angry"]', ("billing, angry",)),
        ('{"choices": ["billing", "angry"]}', ("billing", "angry")),
        (["billing", 7], ("billing", "7")),
        ([], ()),
        ("[]", ()),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_a_cell_lists_names(cell: object, names: tuple[str, ...] | None) -> None:
    assert names_in(cell, "labels") == names


@pytest.mark.parametrize(
    "cell", ["['a', 'b']", "[1", '["a", ""]', '["a", null]', '[["a"]]', "a, a", "{}", "[" * 9999]
)
def test_what_lists_no_names_is_told(cell: str) -> None:
    with pytest.raises(ValueError, match="labels"):
        names_in(cell, "labels")


def test_a_label_is_not_both_there_and_without_an_opinion() -> None:
    columns = Columns(label="labels", no_opinion="no_opinion", several=True)
    with pytest.raises(ValueError, match="“a” in “labels” and in “no_opinion”"):
        said_in({"labels": ["a"], "no_opinion": ["b", "a"]}, columns)


def test_a_column_for_each_tag_says_all_three() -> None:
    columns = Columns("text", several=True, tags=("billing", "angry", "late"))
    assert said_in({"billing": "1", "angry": 0, "late": ""}, columns) == Said(
        ("billing",), ("angry",), rest_absent=False
    )
    assert said_in({"billing": True, "angry": "No", "late": 1.0}, columns) == Said(
        ("billing", "late"), ("angry",), rest_absent=False
    )
    assert said_in({"billing": None, "angry": " "}, columns) is None
    with pytest.raises(ValueError, match="“maybe” in “angry”, where 1, 0 or nothing"):
        said_in({"angry": "maybe"}, columns)


def test_columns_of_tags_are_chosen_with_care() -> None:
    found = Columns.choose(["text", "tags", "no_opinion"], {}, several=True)
    assert (found.label, found.no_opinion) == ("tags", "no_opinion")
    assert Columns.choose(["text", "tags"], {}).label == ""
    given = Columns.choose(["text", "label", "a"], {}, several=True, tags=["a"])
    assert (given.label, given.tags) == ("", ("a",))
    for wrong in (
        {"given": {}, "several": False, "tags": ["a"]},
        {"given": {"label": "label"}, "several": True, "tags": ["a"]},
        {"given": {}, "several": True, "tags": ["gone"]},
    ):
        with pytest.raises(BadInput):
            Columns.choose(["text", "label", "a"], **wrong)  # type: ignore[arg-type]


def test_several_labels_are_refused_where_one_is_taken() -> None:
    reader = FORMATS["jsonl"].open(
        io.BytesIO(b'{"text": "a", "label": ["x"]}\n{"text": "b", "label": ["x", "y"]}'), None
    )
    one, several = (record for _, record in reader.records(Columns.choose(reader.columns, {})))
    assert one == Record("a", "x")
    assert isinstance(several, Refused)


def task(*annotations: object) -> bytes:
    return json.dumps([{"data": {"text": "a", "tags": "own"}, "annotations": annotations}]).encode()


def choice(*names: str, control: str = "topic") -> dict[str, Any]:
    return {"from_name": control, "type": "choices", "value": {"choices": list(names)}}


def test_all_choices_of_a_task_are_its_tags() -> None:
    both = {"result": [choice("a", "b"), choice("loud", control="mood")]}
    (found,) = read("label-studio", task(both))
    assert found.tags == Said(("a", "b", "loud"))
    (cleared,) = read("label-studio", task(both, {"result": []}))
    assert cleared.tags == Said()
    (open_,) = read("label-studio", task({"result": [choice("a")], "was_cancelled": True}))
    assert open_.tags is None


@pytest.mark.parametrize("kind", ["Sequence", "List", None])
def test_numbers_in_a_list_are_names_however_the_library_wrote_it(kind: str | None) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    label = {"names": ["a", "b"], "_type": "ClassLabel"}
    features = {"labels": [label] if kind is None else {"feature": label, "_type": kind}}
    about = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    rows = arrow.table({"text": ["x", "y", "z", "w"], "labels": [[1, 0], [], None, [5]]})
    out = io.BytesIO()
    parquet.write_table(rows.replace_schema_metadata(about), out)
    *found, wrong = read("parquet", out.getvalue())
    assert [record.tags for record in found] == [Said(("b", "a")), Said(), None]
    assert isinstance(wrong, Refused)


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/") + ".png", content)
    return out.getvalue()


def test_an_image_has_the_tags_of_all_folders_that_it_lies_in() -> None:
    content = zipped(cat__1=b"one", loud__x=b"one", cat__2=b"two", free=b"three")
    reader = FORMATS["images"].open(io.BytesIO(content), None)
    found = {place: record.tags for place, record in reader.records(Columns(several=True))}  # type: ignore[union-attr]
    both = Said(("cat", "loud"))
    assert found == {"cat/1.png": both, "loud/x.png": both, "cat/2.png": Said(("cat",)), "free.png": None}


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "hf", "label-studio"])
def test_fields_that_are_called_like_it_are_not_taken_for_the_tags(format: str) -> None:
    if format in ("parquet", "hf"):
        pytest.importorskip("pyarrow")
    from noria.records.field import FieldType

    outline = Outline(fields=dict.fromkeys(FIELDS, FieldType.TEXT), labels=("a",), several=True)
    content = written(format, [Record(FIELDS, tags=Said(("a",)))], outline)
    reader = FORMATS[format].open(io.BytesIO(content), None)
    found = Columns.around_fields(reader.columns, {}, [], several=True)
    assert not {found.label, found.no_opinion} & FIELDS.keys()
    assert found.label in reader.columns
