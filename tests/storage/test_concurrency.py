"""Threads that meet at one row: exactly one wins, and nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from noria.errors import DuplicateLabel, DuplicateSample
from noria.storage import CaptureBatch, TrafficRow

THREADS = 8


def at_once(act, n=THREADS):
    """act(0), act(1), … started together; their results, errors among them."""
    barrier = Barrier(n)

    def one(i):
        barrier.wait()
        try:
            return act(i)
        except (DuplicateLabel, DuplicateSample) as error:
            return error

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(one, range(n)))


@pytest.mark.parametrize("n", range(5))
def test_one_text_posted_at_once_is_added_once_and_everyone_gets_its_id(desk, n):
    results = at_once(lambda _: desk.add("same"), 2)
    (sample,) = [r for r in results if not isinstance(r, DuplicateSample)]
    (error,) = [r for r in results if isinstance(r, DuplicateSample)]
    assert error.existing_id == sample.id


def test_a_label_is_added_once(desk):
    results = at_once(lambda _: desk.storage.labels.add(desk.function_id, "new", None, None, desk.now))
    ids = {r.existing_id if isinstance(r, DuplicateLabel) else r.id for r in results}
    assert len(ids) == 1
    assert sum(isinstance(r, DuplicateLabel) for r in results) == THREADS - 1


def test_captures_and_posts_of_one_text_share_a_sample(desk):
    def act(i):
        return desk.capture("same") if i % 2 else desk.add("same").id

    results = at_once(act)
    ids = {r.existing_id if isinstance(r, DuplicateSample) else r for r in results}
    assert len(ids) == 1
    assert len(desk.storage.captures.of_sample(desk.function_id, ids.pop())) == THREADS // 2


def test_one_of_two_versions_compared_with_the_same_live_one_goes_live(desk):
    def act(_):
        version = desk.version()
        return version.id, desk.storage.versions.publish(version, b"", b"", 0, None)

    results = dict(at_once(act))
    (winner,) = [id for id, live in results.items() if live]
    assert desk.storage.functions.get(desk.function_id).live_version_id == winner
    assert [v.number for v in desk.storage.versions.all(desk.function_id)] == list(range(THREADS, 0, -1))
    assert len(desk.storage.versions.live_history(desk.function_id)) == 1


def test_an_item_is_leased_once(desk):
    ids = desk.commit(*(desk.drawn(f"text {i}") for i in range(5)))
    at = desk.now

    def act(i):
        return desk.storage.queue.lease(desk.function_id, ids, f"person {i}", at + timedelta(minutes=2), at)

    assert sorted(id for got in at_once(act) for id in got) == sorted(ids)


def test_no_turn_is_given_twice(desk):
    turns = at_once(lambda _: [desk.storage.queue.next_turn(desk.function_id, "ann") for _ in range(5)])
    assert sorted(turn for some in turns for turn in some) == list(range(1, 5 * THREADS + 1))


def test_counters_lose_nothing(desk):
    before = desk.storage.functions.get(desk.function_id)

    def act(i):
        for n in range(5):
            desk.add(f"text {i} {n}", "a")
            row = TrafficRow(desk.function_id, 5, None, n=1)
            desk.storage.captures.commit(CaptureBatch(traffic=[row]))

    at_once(act)
    after = desk.storage.functions.get(desk.function_id)
    assert after.wanted_seq == before.wanted_seq + 5 * THREADS
    assert after.changed_seq == before.changed_seq + 5 * THREADS
    assert desk.storage.captures.totals(desk.function_id).invokes == 5 * THREADS
    assert desk.storage.labels.counts(desk.function_id)[desk.a] == 5 * THREADS


def test_rho_is_true_at_every_settlement_however_they_interleave(desk):
    ids = desk.commit(*(desk.drawn(f"text {i}", key=(i + 1) / 64) for i in range(4 * THREADS)))
    at_once(lambda i: [desk.annotate(id, "a") for id in ids[i::THREADS]])
    log = desk.storage.queue.rho_log(desk.function_id)
    assert len({at for at, _ in log}) == len(log) == 4 * THREADS
    rhos = [rho for _, rho in log]
    assert rhos == sorted(rhos)
    assert rhos[-1] == float("inf")


def test_a_secret_is_the_same_for_everyone(desk):
    made = at_once(lambda i: desk.storage.secrets.get_or_create(desk.function_id, lambda: bytes([i])))
    assert len(set(made)) == 1


def test_a_sign_in_code_is_used_once(desk):
    code = desk.function_id.encode()
    desk.storage.sign_ins.add(code, "Ann", desk.now + timedelta(minutes=10))
    at = desk.now
    assert sorted(at_once(lambda _: desk.storage.sign_ins.use(code, at) or "")) == [""] * (THREADS - 1) + [
        "Ann"
    ]


def test_a_label_deleted_while_others_use_it_leaves_no_trace(desk):
    sample_ids = [desk.add(f"text {i}").id for i in range(THREADS)]

    def act(i):
        try:
            if i == 0:
                desk.storage.labels.delete(desk.function_id, desk.a, desk.now)
            else:
                desk.storage.samples.set_predictions(desk.function_id, [(sample_ids[i], desk.a, 0.5)], None)
                desk.annotate(sample_ids[i], "a")
        except Exception as error:
            return error

    errors = [type(e).__name__ for e in at_once(act) if e]
    assert set(errors) <= {"LabelNotFound"}
    assert desk.storage.samples.known_answers(desk.function_id) == {}
    assert all(desk.sample(id).prediction is None for id in sample_ids)
