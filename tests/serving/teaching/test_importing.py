"""Imports of many rows."""

import asyncio
from dataclasses import replace

import pytest
from serving.parts import Serving

from noria.records.sample import AnnotationSource, Origin
from noria.serving.intake import Intake
from noria.serving.limits import MAX_LABELS
from noria.serving.teaching import ImportReport, NewRow, Teacher
from noria.storage import SampleFilter


@pytest.fixture
def teacher(serving: Serving) -> Teacher:
    return Teacher(serving.storage, serving.live, Intake(None), serving.pool, serving.invoker)


def add(teacher: Teacher, serving: Serving, *rows: NewRow) -> ImportReport:
    return asyncio.run(teacher.add_many(serving.function.id, rows, "somebody"))


def test_a_new_label_is_made_once(teacher: Teacher, serving: Serving) -> None:
    before = len(serving.storage.labels.all(serving.function.id))
    report = add(teacher, serving, *(NewRow(f"tweet {i}", " bird ") for i in range(3)))
    assert report == ImportReport(3, 0, 0, ())
    labels = serving.storage.labels.all(serving.function.id)
    assert [label.name for label in labels[before:]] == ["bird"]


def test_rows_say_by_which_road_they_came(teacher: Teacher, serving: Serving) -> None:
    add(teacher, serving, NewRow("tweet", "bird", "mine"), NewRow("no label yet"))
    bare, labelled = serving.storage.samples.list(serving.function.id, SampleFilter(), 2).samples
    assert bare.annotation is None
    assert labelled.annotation is not None
    assert (labelled.origin, labelled.external_id, labelled.annotation.source) == (
        Origin.UPLOAD, "mine", AnnotationSource.IMPORT,
    )  # fmt: skip


def test_a_row_that_can_not_be_read_is_reported_and_the_rest_added(
    teacher: Teacher, serving: Serving
) -> None:
    rows = [NewRow(f"row {i}") for i in range(250)]
    rows[3], rows[240] = NewRow("  "), NewRow("fine", "x" * 500)
    report = add(teacher, serving, *rows)
    assert (report.added, [number for number, _ in report.problems]) == (248, [4, 241])
    assert "empty" in report.problems[0][1]


def test_a_row_that_is_there_already_brings_its_label(teacher: Teacher, serving: Serving) -> None:
    row = NewRow("tweet tweet")
    assert add(teacher, serving, row).added == 1
    assert add(teacher, serving, row) == ImportReport(0, 1, 0, ())
    labelled = replace(row, label_name="bird")
    assert add(teacher, serving, labelled) == ImportReport(0, 1, 1, ())
    assert add(teacher, serving, labelled) == ImportReport(0, 1, 0, ())


def test_one_text_twice_in_a_file_is_one_sample(teacher: Teacher, serving: Serving) -> None:
    report = add(teacher, serving, NewRow("tweet", "bird"), NewRow("tweet", "bird"))
    assert (report.added, report.duplicates) == (1, 1)


def test_a_file_with_more_labels_than_a_function_has_is_told_row_by_row(
    teacher: Teacher, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_LABELS == 1000
    monkeypatch.setattr("noria.serving.teaching.labels.MAX_LABELS", 4)
    report = add(teacher, serving, *(NewRow(f"text {i}", f"label {i}") for i in range(5)))
    assert report.added == 2
    assert all("at most 4 labels" in why for _, why in report.problems)
