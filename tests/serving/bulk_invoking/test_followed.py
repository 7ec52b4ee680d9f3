"""A run that people follow on the page Server, and that goes on unseen where they can't."""

from datetime import UTC, datetime, timedelta

import pytest
from running_server import wait_for
from serving.parts import Serving
from sqlalchemy.exc import OperationalError

from noria.errors import BadInput
from noria.serving.bulk_invoking import followed
from noria.storage import Job, Storage


def job(storage: Storage) -> Job:
    return next(job for job in storage.jobs.latest(9) if job.kind == "bulk-invoke")


def test_how_far_a_run_is_can_be_seen_until_it_is_done(serving: Serving, storage: Storage) -> None:
    with followed(storage, serving.function.id, "in.csv", 40, beat_s=0.01) as seen:
        now = job(storage)
        assert (now.under_way, now.name, now.done, now.total) == (True, "in.csv", 0, 40)
        seen(10, False)
        wait_for(lambda: job(storage).done == 10, what="a beat")
        seen(30, True)
    now = job(storage)
    assert (now.under_way, now.share, now.error) == (False, 1.0, "")


@pytest.mark.parametrize(
    ("ended", "said"), [(BadInput("Line 7 is broken."), "Line 7 is broken."), (KeyboardInterrupt(), "go on")]
)
def test_a_run_that_did_not_end_well_says_why(
    serving: Serving, storage: Storage, ended: BaseException, said: str
) -> None:
    def run() -> None:
        with followed(storage, serving.function.id, "in.csv", 40) as seen:
            seen(10, True)
            raise ended

    with pytest.raises(type(ended)):
        run()
    now = job(storage)
    assert (now.under_way, now.done) == (False, 10)
    assert said in now.error


def test_a_run_that_was_killed_has_ended_after_a_minute_without_a_word(
    serving: Serving, storage: Storage
) -> None:
    before = datetime.now(UTC) - timedelta(minutes=5)
    run = storage.bulk_runs.begin(serving.function.id, "in.csv", 40, before)
    storage.bulk_runs.update(run, 5, datetime.now(UTC) - timedelta(seconds=50))
    assert job(storage).under_way
    storage.bulk_runs.update(run, 5, datetime.now(UTC) - timedelta(seconds=70))
    now = job(storage)
    assert (now.under_way, now.done) == (False, 5)
    assert "same command again" in now.error


def test_a_database_that_is_away_ends_no_run(
    serving: Serving, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("", {}, Exception("away"))

    for name in ("begin", "update", "end"):
        with monkeypatch.context() as patch:
            patch.setattr(storage.bulk_runs, name, away)
            with followed(storage, serving.function.id, "in.csv", 40, beat_s=0.001) as seen:
                seen(40, True)
