"""Journals on a real disk: torn, damaged, full, left behind; brought into real databases, each batch once."""

import os
import signal
import subprocess
import sys
from concurrent.futures import wait
from dataclasses import dataclass, field

import pytest
from running_server import wait_for

from noria.records.content import Content
from noria.storage import (
    CaptureBatch,
    CaptureWriter,
    DatabaseAway,
    Journal,
    JournalKeeper,
    JournalLimits,
    TrafficRow,
)
from noria.storage.journal import JournalFull, batches, records

SOON_S = 20


@dataclass
class Fickle:
    """A storage's captures, which are away or refuse as told."""

    captures: object
    away: bool = True
    refused: set[str] = field(default_factory=set)

    def commit(self, batch):
        self._must_be_there(batch)
        return self.captures.commit(batch)

    def put_files(self, batch):
        self.captures.put_files(batch)

    def bring_in(self, some):
        for batch in some:
            self._must_be_there(batch)
        self.captures.bring_in(some)

    def _must_be_there(self, batch):
        if self.away:
            raise DatabaseAway
        if any(capture.content.text in self.refused for capture in batch.captures):
            raise ValueError("no such text")


@pytest.fixture
def fickle(desk):
    return Fickle(desk.storage.captures)


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal", JournalLimits(1_000_000, free=0))


@pytest.fixture
def keeper(journal, fickle):
    keeper = JournalKeeper(journal, fickle, look_s=0.02)
    yield keeper
    keeper.close()


@pytest.fixture
def writer(keeper, fickle):
    writer = CaptureWriter(fickle.commit, keeper=keeper, pause=lambda _: None)
    yield writer
    writer.close()


def batch(desk, *texts, number=1):
    drawn = tuple(desk.drawn(text) for text in texts)
    passed = [TrafficRow(desk.function_id, 1, None, 1)]
    return CaptureBatch(drawn, traffic=passed, writer=desk.function_id, number=number)


def files(journal):
    return sorted(journal._folder.glob("*.batches"))


def invokes(desk):
    return desk.storage.captures.totals(desk.function_id).invokes


def texts(desk):
    return [desk.sample(capture.sample_id).data for capture in desk.storage.captures.judged(desk.function_id)]


# --- through the writer


def test_what_the_journal_took_is_in_the_database_once_it_is_back(desk, writer, keeper, fickle, journal):
    ids = [writer.put(desk.drawn(f"text {n}")).result(SOON_S) for n in range(5)]
    assert writer.journalled
    assert journal.held().captures == 5
    assert texts(desk) == []
    fickle.away = False
    wait_for(lambda: len(texts(desk)) == 5 and not journal.holds, SOON_S)
    assert texts(desk) == [f"text {n}" for n in range(5)]
    assert [desk.sample(id).data for id in ids] == texts(desk)
    assert (journal.held().captures, journal.held().brought, files(journal)) == (0, 5, [])
    assert list(journal._folder.iterdir()) == []


def test_what_comes_after_does_not_wait_for_the_journal_and_hides_none_of_it(desk, writer, fickle, keeper):
    writer.put(desk.drawn("before")).result(SOON_S)
    fickle.away = False
    wait_for(lambda: not writer.journalled, SOON_S)
    writer.put(desk.drawn("after")).result(SOON_S)
    fickle.away = True
    writer.put(desk.drawn("away again")).result(SOON_S)
    fickle.away = False
    wait_for(lambda: len(texts(desk)) == 3, SOON_S)
    assert sorted(texts(desk)) == ["after", "away again", "before"]


def test_a_copy_is_found_by_the_id_that_its_caller_was_given(desk, writer, fickle):
    first = desk.capture("the same")
    given = writer.put(desk.drawn("the same")).result(SOON_S)
    assert given != first
    fickle.away = False
    wait_for(lambda: len(texts(desk)) == 2, SOON_S)
    assert desk.sample(given).id == first
    assert desk.annotate(given, "a").id == first
    assert desk.outcomes(first) == ["annotated", "annotated"]
    said = desk.storage.samples.get(desk.function_id, given)
    desk.storage.feedback.add(desk.function_id, said.id, desk.a, "caller", desk.now)
    desk.storage.samples.delete(desk.function_id, given, desk.now)
    with pytest.raises(Exception, match="no such sample"):
        desk.sample(given)


def test_a_full_journal_sheds_captures_and_keeps_the_sums(desk, journal, fickle, tmp_path):
    small = Journal(tmp_path / "small", JournalLimits(2_000, free=0))
    writer = CaptureWriter(fickle.commit, keeper=JournalKeeper(small, fickle, look_s=0.02))
    kept, lost = 0, 0
    for n in range(10):
        writer.count_outside(desk.function_id, desk.now, None)
        try:
            writer.put(desk.drawn(f"text {n}")).result(SOON_S)
            kept += 1
        except Exception:
            lost += 1
    assert kept
    assert lost == writer.dropped == 10 - kept
    writer.close()
    fickle.away = False
    with_rest = JournalKeeper(Journal(tmp_path / "small"), fickle, look_s=0.02)
    wait_for(lambda: len(texts(desk)) == kept and not files(small), SOON_S)
    assert sum(row.outside for row in desk.storage.captures.traffic(desk.function_id)) == 10
    with_rest.close()


def test_a_nearly_full_disk_is_not_filled(desk, tmp_path):
    journal = Journal(tmp_path / "journal", JournalLimits(1_000_000, free=1 << 60))
    with pytest.raises(JournalFull):
        journal.add(batch(desk, "text"))


