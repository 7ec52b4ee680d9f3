from datetime import timedelta

import pytest

from noria.errors import BadInput
from noria.records.sample import AnnotationSource
from noria.records.tags import Tag
from noria.storage import LABELLED, TAGGED, AuditFilter


def add(desk, action, by="ann", **facts):
    desk.storage.audit.add(by, action, desk.function_id, None, facts, desk.now)


def entries(desk, limit=100, **wanted):
    return desk.storage.audit.page(AuditFilter(function_id=desk.function_id, **wanted), limit).entries


def actions(desk, **wanted):
    return [entry.action for entry in entries(desk, **wanted)]


def test_changes_and_labels_stand_together_newest_first(desk):
    add(desk, "PutCapture", budgetPerDay=60)
    id = desk.capture("one")
    desk.annotate(id, "a", by="bob")
    add(desk, "PutLabel")
    assert actions(desk) == ["PutLabel", LABELLED, "PutCapture"]
    assert entries(desk)[2].facts == {"budgetPerDay": 60}
    assert actions(desk, what="labels") == [LABELLED]
    assert actions(desk, what="changes") == ["PutLabel", "PutCapture"]
    assert actions(desk, by="bob") == [LABELLED]


def test_a_label_says_what_was_before_and_why_the_sample_was_captured(desk):
    id = desk.capture("one", parts={"LowConfidence": 1.0})
    desk.annotate(id, "a")
    desk.annotate(id, "b")
    newest, _ = entries(desk)
    assert newest.subject == id
    assert newest.facts == {
        "labelId": desk.b, "previousLabelId": desk.a, "source": "Queue", "captureReason": "LowConfidence"
    }  # fmt: skip


def test_a_label_of_a_sample_that_was_added_has_no_reason(desk):
    desk.add("one", "a")
    assert "captureReason" not in entries(desk)[0].facts


def test_tags_say_what_is_there(desk):
    sample = desk.add("one")
    desk.storage.tags.set(desk.function_id, sample.id, [Tag(desk.a)], "ann", AnnotationSource.API, desk.now)
    (tagged,) = entries(desk)
    assert tagged.action == TAGGED
    assert tagged.facts["tags"][desk.a] is True


def test_pages_follow_each_other_without_a_gap_even_within_a_moment(desk):
    at = desk.now
    for i in range(7):
        desk.storage.audit.add("ann", f"A{i}", desk.function_id, None, {}, at)
    for i in range(3):
        desk.add(f"text {i}", "a")
    wanted, cursor, seen = AuditFilter(function_id=desk.function_id), None, []
    while True:
        page = desk.storage.audit.page(wanted, 3, cursor)
        seen += [(entry.log, entry.number) for entry in page.entries]
        if (cursor := page.next_cursor) is None:
            break
    assert len(seen) == len(set(seen)) == 10
    assert seen == [(entry.log, entry.number) for entry in entries(desk)]


def test_a_time_bounds_both_sides(desk):
    add(desk, "First")
    since = desk.now
    add(desk, "Second")
    until = desk.now
    add(desk, "Third")
    assert actions(desk, since=since, until=until) == ["Second"]
    assert actions(desk, since=until + timedelta(days=1)) == []


def test_what_was_done_outlives_the_function(desk):
    add(desk, "DeleteFunction")
    desk.storage.functions.delete(desk.function_id)
    assert actions(desk) == ["DeleteFunction"]


def test_a_foreign_cursor_is_refused(desk):
    with pytest.raises(BadInput, match="cursor"):
        desk.storage.audit.page(AuditFilter(), 3, "17")
