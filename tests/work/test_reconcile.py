"""Wanted changes become training runs: few, none forgotten, one function's trouble never another's."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from running_server import wait_for
from taught import Taught

from noria.errors import FilesAway
from noria.records.capture import CaptureDecision, NewCapture
from noria.records.function import CaptureSettings, Function
from noria.records.ids import new_id
from noria.records.label import Label
from noria.records.version import ModelVersion
from noria.serving.intake import text_content
from noria.storage import CaptureBatch, Storage
from noria.work import reconcile, train
from noria.work.reconcile import Reconciler
from noria.work.train import Trainer


class RecordingTrainer(Trainer):
    """Trains nothing; notes what it was asked, and does what a test puts in between."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.runs: list[str] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def run(self, function: Function) -> ModelVersion | None:
        self.runs.append(function.id)
        self.meanwhile()
        self.storage.functions.finish_without_model(function.id, function.wanted_seq)
        return None

    def predict(self, function_id: str) -> int:
        return 0


def until_trained(reconciler: Reconciler, *functions: Taught) -> None:
    def done() -> bool:
        reconciler.step()
        return all(function.trained for function in functions)

    wait_for(done, 120, "training")


def settle(reconciler: Reconciler) -> None:
    """Step until nothing is left to do."""
    while reconciler.step():
        pass


