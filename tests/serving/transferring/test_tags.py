"""Tags through import and export: three values there and back, and what becomes of samples that are there."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from pictures import picture
from serving.parts import Serving
from serving.transferring.test_tables import Tables

from noria.formats import FORMATS
from noria.records.field import FieldType
from noria.records.sample import AnnotationSource
from noria.records.tags import Tag
from noria.records.transfer import Counts
from noria.storage import SampleFilter


class Tagged(Tables):
    """Tags functions, and files in and out of them."""

    def __init__(self, serving: Serving) -> None:
        super().__init__(serving)
        self.make()

    def make(self, *labels: str, input: str = "Text") -> str:
        self.id = self.teacher.create_function("tags", input=input, output="Tags").id
        self.teacher.make_labels(self.id, labels)
        return self.id

    def said(self) -> list[dict[str, bool] | None]:
        """Oldest sample first: what is said of each label by its name; None before anybody said anything."""
        names = {label.id: label.name for label in self.storage.labels.all(self.id)}
        page = self.storage.samples.list(self.id, SampleFilter(ascending=True), 1000)
        return [
            None if s.tags is None else {names[tag.label_id]: tag.present for tag in s.tags.tags}
            for s in page.samples
        ]

    def say(self, place: int, **tags: bool) -> None:
        ids = {label.name: label.id for label in self.storage.labels.all(self.id)}
        sample = self.storage.samples.list(self.id, SampleFilter(ascending=True), 1000).samples[place]
        given = [Tag(ids[name], present) for name, present in tags.items()]
        self.storage.tags.set(self.id, sample.id, given, "bob", AnnotationSource.API, datetime.now(UTC))


@pytest.fixture
def tagged(serving: Serving) -> Tagged:
    return Tagged(serving)


ROWS: list[Mapping[str, object]] = [
    {"text": "charged twice", "labels": ["billing", "angry"]},
    {"text": "=refund", "labels": ["billing"], "external_id": "+1"},
    {"text": "thanks", "labels": []},
    {"text": "hm", "labels": None},
]


def jsonl(*rows: Mapping[str, object]) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


def test_what_a_row_does_not_list_is_absent(tagged: Tagged) -> None:
    tagged.make("late")
    made = tagged.put(jsonl(*ROWS), "rows.jsonl")
    assert (made.counts, made.findings.new_labels) == (Counts(added=4), ("billing", "angry"))
    assert tagged.said() == [
        {"billing": True, "angry": True, "late": False},
        {"billing": True, "late": False, "angry": False},
        {"late": False, "billing": False, "angry": False},
        None,
    ]


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "hf", "label-studio"])
def test_three_values_come_back_as_they_were(tagged: Tagged, format: str) -> None:
    if format in ("parquet", "hf"):
        pytest.importorskip("pyarrow")
    tagged.put(jsonl(*ROWS), "rows.jsonl")
    tagged.teacher.make_labels(tagged.id, ["late"])  # nobody has said of it, but of the first
    tagged.say(0, late=True, angry=True, billing=False)
    first, said = tagged.out(format), tagged.said()
    assert said[1] == {"billing": True, "angry": False}
    tagged.make()
    assert tagged.put(first, f"rows{FORMATS[format].ending}").counts == Counts(added=4)
    assert tagged.said() == said
    assert tagged.out(format) == first


def test_nothing_is_written_of_opinions_where_all_have_one(tagged: Tagged) -> None:
    tagged.put(jsonl(*ROWS), "rows.jsonl")
    assert tagged.out("csv").splitlines()[:2] == [
        b"text,labels,external_id",
        b'charged twice,"[""billing"", ""angry""]",',
    ]


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "hf", "label-studio"])
def test_tags_of_table_rows_come_back(tagged: Tagged, format: str) -> None:
    if format in ("parquet", "hf"):
        pytest.importorskip("pyarrow")
    tagged.make(input="Tabular")
    rows = [{"size": 1, "note": "-x", "labels": ["a", "b"]}, {"size": 2, "labels": []}, {"size": 3}]
    tagged.put(jsonl(*rows), "rows.jsonl")
    assert tagged.fields() == {"size": FieldType.NUMBER, "note": FieldType.TEXT}
    tagged.teacher.make_labels(tagged.id, ["c"])
    first, said = tagged.out(format), tagged.said()
    tagged.make(input="Tabular")
    assert tagged.put(first, f"rows{FORMATS[format].ending}").counts.added == 3
    assert (tagged.said(), tagged.out(format)) == (said, first)


def test_tags_of_images_come_back(tagged: Tagged) -> None:
    from noria.formats.rows import data_uri

    tagged.make(input="Image")
    uris = [data_uri(picture(tint, 1), "image/png") for tint in ("red", "blue")] + [
        data_uri(picture("red", 2), "image/png")
    ]
    said: list[object] = [["warm", "loud"], [], None]
    tagged.put(
        jsonl(*({"image": uri, "labels": each} for uri, each in zip(uris, said, strict=True))), "rows.jsonl"
    )
    before, first = tagged.said(), tagged.out("images")
    tagged.make(input="Image")
    assert tagged.put(first, "rows.zip").counts.added == 3
    assert (tagged.said(), tagged.out("images")) == (before, first)


def test_other_tags_of_a_file_are_taken_over_and_equal_ones_change_nothing(tagged: Tagged) -> None:
    tagged.put(jsonl(*ROWS), "rows.jsonl")
    tagged.teacher.make_labels(tagged.id, ["late"])
    assert tagged.put(jsonl(*ROWS), "rows.jsonl").counts == Counts(duplicates=4)
    assert tagged.said()[0] == {"billing": True, "angry": True}  # nobody looked whether it is late
    other = {"text": "charged twice", "labels": ["billing"]}
    assert tagged.put(jsonl(other), "rows.jsonl").counts == Counts(duplicates=1, relabelled=1)
    assert tagged.said()[0] == {"billing": True, "angry": False, "late": False}
    none = {"text": "hm", "labels": []}
    assert tagged.put(jsonl(none), "rows.jsonl").counts.relabelled == 1
    assert tagged.said()[3] == {"billing": False, "angry": False, "late": False}


def test_one_row_twice_in_a_file_has_the_later_tags(tagged: Tagged) -> None:
    rows = [{"text": "a", "labels": ["x"]}, {"text": "a", "labels": ["y"]}]
    assert tagged.put(jsonl(*rows), "rows.jsonl").counts == Counts(added=1, duplicates=1, relabelled=1)
    assert tagged.said() == [{"y": True, "x": False}]


def test_columns_of_a_tag_each_leave_all_others_as_they_are(tagged: Tagged) -> None:
    tagged.make("late")
    tagged.put(b"text,angry,billing\na,1,0\nb,,1\nc,,\n", tags=("angry", "billing"))
    assert tagged.said() == [{"angry": True, "billing": False}, {"billing": True}, None]
    made = tagged.put(b"text,late\na,1\nb,\n", tags=("late",))
    assert made.counts == Counts(duplicates=2, relabelled=1)
    assert tagged.said() == [{"late": True, "angry": True, "billing": False}, {"billing": True}, None]


def test_columns_of_a_tag_each_are_no_fields(tagged: Tagged) -> None:
    tagged.make(input="Tabular")
    tagged.put(b"size,angry\n1,1\n2,0\n", tags=("angry",))
    assert (tagged.fields(), tagged.said()) == (
        {"size": FieldType.NUMBER},
        [{"angry": True}, {"angry": False}],
    )


def test_rows_whose_tags_can_not_be_read_are_told(tagged: Tagged) -> None:
    content = b'text,labels\na,x\nb,"x, x"\nc,"[\'x\']"\n' + b"d," + b"x" * 5000 + b"\n"
    done = tagged.put(content)
    assert done.counts == Counts(added=1, refused=3)
    assert [place for place, _ in done.problems] == ["Line 3", "Line 4", "Line 5"]


def test_a_label_that_comes_during_an_export_ends_it(tagged: Tagged, monkeypatch: pytest.MonkeyPatch) -> None:
    tagged.put(jsonl(*ROWS), "rows.jsonl")
    from noria.serving.transferring import exporting

    outline_of = exporting.outline_of

    def then_a_label(*given: object) -> object:
        found = outline_of(*given)  # type: ignore[arg-type]
        tagged.teacher.make_labels(tagged.id, ["late"])
        return found

    monkeypatch.setattr(exporting, "outline_of", then_a_label)
    made = tagged.transfers.add_export(tagged.id, "csv", "ann")
    tagged._work()
    assert "Labels were changed" in tagged._now(made).error
