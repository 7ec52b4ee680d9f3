"""Label Studio's JSON read and written."""

import io
import json
from typing import Any

import pytest
from formats.test_csv import NASTY

from noria.errors import BadInput
from noria.formats import Columns, Outline, Record, Refused, label_studio


def read(content: bytes, **given: str) -> list[Record | Refused]:
    reader = label_studio.LabelStudioReader(io.BytesIO(content))
    return [record for _, record in reader.records(Columns.choose(reader.columns, given))]


def annotated(*choices: str, kind: str = "choices", **more: Any) -> dict[str, Any]:
    result = {"from_name": "topic", "to_name": "t", "type": kind, "value": {kind: list(choices)}}
    return {"result": [result], "was_cancelled": False, **more}


def label_of(*annotations: dict[str, Any]) -> object:
    (record,) = read(json.dumps([{"id": 5, "data": {"text": "a"}, "annotations": annotations}]).encode())
    return record.why if isinstance(record, Refused) else record.label


def written(records: Any, **outline: Any) -> bytes:
    out = io.BytesIO()
    label_studio.write(records, out, Outline(**outline))
    return out.getvalue()


def test_what_is_written_is_read_as_it_was() -> None:
    content = written(NASTY)
    assert read(content) == list(NASTY)
    assert written(read(content)) == content


def test_a_task_is_what_label_studio_imports() -> None:
    (task,) = json.loads(written([Record("hello", "greeting", "m1")]))
    assert task["data"] == {"text": "hello", "external_id": "m1"}
    (result,) = task["annotations"][0]["result"]
    assert (result["type"], result["value"]) == ("choices", {"choices": ["greeting"]})


def test_nothing_at_all_is_an_empty_list() -> None:
    assert json.loads(written([])) == []


def test_an_image_is_a_data_uri() -> None:
    (task,) = json.loads(written([Record(b"\x89PNG", media_type="image/png")], of_images=True))
    assert task["data"]["image"].startswith("data:image/png;base64,")


def test_the_newest_annotation_that_stands_is_the_label() -> None:
    assert label_of() is None
    assert label_of(annotated("a")) == "a"
    assert label_of(annotated("a", updated_at="2026-02-01"), annotated("b", updated_at="2026-01-01")) == "a"
    assert label_of(annotated("a"), annotated("b")) == "b"
    assert label_of(annotated("a"), annotated("b", was_cancelled=True)) == "a"
    assert label_of(annotated("a", ground_truth=True), annotated("b")) == "a"


def test_what_is_not_one_choice_is_told() -> None:
    assert "more than one choice" in str(label_of(annotated("a", "b")))
    assert "not with choices" in str(label_of(annotated("a", kind="rectanglelabels")))


def test_another_field_can_hold_the_text() -> None:
    content = json.dumps([{"data": {"n": 7, "body": "hello", "text": "other"}}]).encode()
    assert read(content, data="body") == [Record("hello")]


def test_a_plain_list_of_objects_is_read_as_well() -> None:
    assert read(b'[{"text": "a", "label": "x"}, {"text": "b"}]') == [Record("a", "x"), Record("b")]


def test_long_tasks_are_read_whole() -> None:
    texts = ["x" * n for n in (10, 200_000, 70_000, 1)]
    assert [
        record.data for record in read(json.dumps([{"data": {"text": t}} for t in texts]).encode())
    ] == texts  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[]", "no tasks"),
        (b'{"data": {}}', "no list"),
        (b'[{"data": {"text": "a"}}, oops]', "task 2 on"),
        (b'[{"data": {"text": "a"}}', "task 2 on"),
        (b'[{"data": {"text": "a"}}, {"data": {"te', "task 2 on"),
        (b'[{"data": ' + b"[" * 100_000, "nested too deeply"),
        (b"[1, 2]", "task 1 on"),
    ],
)
def test_what_can_not_be_read_is_told(content: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read(content)


def test_a_task_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_studio, "MAX_LINE", 100_000)
    with pytest.raises(BadInput, match="too long"):
        read(b'[{"data": {"text": "' + b"x" * 1_000_000)
