import math
from datetime import timedelta

import pytest

from noria.errors import FunctionNotFound, SampleNotFound
from noria.records.sample import AnnotationSource
from noria.storage import CaptureOutcome, QueueSize, queue

AT_ONCE = timedelta(0)
MINUTES = timedelta(minutes=2)


def lease(desk, ids, by, for_=MINUTES):
    at = desk.now
    return desk.storage.queue.lease(desk.function_id, ids, by, at + for_, at)


def skip(desk, id, kind="skipped"):
    return desk.storage.queue.skip(desk.function_id, id, "ann", kind, desk.now)


def evict(desk, keep):
    return desk.storage.queue.evict(desk.function_id, keep, desk.now)


def expire(desk, older_than):
    return desk.storage.queue.expire(desk.function_id, older_than, desk.now)


def smallest(desk, n, by="ann"):
    return [i.sample.data for i in desk.storage.queue.smallest(desk.function_id, desk.now, by, n)]


def test_an_empty_queue_has_no_size(desk):
    assert desk.storage.queue.size(desk.function_id) == QueueSize(0, 0, None)


def test_size_counts_items_and_their_captures(desk):
    first = desk.now
    desk.capture("one", at=first)
    desk.capture("one")
    desk.annotate(desk.capture("two"), "a")
    desk.capture("three")
    assert desk.storage.queue.size(desk.function_id) == QueueSize(2, 3, first)


def test_open_items_come_newest_first_with_their_captures(desk):
    desk.capture("one", key=0.5)
    desk.capture("two", key=0.1)
    desk.capture("one", key=0.25)
    items = desk.storage.queue.open(desk.function_id, 10, by="ann", at=desk.now)
    assert [item.sample.data for item in items] == ["one", "two"]
    assert [capture.key for capture in items[0].captures] == [0.25, 0.5]
    assert desk.queue(limit=1) == ["one"]


def test_the_smallest_keys_come_first_for_blind_turns(desk):
    for text, key in (("one", 0.3), ("two", 0.1), ("three", 0.2)):
        desk.capture(text, key=key)
    desk.capture("one", key=0.05)
    assert smallest(desk, 2) == ["one", "two"]


def test_the_queue_of_an_unknown_function_is_not_found(desk):
    with pytest.raises(FunctionNotFound):
        desk.storage.queue.open("function_none", 1, by="ann", at=desk.now)


def test_what_others_hold_is_not_offered(desk):
    one, _ = desk.capture("one"), desk.capture("two")
    assert lease(desk, [one], "bob") == [one]
    assert desk.queue("ann") == ["two"]
    assert smallest(desk, 5, "ann") == ["two"]
    assert set(desk.queue("bob")) == {"one", "two"}


def test_an_item_is_leased_to_one_person(desk):
    one, two = desk.capture("one"), desk.capture("two")
    assert lease(desk, [one], "bob") == [one]
    assert lease(desk, [one, two], "ann") == [two]


def test_a_lease_can_be_renewed_by_its_holder(desk):
    one = desk.capture("one")
    lease(desk, [one], "bob", timedelta(seconds=3))
    assert lease(desk, [one], "bob") == [one]
    desk.seconds += 10
    assert lease(desk, [one], "ann") == []


def test_a_lease_runs_out(desk):
    one = desk.capture("one")
    lease(desk, [one], "bob")
    desk.seconds += 200
    assert desk.queue("ann") == ["one"]
    assert lease(desk, [one], "ann") == [one]


def test_only_open_items_of_the_function_are_leased_in_the_order_asked(desk, other_desk):
    one, two, done = desk.capture("one"), desk.capture("two"), desk.capture("done")
    desk.annotate(done, "a")
    asked = [two, done, other_desk.capture("theirs"), "sample_none", one, two]
    assert lease(desk, asked, "ann") == [two, one]


def test_released_items_are_offered_to_others(desk, other_desk):
    one = desk.capture("one")
    lease(desk, [one], desk.function_id)
    desk.storage.queue.release(desk.function_id)
    assert lease(desk, [one], "ann") == [one]


@pytest.mark.parametrize("settle", [lambda d, id: d.annotate(id, "a"), lambda d, id: skip(d, id)])
def test_settling_gives_the_lease_back(desk, settle):
    one = desk.capture("one")
    lease(desk, [one], "bob")
    settle(desk, one)
    again = desk.capture("one") if desk.sample(one).annotation is None else None
    assert again is None or lease(desk, [one], "ann") == [one]


@pytest.mark.parametrize("kind", ["skipped", "unsure"])
def test_a_skip_settles_without_a_label(desk, kind):
    one = desk.capture("one")
    desk.capture("one")
    assert skip(desk, one, kind) == 2
    assert desk.outcomes(one) == [CaptureOutcome(kind)] * 2
    assert desk.queue() == []
    assert desk.sample(one).staged
    assert desk.rhos() == [math.inf]


def test_a_skip_can_be_undone(desk):
    one = desk.capture("one", key=0.25)
    skip(desk, one)
    assert desk.storage.queue.unskip(desk.function_id, one, "ann", desk.now) == 1
    assert desk.outcomes(one) == [CaptureOutcome.OPEN]
    assert desk.queue() == ["one"]
    assert desk.rhos() == [math.inf, 0.25]


