from dataclasses import replace
from datetime import timedelta

from noria.records.ids import new_id
from noria.storage import SeenWorker


def test_a_worker_is_present_until_it_is_silent(desk):
    workers, at = desk.storage.workers, desk.now
    one = SeenWorker(new_id("worker"), "host-a", 7, at, at)
    workers.seen(one)
    later = replace(one, seen_at=at + timedelta(seconds=20))
    workers.seen(later)
    assert workers.present(at + timedelta(seconds=40)) == [later]
    assert workers.present(at + timedelta(seconds=60)) == []
