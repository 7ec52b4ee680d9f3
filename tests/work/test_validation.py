"""Full cross-validation runs beside the training and delays none."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from running_server import wait_for
from taught import Taught

from noria.learning.head import DEFAULT_C
from noria.storage import Storage
from noria.work import train, validation
from noria.work.embeddings import Embeddings
from noria.work.reconcile import Reconciler
from noria.work.train import Trainer


class Blocked:
    """Stands for a cross-validation that takes as long as the test likes."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, _: object) -> dict[float, float]:
        self.begun.set()
        self.go_on.wait(30)
        return {3.0: 0.1, DEFAULT_C: 0.2}


@pytest.fixture
def blocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Blocked]:
    blocked = Blocked()
    monkeypatch.setattr(train, "full_cross_validation", blocked)
    monkeypatch.setattr(validation, "FROM", 1)
    yield blocked
    blocked.go_on.set()


def versions(function: Taught) -> int:
    return len(function.storage.versions.all(function.id))


@pytest.mark.usefixtures("at_once")
def test_training_goes_on_while_a_validation_runs(
    storage: Storage, pets: Taught, trainer: Trainer, blocked: Blocked
) -> None:
    reconciler = Reconciler(storage, trainer)
    reconciler.step()
    assert blocked.begun.wait(10)
    for n, text in enumerate(("hiss", "growl", "yowl"), 2):
        pets.teach(text, "cat")
        reconciler.step()
        assert versions(pets) == n


@pytest.mark.usefixtures("at_once")
def test_later_runs_use_what_a_validation_chose(
    storage: Storage, pets: Taught, trainer: Trainer, blocked: Blocked
) -> None:
    reconciler = Reconciler(storage, trainer)
    reconciler.step()
    blocked.go_on.set()

    def uses_the_choice() -> bool:
        pets.want()
        reconciler.step()
        return storage.versions.all(pets.id)[0].scores["c"] == 3.0

    wait_for(uses_the_choice, what="the choice")


def test_two_readers_of_embeddings_never_take_from_each_other(storage: Storage, pets: Taught) -> None:
    samples = [sample.id for sample in storage.training.samples(pets.id)]
    kept = Embeddings()
    of_all, of_some = [], []

    def read_some() -> None:
        of_some.extend(len(kept.of(storage, pets.id, samples[:2])) for _ in range(200))

    other = threading.Thread(target=read_some)
    other.start()
    of_all.extend(len(kept.of(storage, pets.id, samples)) for _ in range(200))
    other.join()
    assert set(of_all) == {len(samples)}
    assert set(of_some) == {2}


def test_embeddings_come_in_the_order_asked_for(storage: Storage, pets: Taught) -> None:
    samples = [sample.id for sample in storage.training.samples(pets.id)]
    kept = Embeddings()
    kept.of(storage, pets.id, samples[3:])
    rows = kept.of(storage, pets.id, samples[::-1])
    assert list(rows) == samples[::-1]
    stored = storage.samples.embeddings(pets.id, samples)
    assert all(np.array_equal(row, np.frombuffer(stored[i], dtype="<f4")) for i, row in rows.items())