def test_a_skip_needs_its_sample_and_passes_over_what_is_settled(desk):
    with pytest.raises(SampleNotFound):
        skip(desk, "sample_none")
    one = desk.capture("one")
    desk.annotate(one, "a")
    assert skip(desk, one) == 0
    assert desk.storage.queue.unskip(desk.function_id, one, "ann", desk.now) == 0
    assert desk.outcomes(one) == [CaptureOutcome.ANNOTATED]


def test_a_skipped_item_that_is_labelled_after_all_is_annotated(desk):
    one = desk.capture("one")
    skip(desk, one)
    desk.annotate(one, "a")
    assert desk.outcomes(one) == [CaptureOutcome.ANNOTATED]


def test_old_captures_expire_and_their_reach_is_frozen(desk):
    one = desk.capture("one", key=0.1)
    limit = desk.now
    desk.capture("two", key=0.2)
    assert expire(desk, limit) == 1
    first = desk.storage.captures.judged(desk.function_id)[0]
    assert (first.outcome, first.lapsed_at) == (CaptureOutcome.EXPIRED, first.settled_at)
    assert desk.rhos() == [0.2]
    desk.annotate(one, "a")
    late = desk.storage.captures.judged(desk.function_id)[0]
    assert (late.outcome, late.lapsed_at) == (CaptureOutcome.ANNOTATED, first.lapsed_at)


def test_nothing_expires_twice_or_too_early(desk):
    at = desk.now
    desk.capture("one", at=at)
    assert expire(desk, at) == 0
    assert expire(desk, at + timedelta(seconds=1)) == 1
    assert expire(desk, at + timedelta(seconds=1)) == 0
    assert len(desk.rhos()) == 1


def test_eviction_takes_the_largest_keys_first(desk):
    for text, key in (("one", 0.3), ("two", 0.1), ("three", 0.2), ("four", 0.4)):
        desk.capture(text, key=key)
    assert evict(desk, 2) == 2
    assert set(desk.queue()) == {"two", "three"}
    assert [kappa for _, kappa in desk.storage.queue.evictions(desk.function_id)] == [0.3]
    assert desk.rhos() == [0.1]


def test_where_many_leave_they_go_in_steps_that_come_to_the_same(desk, monkeypatch):
    monkeypatch.setattr(queue, "_LEAVE_AT_ONCE", 2)
    for n in range(8):
        desk.capture(f"text {n}", key=(n + 1) / 10, at=desk.now)
    assert evict(desk, 3) == 5
    kappas = [kappa for _, kappa in desk.storage.queue.evictions(desk.function_id)]
    assert len(kappas) > 1
    assert kappas == sorted(kappas, reverse=True)
    assert kappas[-1] == 0.4
    assert set(desk.queue()) == {"text 0", "text 1", "text 2"}
    assert expire(desk, desk.now + timedelta(seconds=1)) == 3
    assert desk.queue() == []


def test_an_item_stays_for_its_smallest_key_but_loses_captures_above_kappa(desk):
    one = desk.capture("one", key=0.1)
    desk.capture("one", key=0.9)
    desk.capture("two", key=0.5)
    assert evict(desk, 1) == 2
    assert sorted(desk.outcomes(one)) == [CaptureOutcome.EVICTED, CaptureOutcome.OPEN]


def test_nothing_is_evicted_below_the_limit(desk):
    desk.capture("one")
    assert evict(desk, 1) == 0
    assert desk.storage.queue.evictions(desk.function_id) == []
    assert desk.rhos() == []


def test_turns_count_per_person_and_function(desk, other_desk):
    turn = desk.storage.queue.next_turn
    assert [turn(desk.function_id, "ann") for _ in range(3)] == [1, 2, 3]
    assert turn(desk.function_id, "bob") == 1
    assert turn(other_desk.function_id, "ann") == 1
    assert desk.storage.queue.served(desk.function_id, "ann") == 3
    assert desk.storage.queue.served(desk.function_id, "carl") == 0


def test_settlements_are_those_that_people_made(desk):
    desk.annotate(desk.capture("labelled", key=0.3), "a")
    skip(desk, desk.capture("skipped", key=0.2), "skipped")
    skip(desk, desk.capture("unsure", key=0.1), "unsure")
    expired = desk.capture("expired", key=0.4)
    expire(desk, desk.now)
    desk.capture("open", key=0.5)
    assert expired
    settled = desk.storage.queue.settlements(desk.function_id)
    assert sorted(key for _, key in settled) == [0.1, 0.2, 0.3]
    logged = {at for at, _ in desk.storage.queue.rho_log(desk.function_id)}
    assert {at for at, _ in settled} <= logged


def test_answers_of_one_moment_have_a_turn_each(desk):
    at, ids = desk.now, [desk.capture(text, key=key) for text, key in (("one", 0.2), ("two", 0.1))]
    for id in ids:
        desk.storage.annotations.set(
            desk.function_id, id, desk.labels["a"], "ann", AnnotationSource.QUEUE, at
        )
    logged = [at for at, _ in desk.storage.queue.rho_log(desk.function_id)]
    assert sorted(at for at, _ in desk.storage.queue.settlements(desk.function_id)) == logged
    assert len(set(logged)) == 2
