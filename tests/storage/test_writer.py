"""The writer against commits that the test holds, fails and counts; and once against real storage."""

import threading
from concurrent.futures import wait
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy.exc import DataError, OperationalError

from noria.errors import FilesAway
from noria.records.capture import CaptureDecision, NewCapture
from noria.records.content import Content
from noria.storage import CaptureWriter, DecisionRow, WriterFull

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALL = NewCapture(
    "capture_1",
    "f",
    "sample_1",
    Content("text", b"d"),
    b"e",
    None,
    AT,
    CaptureDecision(0.1, 1.0, 0.5, {}),
    "a",
    0.7,
)
OUTAGE = OperationalError("COMMIT", {}, Exception("the disk is away"))
REFUSAL = DataError("INSERT", {}, Exception("no such text"))
SOON_S = 20


def call(n=0):
    return replace(CALL, id=f"capture_{n}", sample_id=f"sample_{n}")


class Commits:
    """Takes batches; fails as often as told, or while the gate is shut waits."""

    def __init__(self):
        self.batches = []
        self.failures = []  # errors of the next commits, None where one succeeds
        self.refused = set()  # capture ids that no commit takes
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def __call__(self, batch):
        self.entered.set()
        assert self.gate.wait(SOON_S)
        error = self.failures.pop(0) if self.failures else None
        if error:
            raise error
        if any(capture.id in self.refused for capture in batch.captures):
            raise REFUSAL
        self.batches.append(batch)
        return [capture.sample_id for capture in batch.captures]

    @property
    def captured(self):
        return [capture.id for batch in self.batches for capture in batch.captures]

    @property
    def invokes(self):
        return sum(row.n for batch in self.batches for row in batch.traffic)


@pytest.fixture
def commits():
    return Commits()


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def writer(commits, pauses):
    writer = CaptureWriter(commits, limit=4, pause=pauses.append)
    yield writer
    commits.gate.set()
    writer.close()


def count(writer, n=1):
    for _ in range(n):
        writer.count("f", AT, None, ("a", "b"), np.array([0.7, 0.3]), 0)


def stall(writer, commits):
    """The writer's thread is inside a commit that does not come back."""
    commits.entered.clear()
    commits.gate.clear()
    future = writer.put(call(99))
    assert commits.entered.wait(SOON_S)
    return future


def test_the_future_holds_the_final_id_once_the_commit_has_returned(writer, commits):
    future = stall(writer, commits)
    assert not future.done()
    commits.gate.set()
    assert future.result(SOON_S) == "sample_99"


def test_what_comes_during_a_commit_goes_into_the_next_one_together(writer, commits):
    stall(writer, commits)
    futures = [writer.put(call(n)) for n in range(3)]
    commits.gate.set()
    assert [f.result(SOON_S) for f in futures] == ["sample_0", "sample_1", "sample_2"]
    assert [len(batch.captures) for batch in commits.batches] == [1, 3]


def test_a_batch_is_no_larger_than_agreed(commits):
    writer = CaptureWriter(commits, limit=1000)
    stall(writer, commits)
    futures = [writer.put(call(n)) for n in range(300)]
    commits.gate.set()
    writer.close()
    assert all(future.done() for future in futures)
    assert [len(batch.captures) for batch in commits.batches] == [1, 128, 128, 44]
    assert commits.captured[1:] == [f"capture_{n}" for n in range(300)]


def test_a_full_writer_refuses_at_once(writer, commits):
    stall(writer, commits)
    for n in range(4):
        writer.put(call(n))
    with pytest.raises(WriterFull):
        writer.put(call(5))
    assert writer.waiting == 4


def test_sums_travel_with_captures(writer, commits):
    stall(writer, commits)
    count(writer, 3)
    future = writer.put(call())
    commits.gate.set()
    future.result(SOON_S)
    assert commits.batches[-1].traffic[0].n == 3
    assert commits.batches[-1].sums[0].n == 3


def test_sums_alone_are_flushed_too(writer, commits):
    count(writer)
    writer.count_shed("f", AT, None)
    writer.count_outside("f", AT, None)
    writer.decided(DecisionRow("f", AT, 0.9, 1.0, 0.5, False))
    assert commits.entered.wait(SOON_S)
    writer.close()
    (row,) = commits.batches[0].traffic
    assert (row.n, row.shed, row.outside) == (1, 1, 1)
    assert len(commits.batches[0].decisions) == 1


def test_closing_flushes_what_waits(commits):
    writer = CaptureWriter(commits)
    count(writer)
    future = writer.put(call())
    writer.close()
    assert future.result(0) == "sample_0"
    assert commits.invokes == 1


def test_a_closed_writer_takes_no_more(commits):
    writer = CaptureWriter(commits)
    writer.close()
    writer.close()
    with pytest.raises(WriterFull):
        writer.put(call())


def test_nothing_is_committed_when_nothing_came(commits):
    CaptureWriter(commits).close()
    assert commits.batches == []


def test_a_failed_commit_is_tried_again_as_the_same_batch(writer, commits, pauses):
    commits.failures = [OUTAGE, OUTAGE]
    count(writer)
    assert writer.put(call()).result(SOON_S) == "sample_0"
    assert commits.invokes == 1
    assert len(pauses) == 2
    assert pauses[0] < pauses[1]


