"""Imports and exports in the storage: one works on each, and each step is taken once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from noria.errors import FunctionNotFound, TransferLost, TransferNotFound
from noria.records.sample import Annotation, AnnotationSource
from noria.records.transfer import Counts, Findings, TransferKind, TransferOptions, TransferState
from noria.storage import SampleFilter
from noria.storage.transfers import MAX_PROBLEMS, Known, Step

IMPORT = TransferKind.IMPORT


def claimed(desk, state="running", owner="me", kind="import"):
    """One that is ours; those that other tests have left under way are out of the way."""
    while (left := desk.storage.transfers.claim(TransferKind(kind), "other", desk.now, -1e9)) is not None:
        desk.storage.transfers.stop(left, desk.now)
    desk.transfer(state, kind)
    found = desk.storage.transfers.claim(TransferKind(kind), owner, desk.now, 15)
    assert found is not None
    assert found.function_id == desk.function_id
    return found


def now(desk, transfer):
    return desk.storage.transfers.get(desk.function_id, transfer.id)


def texts(desk):
    page = desk.storage.samples.list(desk.function_id, SampleFilter(ascending=True), 100)
    return [sample.data for sample in page.samples]


def labelled(desk, label):
    return Annotation(desk.labels[label], desk.now, "ann", AnnotationSource.IMPORT)


def test_what_was_added_is_found(desk):
    made = desk.transfer("checking")
    assert desk.storage.transfers.get(desk.function_id, made.id) == made
    assert desk.storage.transfers.list(desk.function_id)[0] == made
    assert desk.storage.transfers.list(desk.function_id, TransferKind.EXPORT) == []


def test_what_there_is_not_is_told(desk, other_desk):
    made = desk.transfer()
    with pytest.raises(TransferNotFound):
        other_desk.storage.transfers.get(other_desk.function_id, made.id)
    with pytest.raises(FunctionNotFound):
        desk.storage.transfers.list("function_none")


def test_one_is_claimed_once_until_its_owner_is_silent(desk):
    mine = claimed(desk)
    again = desk.storage.transfers.claim
    assert again(IMPORT, "you", desk.now, 15) is None
    yours = again(IMPORT, "you", desk.now + timedelta(seconds=60), 15)
    assert yours is not None
    assert (yours.id, yours.owner) == (mine.id, "you")


def test_what_is_not_under_way_is_not_claimed(desk):
    mine = claimed(desk)
    desk.storage.transfers.end(mine, desk.now)
    for state in ("checked", "done", "failed", "stopped"):
        desk.transfer(state)
    assert desk.storage.transfers.claim(IMPORT, "me", desk.now, 15) is None


def test_what_is_released_is_claimed_at_once(desk):
    mine = claimed(desk)
    desk.storage.transfers.release("me")
    yours = desk.storage.transfers.claim(IMPORT, "you", desk.now, 15)
    assert yours is not None
    assert yours.id == mine.id


def test_a_step_stores_its_rows_and_says_how_far_it_is(desk):
    mine = claimed(desk)
    step = Step(3, [desk.new("one", "a"), desk.new("two")], [], [("Line 4", "is not JSON.")])
    after = desk.storage.transfers.step(mine, step, desk.now)
    assert after == now(desk, mine)
    assert (after.position, after.counts, after.problems) == (
        3, Counts(added=2, refused=1), (("Line 4", "is not JSON."),),
    )  # fmt: skip
    assert texts(desk) == ["one", "two"]


def test_a_step_is_taken_once(desk):
    mine = claimed(desk)
    desk.storage.transfers.step(mine, Step(1, [desk.new("one")]), desk.now)
    with pytest.raises(TransferLost):
        desk.storage.transfers.step(mine, Step(1, [desk.new("another")]), desk.now)
    assert texts(desk) == ["one"]


def test_an_owner_that_was_thought_dead_stores_nothing(desk):
    mine = claimed(desk)
    desk.storage.transfers.claim(IMPORT, "you", desk.now + timedelta(seconds=60), 15)
    with pytest.raises(TransferLost):
        desk.storage.transfers.step(mine, Step(1, [desk.new("one")]), desk.now)
    assert texts(desk) == []


def test_after_a_stop_nothing_more_is_stored(desk):
    mine = claimed(desk)
    after = desk.storage.transfers.step(mine, Step(1, [desk.new("one")]), desk.now)
    desk.storage.transfers.stop(mine, desk.now)
    with pytest.raises(TransferLost):
        desk.storage.transfers.step(after, Step(1, [desk.new("two")]), desk.now)
    with pytest.raises(TransferLost):
        desk.storage.transfers.beat(after, 5, 10, desk.now)
    assert texts(desk) == ["one"]
    assert now(desk, mine).state is TransferState.STOPPED


def test_what_is_there_already_is_counted_and_takes_the_label_that_comes(desk):
    old, same = desk.add("old", "a"), desk.add("same", "a")
    mine = claimed(desk)
    step = Step(
        4,
        [desk.new("new")],
        [
            Known(old.digest, labelled(desk, "b")),
            Known(same.digest, labelled(desk, "a")),
            Known(same.digest, None),
        ],
    )
    after = desk.storage.transfers.step(mine, step, desk.now)
    assert after.counts == Counts(added=1, duplicates=3, relabelled=1)
    relabelled = desk.storage.samples.get(desk.function_id, old.id).annotation
    assert (relabelled.label_id, relabelled.source) == (desk.b, AnnotationSource.IMPORT)


def test_what_was_deleted_meanwhile_counts_as_refused(desk):
    mine = claimed(desk)
    after = desk.storage.transfers.step(mine, Step(1, [], [Known(b"gone", None)]), desk.now)
    assert after.counts == Counts(refused=1)


def test_the_first_problems_are_kept_and_all_are_counted(desk):
    mine = claimed(desk)
    many = [(f"Line {i}", "is not JSON.") for i in range(MAX_PROBLEMS + 7)]
    after = desk.storage.transfers.step(mine, Step(len(many), problems=many), desk.now)
    assert (len(after.problems), after.counts.refused) == (MAX_PROBLEMS, MAX_PROBLEMS + 7)
    assert now(desk, mine) == after


def test_a_file_is_checked_started_and_done(desk):
    mine = claimed(desk, "checking")
    desk.storage.transfers.beat(mine, 5, None, desk.now)
    found = Findings(
        10,
        1,
        2,
        ("bird",),
        ("text", "label"),
        {"data": "text"},
        (("Line 2", {"text": "a"}), ("Line 3", "no")),
    )
    desk.storage.transfers.checked(mine, found, [("Line 3", "no")])
    checked = now(desk, mine)
    assert (checked.state, checked.findings, checked.owner) == (TransferState.CHECKED, found, None)
    desk.storage.transfers.start(checked)
    running = now(desk, mine)
    assert (running.state, running.position, running.total) == (TransferState.RUNNING, 0, 10)
    with pytest.raises(TransferLost):
        desk.storage.transfers.start(checked)
    running = desk.storage.transfers.claim(IMPORT, "me", desk.now, 15)
    desk.storage.transfers.end(running, desk.now)
    assert now(desk, mine).state is TransferState.DONE


def test_a_file_that_can_not_be_imported_is_not_started(desk):
    mine = claimed(desk, "checking")
    desk.storage.transfers.checked(mine, Findings(), [], "The file has no rows.")
    with pytest.raises(TransferLost, match="no rows"):
        desk.storage.transfers.start(now(desk, mine))
    desk.storage.transfers.look_again(mine, "jsonl", TransferOptions({"data": "body"}, "latin-1"))
    again = now(desk, mine)
    assert (again.state, again.format, again.options.columns, again.error) == (
        TransferState.CHECKING, "jsonl", {"data": "body"}, "",
    )  # fmt: skip


def test_one_that_failed_says_why(desk):
    mine = claimed(desk)
    desk.storage.transfers.end(mine, desk.now, "The disk is full.")
    failed = now(desk, mine)
    assert (failed.state, failed.error) == (TransferState.FAILED, "The disk is full.")
    desk.storage.transfers.stop(failed, desk.now)
    assert now(desk, mine).state is TransferState.FAILED


def test_an_export_says_how_large_its_file_is(desk):
    mine = claimed(desk, kind="export")
    desk.storage.transfers.beat(mine, 5, 10, desk.now)
    desk.storage.transfers.beat(mine, 7, 10, desk.now)
    desk.storage.transfers.end(mine, desk.now, size=123)
    assert (now(desk, mine).size, now(desk, mine).position) == (123, 7)


def test_what_is_long_over_is_found_and_forgotten(desk):
    mine = claimed(desk)
    desk.storage.transfers.end(mine, desk.now)
    waiting, running = desk.transfer("checked"), desk.transfer("running")
    old = {each.id for each in desk.storage.transfers.old(desk.now)}
    assert {mine.id, waiting.id} <= old
    assert running.id not in old
    desk.storage.transfers.forget([mine.id])
    with pytest.raises(TransferNotFound):
        now(desk, mine)
    desk.storage.transfers.stop(replace(running), desk.now)