def test_what_the_database_refuses_takes_nothing_else_along(desk, writer, fickle):
    fickle.refused = {"bad"}
    futures = [writer.put(desk.drawn(text)) for text in ("good", "bad", "fine")]
    for future in futures:
        future.result(SOON_S)
    fickle.away = False
    wait_for(lambda: len(texts(desk)) == 2, SOON_S)
    assert sorted(texts(desk)) == ["fine", "good"]


def test_the_sums_of_a_refused_batch_are_in_with_those_that_follow(desk, writer, fickle, journal):
    fickle.away, fickle.refused = False, {"bad"}
    for text in ("good", "bad", "fine"):
        writer.count_outside(desk.function_id, desk.now, None)
        wait([writer.put(desk.drawn(f"{text} too")), writer.put(desk.drawn(text))], SOON_S)
    outside = lambda: sum(row.outside for row in desk.storage.captures.traffic(desk.function_id))  # noqa: E731
    wait_for(lambda: outside() == 3, SOON_S)
    assert len(texts(desk)) == 5
    assert not journal.holds


def test_files_are_in_their_store_before_the_journal_names_them(desk, writer, fickle):
    picture = Content("", b"picture", b"\x89PNG", "image/png")
    given = writer.put(desk.drawn("", content=picture)).result(SOON_S)
    assert desk.storage.blobs.get(desk.function_id, given) == b"\x89PNG"
    copy = writer.put(desk.drawn("", content=picture)).result(SOON_S)
    fickle.away = False
    wait_for(lambda: len(texts(desk)) == 2, SOON_S)
    assert desk.sample(copy).id == given
    with pytest.raises(Exception, match="file"):
        desk.storage.blobs.get(desk.function_id, copy)


# --- batches and files


def test_a_batch_is_brought_in_once(desk):
    captures, some = desk.storage.captures, [batch(desk, "one", number=1), batch(desk, "two", number=2)]
    captures.commit(some[0])  # its reply was lost
    for _ in range(2):
        captures.bring_in(some)
    assert texts(desk) == ["one", "two"]
    assert invokes(desk) == 2


def test_what_was_ended_amid_its_work_is_done_by_the_next(desk, fickle, tmp_path):
    folder, whole = tmp_path / "journal", [batch(desk, f"text {n}", number=n) for n in range(1, 201)]
    journal = Journal(folder, JournalLimits(free=0))
    for each in whole:
        journal.add(each)
    journal.close()

    def once(some):
        desk.storage.captures.bring_in(some)
        fickle.bring_in = away

    def away(_):
        raise DatabaseAway

    fickle.bring_in = once
    first = Journal(folder)
    keeper = JournalKeeper(first, fickle, look_s=0.02)
    wait_for(lambda: first.held().brought, SOON_S)
    keeper.close()
    assert (first.held().captures, len(texts(desk))) == (72, 128)
    keeper = JournalKeeper(Journal(folder), desk.storage.captures, look_s=0.02)
    wait_for(lambda: not files(first), SOON_S)
    keeper.close()
    assert texts(desk) == [f"text {n}" for n in range(1, 201)]
    assert invokes(desk) == 200


def test_a_torn_last_record_is_left_out(desk, journal, caplog):
    journal.add(batch(desk, "one"))
    journal.add(batch(desk, "two", number=2))
    (path,) = files(journal)
    whole = path.read_bytes()
    for cut in (1, 50, len(whole) // 2 - 20):
        path.write_bytes(whole[:-cut])
        assert len(list(records.read(path))) == 1
        assert records.counted(path) == 1
    assert "torn" in caplog.text


def test_a_damaged_file_is_kept_beside_for_a_person(desk, journal, fickle):
    for number in (1, 2, 3):
        journal.add(batch(desk, f"text {number}", number=number))
    journal.close()
    (path,) = files(journal)
    bytes_ = bytearray(path.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    path.write_bytes(bytes_)
    fickle.away = False
    keeper = JournalKeeper(Journal(journal._folder), fickle, look_s=0.02)
    wait_for(lambda: not files(journal), SOON_S)
    keeper.close()
    assert texts(desk) == ["text 1"]
    assert path.with_suffix(".damaged").read_bytes() == bytes_


def test_the_journal_is_for_its_owners_eyes(desk, journal):
    journal.add(batch(desk, "private"))
    (path,) = files(journal)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


WRITER = """
import sys
from pathlib import Path
from noria.storage import Journal
from noria.storage.journal import batches
journal = Journal(Path(sys.argv[1]))
journal.add(batches.from_bytes(sys.stdin.buffer.read()))
print("added", flush=True)
__import__("time").sleep(100)
"""


def test_a_journal_is_taken_over_when_its_process_is_gone_and_not_before(desk, fickle, tmp_path):
    folder = tmp_path / "journal"
    left = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(os.environ),
    )
    assert left.stdin
    assert left.stdout
    left.stdin.write(batches.to_bytes(batch(desk, "of another process")))
    left.stdin.close()
    assert left.stdout.readline() == b"added\n"
    fickle.away = False
    journal = Journal(folder)
    keeper = JournalKeeper(journal, fickle, look_s=0.02)
    keeper.step()
    assert texts(desk) == []
    left.send_signal(signal.SIGKILL)
    left.wait()
    wait_for(lambda: texts(desk) == ["of another process"], SOON_S)
    wait_for(lambda: list(folder.iterdir()) == [], SOON_S)
    assert (journal.held().captures, journal.held().brought) == (0, 1)
    keeper.close()