def test_every_batch_has_a_number_of_its_own(writer, commits):
    for n in range(3):
        writer.put(call(n)).result(SOON_S)
    assert len({batch.number for batch in commits.batches}) == 3
    assert len({batch.writer for batch in commits.batches}) == 1
    assert CaptureWriter(Commits())._name != writer._name


def test_after_three_tries_the_waiting_hear_the_error_and_no_sum_is_lost(writer, commits):
    stalled = stall(writer, commits)
    count(writer, 5)
    commits.failures = [OUTAGE] * 5
    behind = writer.put(call(1))
    commits.gate.set()
    with pytest.raises(OperationalError):
        stalled.result(SOON_S)
    wait([behind], SOON_S)
    count(writer, 2)
    writer.close()
    assert commits.invokes == 7


def test_sums_are_retried_under_the_number_of_the_batch_that_may_have_been_committed(writer, commits):
    tried = []

    def committed_but_reported_lost(batch):
        tried.append(batch.number)
        if len(tried) < 6:
            raise OUTAGE
        return commits(batch)

    writer._commit = committed_but_reported_lost
    count(writer)
    with pytest.raises(OperationalError):
        writer.put(call()).result(SOON_S)
    writer.close()
    assert len(set(tried)) == 1
    assert commits.captured == []
    assert commits.invokes == 1


def test_nobody_waits_behind_an_outage(writer, commits, pauses):
    commits.failures = [OUTAGE] * 50
    futures = []
    for n in range(3):
        future = writer.put(call(n))
        count(writer)
        futures.append(future)
    done, waiting = wait(futures, SOON_S)
    assert not waiting
    assert all(future.exception() for future in done)


def test_nobody_comes_to_wait_behind_a_batch_that_hangs(writer, commits, monkeypatch):
    monkeypatch.setattr("noria.storage.writer.STALLED_S", 0.0)
    stalled = stall(writer, commits)
    with pytest.raises(WriterFull):
        writer.put(call(1))
    commits.gate.set()
    stalled.result(SOON_S)
    monkeypatch.undo()
    writer.put(call(2)).result(SOON_S)


def test_one_refused_capture_does_not_take_the_others_along(writer, commits):
    stall(writer, commits)
    commits.refused = {"capture_1"}
    count(writer, 4)
    futures = [writer.put(call(n)) for n in range(3)]
    commits.gate.set()
    assert futures[0].result(SOON_S) == "sample_0"
    with pytest.raises(DataError):
        futures[1].result(SOON_S)
    assert futures[2].result(SOON_S) == "sample_2"
    writer.close()
    assert commits.invokes == 4


def test_a_writer_that_had_a_refusal_goes_on(writer, commits):
    commits.refused = {"capture_1"}
    with pytest.raises(DataError):
        writer.put(call(1)).result(SOON_S)
    assert writer.put(call(2)).result(SOON_S) == "sample_2"


def test_a_writer_outlives_a_commit_that_answers_nonsense(writer, commits):
    answer, writer._commit = writer._commit, lambda batch: []
    with pytest.raises(ValueError, match="zip"):
        writer.put(call(1)).result(SOON_S)
    writer._commit = answer
    assert writer.put(call(2)).result(SOON_S) == "sample_2"


def test_a_caller_that_goes_away_takes_nothing_back(writer, commits):
    future = stall(writer, commits)
    assert not future.cancel()
    commits.gate.set()
    future.result(SOON_S)
    assert commits.captured == ["capture_99"]


def test_many_threads_lose_nothing(commits):
    writer = CaptureWriter(commits, limit=10_000)
    futures = []

    def work(thread):
        for n in range(500):
            count(writer)
            futures.append(writer.put(call(f"{thread}x{n}")))

    threads = [threading.Thread(target=work, args=(t,)) for t in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert commits.invokes == 2000
    assert len(set(commits.captured)) == len(futures) == 2000
    assert all(future.done() for future in futures)


def test_what_the_writer_promised_is_in_the_storage(desk):
    writer = CaptureWriter(desk.storage.captures.commit)
    count_as = (desk.function_id, desk.now, None, (desk.a, desk.b), np.array([0.75, 0.25]), 0)
    futures = []
    for n in range(300):
        writer.count(*count_as)
        futures.append(writer.put(desk.drawn(f"text {n % 200}")))
    ids = [future.result(SOON_S) for future in futures]
    writer.close()
    assert len(set(ids)) == 200
    assert desk.storage.captures.totals(desk.function_id).captured == 300
    (a, b) = sorted(desk.storage.captures.sums(desk.function_id), key=lambda row: -row.n)
    assert (a.label_id, a.n, a.confidence_sum, a.p_sum) == (desk.a, 300, 225.0, 225.0)
    assert (b.label_id, b.n, b.p_sum) == (desk.b, 0, 75.0)


def test_without_the_store_of_files_texts_and_sums_are_kept_all_the_same(writer, commits, pauses):
    commits.gate.clear()
    first = writer.put(call(99))
    assert commits.entered.wait(SOON_S)
    image = replace(call(1), content=Content("", b"i", b"\x89PNG", "image/png"))
    count(writer, 3)
    text, lost, other = (writer.put(each) for each in (call(0), image, call(2)))
    commits.failures = [None, FilesAway()]
    commits.gate.set()
    assert [future.result(SOON_S) for future in (first, text, other)] == ["sample_99", "sample_0", "sample_2"]
    with pytest.raises(FilesAway):
        lost.result(SOON_S)
    assert (commits.captured, commits.invokes, pauses) == (["capture_99", "capture_0", "capture_2"], 3, [])