def test_nothing_is_looked_for_where_nothing_was_committed(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []
    asked = storage.functions.waiting
    monkeypatch.setattr(storage.functions, "waiting", lambda: looks.append(time.monotonic()) or asked())
    monkeypatch.setattr(reconcile, "UNCHANGED_S", 3600)
    reconciler = Reconciler(storage, trainer := RecordingTrainer(storage))
    settle(reconciler)
    so_far = len(looks)
    if storage.database.is_sqlite:
        assert not reconciler.step()
        assert len(looks) == so_far
    function = Taught.new(storage)
    function.want()
    until_trained(reconciler, function)
    assert trainer.runs == [function.id]
    monkeypatch.setattr(reconcile, "UNCHANGED_S", 0)  # what falls due commits nothing
    another = Reconciler(storage, trainer)
    settle(another)
    so_far = len(looks)
    another.step()
    assert len(looks) > so_far


def test_a_burst_of_changes_becomes_one_run(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "QUIET_S", 3600)
    monkeypatch.setattr(reconcile, "MAX_WAIT_S", 3600)
    function, trainer = Taught.new(storage), RecordingTrainer(storage)
    reconciler = Reconciler(storage, trainer)
    for _ in range(100):
        function.want()
        reconciler.step()
    assert trainer.runs == []
    monkeypatch.setattr(reconcile, "QUIET_S", 0)
    until_trained(reconciler, function)
    assert trainer.runs == [function.id]


def test_a_stream_of_changes_is_not_waited_out(storage: Storage) -> None:
    function, trainer = Taught.new(storage), RecordingTrainer(storage)
    storage.functions.want_training(function.id, datetime.now(UTC) - timedelta(seconds=3))
    function.want()
    Reconciler(storage, trainer).step()
    assert trainer.runs == [function.id]


def test_a_stream_of_changes_waits_longer_where_runs_are_long(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    function, trainer = Taught.new(storage), RecordingTrainer(storage)
    reconciler = Reconciler(storage, trainer)

    class Clock:
        now = 1000.0

        def monotonic(self) -> float:
            return self.now

        def took_a_minute(self) -> None:
            self.now += 60

    clock = Clock()
    monkeypatch.setattr(reconcile, "time", clock)
    monkeypatch.setattr(trainer, "meanwhile", clock.took_a_minute)
    monkeypatch.setattr(reconcile, "MAX_WAIT_RUNS", 3)
    for _ in range(2):
        storage.functions.want_training(function.id, datetime.now(UTC) - timedelta(seconds=100))
        function.want()
        reconciler.step()
    assert len(trainer.runs) == 1
    monkeypatch.setattr(reconcile, "MAX_WAIT_RUNS", 1.5)
    reconciler.step()
    assert len(trainer.runs) == 2


@pytest.mark.usefixtures("at_once")
def test_a_change_during_a_run_leads_to_another(storage: Storage) -> None:
    function, trainer = Taught.new(storage), RecordingTrainer(storage)
    function.want()
    changes = iter([function.want])
    trainer.meanwhile = lambda: next(changes, lambda: None)()
    until_trained(Reconciler(storage, trainer), function)
    assert len(trainer.runs) == 2


@pytest.mark.usefixtures("at_once")
def test_what_waits_longest_is_trained_first(storage: Storage) -> None:
    functions = [Taught.new(storage) for _ in range(3)]
    for function in reversed(functions):
        function.want()
    trainer = RecordingTrainer(storage)
    until_trained(Reconciler(storage, trainer), *functions)
    assert trainer.runs == [function.id for function in reversed(functions)]


@pytest.mark.usefixtures("at_once")
def test_a_failed_run_keeps_the_live_version_and_is_tried_again(
    storage: Storage, pets: Taught, trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reconciler = Reconciler(storage, trainer)
    until_trained(reconciler, pets)
    first = pets.live
    pets.teach("hiss", "cat")
    with monkeypatch.context() as broken:
        broken.setattr(train, "train", None)
        reconciler.step()
    assert pets.live == first
    assert not pets.trained
    assert "TypeError" in (storage.runs.last(pets.id).error or "")
    until_trained(reconciler, pets)
    assert pets.live != first


@pytest.mark.usefixtures("at_once")
def test_a_run_that_only_lacked_its_files_is_soon_tried_again(
    storage: Storage, pets: Taught, trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("noria.work.reconcile.FAILED_WAIT_S", 3600.0)
    monkeypatch.setattr("noria.work.reconcile.AWAY_WAIT_S", 0.0)
    reconciler = Reconciler(storage, trainer)
    with monkeypatch.context() as away:
        away.setattr(train, "train", _away)
        reconciler.step()
    assert "FilesAway" in (storage.runs.last(pets.id).error or "")
    until_trained(reconciler, pets)


def _away(*_: object, **__: object) -> None:
    raise FilesAway


def test_a_failing_function_holds_up_no_other(storage: Storage) -> None:
    bad, good = Taught.new(storage), Taught.new(storage)
    bad.want()
    good.want()
    trainer = RecordingTrainer(storage)

    def fail() -> None:
        if trainer.runs[-1] == bad.id:
            raise RuntimeError("no luck")

    trainer.meanwhile = fail
    until_trained(Reconciler(storage, trainer), good)
    assert trainer.runs == [bad.id, good.id]


@pytest.mark.usefixtures("at_once")
def test_a_roll_back_brings_stored_predictions_along(
    storage: Storage, pets: Taught, trainer: Trainer
) -> None:
    reconciler = Reconciler(storage, trainer)
    until_trained(reconciler, pets)
    first = pets.live
    pets.teach("hiss", "cat")
    until_trained(reconciler, pets)
    assert pets.live != first
    storage.versions.set_live(pets.id, first, "test", "roll back", datetime.now(UTC))
    settle(reconciler)
    assert storage.samples.unpredicted(pets.id, 100) == []


@pytest.mark.usefixtures("at_once")
def test_a_roll_back_during_a_run_wins_and_ends_it(storage: Storage, pets: Taught, trainer: Trainer) -> None:
    reconciler = Reconciler(storage, trainer)
    until_trained(reconciler, pets)
    first = pets.live
    pets.teach("hiss", "cat")
    until_trained(reconciler, pets)
    pets.teach("growl", "dog")
    publish = storage.versions.publish

    def overtaken(*given: object) -> bool:
        storage.versions.set_live(pets.id, first, "test", "roll back", datetime.now(UTC))
        return publish(*given)

    storage.versions.publish = overtaken
    until_trained(reconciler, pets)
    settle(reconciler)
    assert pets.live == first
    assert "went live while" in storage.versions.all(pets.id)[0].reason
    assert storage.samples.unpredicted(pets.id, 100) == []


@pytest.mark.usefixtures("at_once")
def test_a_label_deleted_while_predictions_are_written_ends_them(
    storage: Storage, pets: Taught, trainer: Trainer
) -> None:
    reconciler = Reconciler(storage, trainer)
    write = storage.samples.set_predictions

    def after_deletion(*given: object) -> None:
        storage.samples.set_predictions = write
        storage.labels.delete(pets.id, pets.labels["cat"], datetime.now(UTC))
        write(*given)

    storage.samples.set_predictions = after_deletion
    until_trained(reconciler, pets)
    settle(reconciler)
    counts = storage.samples.counts(pets.id)
    assert counts.predicted == counts.samples  # by the label that is left


@pytest.mark.usefixtures("at_once")
def test_a_sample_deleted_while_a_run_reads_is_left_out(
    storage: Storage, pets: Taught, trainer: Trainer
) -> None:
    extra = pets.teach("hiss", "cat")
    read = storage.samples.embeddings

    def after_deletion(function_id: str, sample_ids: list[str]) -> dict[str, bytes]:
        storage.samples.embeddings = read
        storage.samples.delete(function_id, extra.id, datetime.now(UTC))
        return read(function_id, sample_ids)

    storage.samples.embeddings = after_deletion
    until_trained(Reconciler(storage, trainer), pets)
    assert storage.versions.all(pets.id)[-1].outcome == "promoted"


def test_a_deleted_function_is_forgotten(storage: Storage, pets: Taught, trainer: Trainer) -> None:
    reconciler = Reconciler(storage, trainer)
    storage.functions.delete(pets.id)
    settle(reconciler)
    assert storage.functions.waiting() == []


@pytest.mark.usefixtures("at_once")
def test_a_function_deleted_during_its_run_is_no_failure(
    storage: Storage, pets: Taught, trainer: Trainer, caplog: pytest.LogCaptureFixture
) -> None:
    read = storage.labels.all

    def after_deletion(function_id: str) -> list[Label]:
        storage.functions.delete(function_id)
        return read(function_id)

    storage.labels.all = after_deletion
    settle(Reconciler(storage, trainer))
    assert storage.functions.waiting() == []
    assert not [record for record in caplog.records if record.exc_info]


def test_a_function_deleted_amid_the_upkeep_holds_up_no_other(storage: Storage, trainer: Trainer) -> None:
    doomed, other = (Taught.new(storage) for _ in range(2))
    page, seen = storage.functions.page, []

    def after_deletion(after: str | None, limit: int) -> list[Function]:
        found = page(after, limit)
        storage.functions.delete(doomed.id)
        return found

    storage.functions.page = after_deletion
    storage.queue.evict = lambda function_id, *_: seen.append(function_id)
    settle(Reconciler(storage, trainer))
    assert seen == [other.id]


def test_unlabelled_captures_go_at_their_age_even_before_they_would_leave_the_queue(
    storage: Storage, trainer: Trainer
) -> None:
    function = Taught.new(storage, capture=CaptureSettings(delete_after_days=2))
    kept = Taught.new(storage)
    now = datetime.now(UTC)
    for of in (function, kept):
        for text, age in (("old", 3), ("young", 1)):
            decision = CaptureDecision(0.1, 1.0, 1.0, {"Random": 1.0})
            at = now - timedelta(days=age)
            call = NewCapture(
                new_id("capture"), of.id, new_id("sample"), text_content(text), bytes(256), None, at, decision,
                of.labels["cat"], 0.5,
            )  # fmt: skip
            storage.captures.commit(CaptureBatch(captures=[call]))
    settle(Reconciler(storage, trainer))
    left = {of.id: storage.samples.counts(of.id).staged for of in (function, kept)}
    assert left == {function.id: 1, kept.id: 2}
    assert len(storage.captures.judged(function.id)) == 2  # what estimates read of them
