"""Unlabelled captures are deleted by their age alone, and estimates read the same rows as before."""

from datetime import timedelta

import pytest

from noria.errors import FunctionNotFound, SampleNotFound
from noria.records.content import Content
from noria.serving.figures import counted_labels

DAY = timedelta(days=1)


def expired(desk, *texts, **more):
    """Samples that were captured and have left the queue, and a moment that is after all of it."""
    ids = [desk.capture(text, key=0.1 + i / 100, **more) for i, text in enumerate(texts)]
    at = desk.now
    desk.storage.queue.expire(desk.function_id, at, at)
    return ids, desk.now


def due(desk, before):
    return desk.storage.retention.due(desk.function_id, before)


def delete(desk, before, n=100):
    return desk.storage.retention.delete(desk.function_id, before, desk.now, n)


def there(desk, ids):
    return set(desk.storage.samples.embeddings(desk.function_id, ids))


def test_what_is_old_and_unlabelled_goes_and_nothing_else(desk, other_desk):
    ids, before = expired(
        desk, "expired", "labelled since", "brought since", "with feedback", "captured again"
    )
    desk.annotate(ids[1], "a")
    desk.add("brought since")
    desk.storage.feedback.add(desk.function_id, ids[3], desk.a, "caller", desk.now)
    desk.capture("captured again")
    waiting, young = desk.capture("waits"), desk.capture("young")
    brought = desk.add("brought, never labelled").id
    theirs, _ = expired(other_desk, "of another function")
    assert (due(desk, before).samples, due(desk, before).waiting) == (1, 0)
    assert delete(desk, before) == 1
    assert delete(desk, before) == 0
    assert there(desk, [*ids, waiting, young, brought]) == {*ids[1:], waiting, young, brought}
    assert there(other_desk, theirs) == set(theirs)
    with pytest.raises(SampleNotFound):
        desk.sample(ids[0])


def test_what_waits_is_counted_and_stays_until_it_has_left_the_queue(desk):
    sample = desk.capture("waits")
    before = desk.now
    assert (due(desk, before).samples, due(desk, before).waiting) == (1, 1)
    assert delete(desk, before) == 0
    desk.storage.queue.expire(desk.function_id, before, desk.now)
    assert (delete(desk, before), there(desk, [sample])) == (1, set())


def test_what_somebody_has_before_them_stays(desk):
    (sample,), _ = expired(desk, "in hand")
    other = desk.capture("open")
    desk.storage.queue.lease(desk.function_id, [other], "ann", desk.now + DAY, desk.now)
    desk.storage.queue.expire(desk.function_id, desk.now, desk.now)
    assert delete(desk, desk.now) == 1
    assert there(desk, [sample, other]) == {other}


def test_a_few_at_a_time_the_oldest_first(desk):
    ids, before = expired(desk, "one", "two", "three")
    assert delete(desk, before, n=2) == 2
    assert there(desk, ids) == {ids[2]}


def test_files_go_with_their_samples(desk):
    content = Content("", b"d" * 32, b"the bytes of an image", "image/png")
    (sample,), before = expired(desk, "an image", content=content)
    blobs = desk.storage.blobs
    assert blobs.get(desk.function_id, sample) == content.file
    assert delete(desk, before) == 1
    with pytest.raises(Exception, match=r"(?i)file"):
        blobs.get(desk.function_id, sample)


def test_estimates_read_the_same_before_and_after(desk):
    """Skipped, expired, evicted and labelled ones among each other, as a queue that is worked off leaves them."""
    ids = [desk.capture(f"call {i}", key=0.05 * (i + 1), weight=1 + i % 3) for i in range(12)]
    for i in (0, 1, 3, 4):
        desk.annotate(ids[i], "ab"[i % 2])
    desk.storage.queue.skip(desk.function_id, ids[2], "ann", "skipped", desk.now)
    desk.storage.queue.skip(desk.function_id, ids[5], "ann", "unsure", desk.now)
    desk.storage.queue.evict(desk.function_id, 4, desk.now)
    desk.storage.queue.expire(desk.function_id, desk.now, desk.now)
    read = [estimated(desk)]
    assert delete(desk, desk.now) == 8
    read.append(estimated(desk))
    assert read[0] == read[1]
    counted, lost = read[0][1]
    assert (len(counted), len(lost)) == (4, 2)


def estimated(desk):
    storage, id = desk.storage, desk.function_id
    judged = storage.captures.judged(id)
    queue = storage.queue
    facts = (queue.rho_log(id), queue.evictions(id), queue.settlements(id))
    return judged, counted_labels(judged, *facts), facts


def test_the_same_content_may_be_captured_anew(desk):
    (sample,), before = expired(desk, "again")
    delete(desk, before)
    assert desk.capture("again") != sample
    assert desk.storage.samples.counts(desk.function_id).staged == 1


def test_a_function_that_is_gone(desk):
    desk.storage.functions.delete(desk.function_id)
    with pytest.raises(FunctionNotFound):
        due(desk, desk.now)
    assert delete(desk, desk.now) == 0
