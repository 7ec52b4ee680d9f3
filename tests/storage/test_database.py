"""Several processes on one database: opening at once, adding up, and being killed in the middle."""

import subprocess
import sys
import textwrap
import threading
import time

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from noria.storage import database, open_storage
from noria.storage.tables import secrets

PROCESSES = 3
PATIENCE_S = 60


def start(body, *arguments):
    """A Python process that says "ready", opens the storage at argv[1] and runs `body`."""
    prelude = """
        import sys
        from datetime import UTC, datetime
        from noria.records.capture import CaptureDecision, NewCapture
        from noria.records.content import Content
        from noria.records.ids import new_id
        from noria.storage import *
        AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
        print("ready", flush=True)
        storage = open_storage(sys.argv[1])
    """
    code = textwrap.dedent(prelude) + textwrap.dedent(body)
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)


def finish(processes):
    outputs = [process.communicate(timeout=PATIENCE_S)[0].removeprefix("ready\n") for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return outputs


@pytest.fixture
def opened(storage_url):
    """A function that makes the storage when called: the files are there only then."""
    made = []

    def open_():
        made.append(open_storage(storage_url))
        return made[-1]

    yield open_
    for storage in made:
        storage.close()


def test_processes_that_open_an_empty_database_at_once_all_succeed(storage_url):
    body = "print(storage.projects.default(AT).id)"
    outputs = finish([start(body, storage_url) for _ in range(PROCESSES)])
    assert len(set(outputs)) == 1


def test_sums_of_several_processes_add_up(storage_url, opened, make_desk):
    desk = make_desk(opened())
    body = """
        function_id, label_id = sys.argv[2:]
        for n in range(40):
            sums = [SumsRow(function_id, 5, None, label_id, 1, 0.5, 0.25, 0.5, (1,) * 20)]
            traffic = [TrafficRow(function_id, 5, None, n=1)]
            known = [KnownRow(function_id, 5, None, label_id, label_id, 1)]
            storage.captures.commit(CaptureBatch(sums=sums, traffic=traffic, known=known))
    """
    finish([start(body, storage_url, desk.function_id, desk.a) for _ in range(2)])
    captures = desk.storage.captures
    (row,) = captures.sums(desk.function_id)
    assert (row.n, row.confidence_sum, row.p_sum, set(row.bins)) == (80, 40.0, 40.0, {80})
    assert captures.known_sums(desk.function_id)[0].n == 80
    assert captures.totals(desk.function_id).invokes == 80


def test_two_processes_never_lease_the_same_item(storage_url, opened, make_desk):
    desk = make_desk(opened())
    desk.commit(*(desk.drawn(f"text {n}") for n in range(60)))
    body = """
        from datetime import timedelta
        function_id, by = sys.argv[2:]
        mine = set()
        while True:
            items = storage.queue.open(function_id, 200, by=by, at=AT)
            free = [item.sample.id for item in items if item.sample.id not in mine]
            mine.update(storage.queue.lease(function_id, free[:5], by, AT + timedelta(minutes=2), AT))
            if not free:
                break
        print(*mine)
    """
    outputs = finish([start(body, storage_url, desk.function_id, by) for by in ("ann", "bob")])
    leased = [output.split() for output in outputs]
    assert not set(leased[0]) & set(leased[1])
    assert len(leased[0]) + len(leased[1]) == 60


CAPTURING = """
    function_id, label_id = sys.argv[2:]
    n = 0
    while True:
        n += 1
        text = new_id("sample")
        call = NewCapture(new_id("capture"), function_id, new_id("sample"), Content(text, text.encode()), b"12345678", None, AT,
                          CaptureDecision(0.1, 1.0, 0.5, {"Random": 1.0}), label_id, 0.5)
        traffic = [TrafficRow(function_id, 5, None, n=1)]
        print(storage.captures.commit(CaptureBatch((call,), traffic=traffic))[0], flush=True)
"""


def kill(process, after_lines, and_s):
    """Kill -9 so long after so many lines; the whole lines behind "ready"."""
    lines = [process.stdout.readline() for _ in range(after_lines)]
    time.sleep(and_s)
    process.kill()
    rest, _ = process.communicate(timeout=PATIENCE_S)
    whole, _, _ = ("".join(lines) + rest).rpartition("\n")
    return whole.split()[1:]


def test_everything_acknowledged_survives_a_kill_and_nothing_is_half_there(storage_url, opened, make_desk):
    desk = make_desk(opened())
    acknowledged = []
    for moment in (0.001, 0.004, 0.007):
        process = start(CAPTURING, storage_url, desk.function_id, desk.a)
        acknowledged += kill(process, after_lines=20, and_s=moment)
    again = opened()
    assert len(acknowledged) >= 3 * 19
    assert all(again.samples.get(desk.function_id, id).staged for id in acknowledged)
    judged = again.captures.judged(desk.function_id)
    totals = again.captures.totals(desk.function_id)
    assert set(acknowledged) <= {j.sample_id for j in judged}
    assert totals.invokes == totals.captured == len(judged)
    assert len(again.samples.embeddings(desk.function_id, [j.sample_id for j in judged])) == len(judged)


def test_a_kill_while_the_tables_are_made_leaves_a_database_that_opens(storage_url):
    for moment in (0.0, 0.02, 0.05, 0.1):
        kill(start("storage.projects.default(AT)", storage_url), after_lines=1, and_s=moment)
    storage = open_storage(storage_url)
    assert storage.clients.all() == []
    storage.close()


def test_sqlite_syncs_every_commit_and_checks_references(tmp_path):
    storage = open_storage(f"sqlite:///{tmp_path / 'noria.db'}")
    with storage.database.read() as connection:
        asked = {
            name: connection.execute(sa.text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    storage.close()
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}


def test_a_failed_write_leaves_nothing_and_the_next_one_goes_through(opened, make_desk):
    storage = opened()

    def fail():
        with storage.database.write() as connection:
            connection.execute(sa.text("delete from alembic_version"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    make_desk(storage)
    with storage.database.read() as connection:
        assert connection.execute(sa.text("select count(*) from alembic_version")).scalar() == 1


@pytest.fixture
def two_on_one_file(tmp_path):
    """Two connections to one SQLite file that know nothing of each other, as those of two processes."""
    storages = [open_storage(f"sqlite:///{tmp_path / 'noria.db'}") for _ in range(2)]
    yield [storage.database for storage in storages]
    for storage in storages:
        storage.close()


def test_a_write_begins_once_the_other_process_is_done(two_on_one_file):
    mine, other = two_on_one_file
    order = []

    def write():
        with other.write() as connection:
            connection.exec_driver_sql("CREATE TABLE later (x)")
            order.append("other")

    waiting = threading.Thread(target=write)
    with mine.write():
        waiting.start()
        time.sleep(0.2)
        order.append("mine")
    waiting.join()
    assert order == ["mine", "other"]


def test_a_write_that_waits_too_long_fails_in_the_engines_words(two_on_one_file, monkeypatch):
    monkeypatch.setattr(database, "_BUSY_S", 0.05)
    mine, other = two_on_one_file
    with mine.write(), pytest.raises(OperationalError, match="locked"), other.write():
        pass
    with other.write() as connection:  # and the connection is as good as before
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10_000


def test_a_file_tells_that_something_was_committed_without_being_waited_for(two_on_one_file):
    mine, other = two_on_one_file
    before = mine.state()
    assert mine.state() == before is not None
    with other.write() as connection:
        connection.execute(secrets.insert().values(name="theirs", value=b"1"))
        assert mine.state() == before
    after = mine.state()
    assert after != before
    with mine.write() as connection:
        connection.execute(secrets.insert().values(name="ours", value=b"1"))
    assert mine.state() != after


def test_a_plain_postgresql_url_is_understood(postgres_url):
    storage = open_storage(postgres_url.replace("postgresql+psycopg://", "postgresql://"))
    assert storage.database.engine.url.drivername == "postgresql+psycopg"
    storage.close()


def test_no_error_shows_what_was_to_be_stored(opened):
    storage = opened()
    row = {"name": "token_key", "value": b"open sesame"}
    storage.secrets.get_or_create(row["name"], lambda: row["value"])
    with pytest.raises(sa.exc.IntegrityError) as refused, storage.database.write() as connection:
        connection.execute(secrets.insert().values(row))
    assert "sesame" not in str(refused.value)


def test_a_read_sees_one_state_whatever_is_written_meanwhile(opened, make_desk):
    desk = make_desk(opened())
    labels = sa.text("select count(*) from labels")
    with desk.storage.database.read() as connection:
        before = connection.execute(labels).scalar()
        desk.storage.labels.add(desk.function_id, "newcomer", None, None, desk.now)
        assert connection.execute(labels).scalar() == before
    with desk.storage.database.read() as connection:
        assert connection.execute(labels).scalar() == before + 1
