"""Imports and exports as jobs: looked through, carried on, killed half-way and carried on again."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from serving.parts import Serving

from noria.errors import BadInput, TransferLost, TransferNotFound
from noria.formats import Record, Refused
from noria.records.sample import AnnotationSource, Origin, Sample
from noria.records.transfer import Counts, Transfer, TransferKind, TransferOptions, TransferState
from noria.serving.intake import Intake
from noria.serving.teaching import Teacher
from noria.serving.transferring import Transfers, transfers
from noria.storage import SampleFilter


class Killed(BaseException):
    """The process ends here, as kill -9 would end it."""


@pytest.fixture
def new_process(serving: Serving) -> Callable[[], Transfers]:
    def new() -> Transfers:
        teacher = Teacher(serving.storage, serving.live, Intake(None), serving.pool, serving.invoker)
        return Transfers(serving.storage, teacher)

    return new


@pytest.fixture
def process(new_process: Callable[[], Transfers]) -> Transfers:
    return new_process()


def work(process: Transfers) -> None:
    for kind in TransferKind:
        asyncio.run(process.work(kind))


def added(
    process: Transfers, serving: Serving, content: bytes, name: str = "rows.csv", **options: Any
) -> Transfer:
    """Received, and looked through."""
    id, incoming = process.receive(serving.function.id)
    incoming.write(content)
    made = process.add_import(
        serving.function.id, id, incoming, name, "ann", options=TransferOptions(**options)
    )
    work(process)
    return now(serving, made)


def imported(process: Transfers, serving: Serving, content: bytes, name: str = "rows.csv") -> Transfer:
    made = added(process, serving, content, name)
    process.start(serving.function.id, made.id)
    work(process)
    return now(serving, made)


def now(serving: Serving, transfer: Transfer) -> Transfer:
    return serving.storage.transfers.get(serving.function.id, transfer.id)


def files(serving: Serving) -> list[str]:
    """Ids of imports and exports that have a file."""
    return [id for _, id, _ in serving.storage.blobs.transfers()]


def samples(serving: Serving) -> list[Sample]:
    """Those that an import brought, in their order."""
    filter = SampleFilter(origin=Origin.UPLOAD, ascending=True)
    return serving.storage.samples.list(serving.function.id, filter, 10_000).samples


def labels(serving: Serving) -> list[str]:
    return [label.name for label in serving.storage.labels.all(serving.function.id)]


def csv_of(n: int) -> bytes:
    return b"text,label\n" + b"".join(b"tweet %d,%s\n" % (i, (b"cat", b"bird")[i % 2]) for i in range(n))


def test_a_file_is_looked_through_before_anything_is_added(process: Transfers, serving: Serving) -> None:
    made = added(process, serving, b"Query,intent,n\nhello,bird,1\n,cat,2\nbye,cat,3\nagain,fish,4\n")
    assert made.state is TransferState.CHECKED
    found = made.findings
    assert (found.rows, found.refused, found.labels, found.new_labels) == (4, 1, 3, ("bird", "fish"))
    assert found.available == ("Query", "intent", "n")
    assert (found.chosen["data"], found.chosen["label"]) == ("Query", "intent")
    assert found.first[0] == ("Line 2", {"Query": "hello", "intent": "bird", "n": "1"})
    assert made.problems == (("Line 3", "has nothing in “Query”."),)
    assert samples(serving) == []
    assert "bird" not in labels(serving)


def test_what_is_started_adds_its_rows_with_all_that_they_say(process: Transfers, serving: Serving) -> None:
    rows = [
        {"text": "hello", "label": " bird ", "external_id": "x1", "metadata": {"who": "bob"}},
        {"text": "bye", "sample_sets": ["pilot"]},
    ]
    done = imported(process, serving, "\n".join(map(json.dumps, rows)).encode(), "rows.jsonl")
    assert (done.state, done.counts, done.position) == (TransferState.DONE, Counts(added=2), 2)
    first, second = samples(serving)
    assert first.annotation is not None
    assert (first.external_id, first.metadata, first.annotation.source, first.annotation.by) == (
        "x1", {"who": "bob"}, AnnotationSource.IMPORT, "ann",
    )  # fmt: skip
    assert (second.annotation, second.sample_sets) == (None, ("sampleset_pilot",))
    assert "bird" in labels(serving)


def test_the_file_is_gone_when_its_rows_are_in(process: Transfers, serving: Serving) -> None:
    done = imported(process, serving, csv_of(3))
    assert done.id not in files(serving)


def test_a_row_that_is_there_already_brings_its_label(process: Transfers, serving: Serving) -> None:
    imported(process, serving, b"text,label\ntweet,\n")
    again = imported(process, serving, b"text,label\ntweet,bird\ntweet,bird\n")
    assert again.counts == Counts(added=0, duplicates=2, relabelled=1)
    assert imported(process, serving, b"text,label\ntweet,bird\n").counts == Counts(duplicates=1)


def test_what_is_there_already_is_not_embedded_again(
    process: Transfers, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(process, serving, csv_of(5))
    monkeypatch.setattr(serving.pool, "embed", None)
    assert imported(process, serving, csv_of(5) + b"\n").counts.duplicates == 5


@pytest.mark.parametrize("at", [1, 2, 3])
def test_killed_half_way_no_row_is_lost_and_none_is_twice(
    new_process: Callable[[], Transfers], serving: Serving, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr(transfers, "_ROWS", 7)
    monkeypatch.setattr(transfers, "SILENT_S", 0.0)
    first = new_process()
    made = added(first, serving, csv_of(30))
    first.start(serving.function.id, made.id)
    step, steps = serving.storage.transfers.step, 0

    def deadly(*given: Any) -> Transfer:
        nonlocal steps
        steps += 1
        after = step(*given)
        if steps == at:
            raise Killed
        return after

    monkeypatch.setattr(serving.storage.transfers, "step", deadly)
    with pytest.raises(Killed):
        work(first)
    assert now(serving, made).position == 7 * at
    assert len(samples(serving)) == 7 * at
    steps = 1000
    work(new_process())
    done = now(serving, made)
    assert (done.state, done.counts) == (TransferState.DONE, Counts(added=30))
    assert [sample.data for sample in samples(serving)] == [f"tweet {i}" for i in range(30)]


def test_a_process_that_closes_hands_its_import_over_at_once(
    new_process: Callable[[], Transfers], serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "_ROWS", 7)
    first = new_process()
    made = added(first, serving, csv_of(20))
    first.start(serving.function.id, made.id)
    step = serving.storage.transfers.step

    def closing(*given: Any) -> Transfer:
        first.close()
        return step(*given)

    monkeypatch.setattr(serving.storage.transfers, "step", closing)
    work(first)
    assert samples(serving) == []
    monkeypatch.setattr(serving.storage.transfers, "step", step)
    work(new_process())
    assert len(samples(serving)) == 20


def test_trouble_is_tried_again_and_not_for_ever(
    process: Transfers, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "SILENT_S", 0.0)
    made = added(process, serving, csv_of(3))
    process.start(serving.function.id, made.id)
    monkeypatch.setattr(serving.storage.transfers, "step", lambda *_: 1 / 0)
    work(process)
    failed = now(serving, made)
    assert (failed.state, failed.position) == (TransferState.FAILED, 0)
    assert "log" in failed.error


def test_a_stopped_import_keeps_what_is_in(
    process: Transfers, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "_ROWS", 7)
    made = added(process, serving, csv_of(30))
    process.start(serving.function.id, made.id)
    step = serving.storage.transfers.step

    def stopped(*given: Any) -> Transfer:
        after = step(*given)
        process.stop(serving.function.id, made.id)
        return after

    monkeypatch.setattr(serving.storage.transfers, "step", stopped)
    work(process)
    assert now(serving, made).state is TransferState.STOPPED
    assert len(samples(serving)) == 7


def test_new_labels_can_be_refused(process: Transfers, serving: Serving) -> None:
    made = added(process, serving, csv_of(3))
    with pytest.raises(BadInput, match=r"“bird”\. Nothing was added"):
        process.start(serving.function.id, made.id, refuse_new_labels=True)
    assert now(serving, made).state is TransferState.CHECKED


def test_other_columns_are_looked_at_again(process: Transfers, serving: Serving) -> None:
    made = added(process, serving, b"text,topic\nhello,bird\n")
    assert made.findings.new_labels == ()
    process.look_again(serving.function.id, made.id, None, TransferOptions({"label": "topic"}))
    work(process)
    assert now(serving, made).findings.new_labels == ("bird",)
    process.look_again(serving.function.id, made.id, None, TransferOptions({"label": "gone"}))
    work(process)
    wrong = now(serving, made)
    assert "no column “gone”" in wrong.error
    assert wrong.findings.available == ("text", "topic")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"text\n", "no rows"),
        (b"text,label\na\n", "No row can be imported. Line 2 has 1 cell"),
        (b"text,text\na,b\n", "twice"),
        (b"text,label\n" + b"".join(b"t%d,l%d\n" % (i, i) for i in range(1100)), "right column"),
    ],
)
def test_what_can_not_be_imported_is_told(
    process: Transfers, serving: Serving, content: bytes, says: str
) -> None:
    made = added(process, serving, content)
    assert says in made.error
    with pytest.raises(TransferLost):
        process.start(serving.function.id, made.id)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"text": "a\0b"}, "NUL"),
        ({"text": "x" * 200_000}, "100,000"),
        ({"text": "\ud800"}, "surrogate"),
        ({"text": "a", "label": "x" * 300}, "label's name"),
        ({"text": "a", "external_id": "x" * 600}, "externalId"),
        ({"text": "a", "sample_sets": ["no way!"]}, "sampleSetId"),
        ({"text": "a", "metadata": {str(i): "x" for i in range(60)}}, "60 entries"),
    ],
)
def test_a_row_that_can_not_be_stored_is_told_before_and_after(
    process: Transfers, serving: Serving, row: dict[str, Any], says: str
) -> None:
    content = json.dumps(row) + '\n{"text": "fine"}\n'
    done = imported(process, serving, content.encode(), "rows.jsonl")
    assert done.counts == Counts(added=1, refused=1)
    assert (done.problems[0][0], says in done.problems[0][1]) == ("Line 1", True)
    assert done.findings.refused == 1


def test_a_file_that_is_no_archive_is_refused_as_it_comes(process: Transfers, serving: Serving) -> None:
    with pytest.raises(BadInput):
        added(process, serving, b"PK\x03\x04 and no more")
    assert files(serving) == []


def test_the_same_file_on_its_way_is_one_import(process: Transfers, serving: Serving) -> None:
    first = added(process, serving, csv_of(3))
    assert added(process, serving, csv_of(3)).id == first.id
    assert added(process, serving, csv_of(4)).id != first.id
    assert added(process, serving, csv_of(3), columns={"label": ""}).id != first.id
    process.stop(serving.function.id, first.id)
    assert added(process, serving, csv_of(3)).id != first.id


def test_an_export_holds_what_was_brought_and_said(process: Transfers, serving: Serving) -> None:
    made = process.add_export(serving.function.id, "jsonl", "ann")
    with pytest.raises(TransferNotFound):
        process.file(serving.function.id, made.id)
    work(process)
    done, size, pieces = process.file(serving.function.id, made.id)
    content = b"".join(pieces)
    rows = [json.loads(line) for line in content.splitlines()]
    assert (done.position, done.size, size, len(rows)) == (8, len(content), len(content), 8)
    assert {row["label"] for row in rows} == {"cat", "dog"}
    assert rows[0].keys() == {"text", "label", "external_id"}


def test_an_export_that_is_cut_off_begins_anew(
    new_process: Callable[[], Transfers], serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "SILENT_S", 0.0)
    first = new_process()
    made = first.add_export(serving.function.id, "csv", "ann")
    records = transfers.exporting.records_of

    def deadly(*given: Any) -> Any:
        for n, record in enumerate(records(*given)):
            if n == 5:
                raise Killed
            yield record

    monkeypatch.setattr(transfers.exporting, "records_of", deadly)
    with pytest.raises(Killed):
        work(first)
    monkeypatch.setattr(transfers.exporting, "records_of", records)
    second = new_process()
    work(second)
    _, _, pieces = second.file(serving.function.id, made.id)
    assert len(b"".join(pieces).splitlines()) == 9


def test_old_files_go_and_what_is_long_over_is_forgotten(process: Transfers, serving: Serving) -> None:
    waiting = added(process, serving, csv_of(3))
    export = process.add_export(serving.function.id, "csv", "ann")
    work(process)
    process.sweep(datetime.now(UTC) + timedelta(hours=1))
    process.file(serving.function.id, export.id)
    process.sweep(datetime.now(UTC) + timedelta(days=2))
    assert now(serving, waiting).state is TransferState.STOPPED
    with pytest.raises(TransferNotFound, match="gone after a day"):
        process.file(serving.function.id, export.id)
    process.sweep(datetime.now(UTC) + timedelta(days=60))
    with pytest.raises(TransferNotFound):
        now(serving, export)


def test_what_came_half_before_its_process_died_is_dropped_after_a_day(
    process: Transfers, serving: Serving
) -> None:
    running = added(process, serving, csv_of(3))
    process.start(serving.function.id, running.id)
    left, incoming = process.receive(serving.function.id)
    incoming.write(b"text\nhalf a ro")
    process.sweep(datetime.now(UTC) + timedelta(hours=1))
    assert sorted(files(serving)) == sorted([left, running.id])
    process.sweep(datetime.now(UTC) + timedelta(days=2))
    assert files(serving) == [running.id]


def test_a_format_for_images_is_refused_for_texts(process: Transfers, serving: Serving) -> None:
    with pytest.raises(BadInput, match="takes texts"):
        process.add_export(serving.function.id, "images", "ann")


def test_a_row_that_was_refused_keeps_its_place_among_the_others(
    process: Transfers, serving: Serving
) -> None:
    rows = [
        ("Line 2", Record("x" * 200_000)),
        ("Line 3", Refused("is odd.")),
        ("Line 4", Record("hi", "bird")),
    ]
    teacher = Teacher(serving.storage, serving.live, Intake(None), serving.pool, serving.invoker)
    step = asyncio.run(teacher.ready(serving.function.id, rows, "ann"))
    assert ([place for place, _ in step.problems], len(step.news), step.rows) == (["Line 2", "Line 3"], 1, 3)
