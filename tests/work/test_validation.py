"""Full cross-validation runs beside the training and delays none."""

import io
from dataclasses import dataclass, field

import numpy as np
import pytest
from campaigns.pets import WORDS, texts
from taught import Taught

from noria.learning.training import C_CHOICES
from noria.settings import Settings
from noria.storage import Storage
from noria.work import validation
from noria.work.embeddings import Embeddings
from noria.work.reconcile import Reconciler
from noria.work.train import Trainer
from noria.work.validation import BackgroundValidation


@dataclass
class Validating:
    """Stands for the processes; each ends when the test says what it chose."""

    started: list[str] = field(default_factory=list)
    stdout: io.BytesIO = field(default_factory=io.BytesIO)
    code: int | None = None

    def start(self, function_id: str) -> "Validating":
        self.started.append(function_id)
        self.stdout, self.code = io.BytesIO(), None
        return self

    def end(self, words: bytes, code: int = 0) -> None:
        self.stdout, self.code = io.BytesIO(words), code

    def poll(self) -> int | None:
        return self.code


@pytest.fixture
def validating(monkeypatch: pytest.MonkeyPatch) -> Validating:
    monkeypatch.setattr(validation, "FROM", 1)
    return Validating()


@pytest.fixture
def reconciler(storage: Storage, trainer: Trainer, validating: Validating, at_once: None) -> Reconciler:
    return Reconciler(storage, trainer, BackgroundValidation(trainer, validating.start))


def newest_c(function: Taught) -> float:
    return function.storage.versions.all(function.id)[0].scores["c"]


def test_training_goes_on_while_a_validation_runs(
    pets: Taught, reconciler: Reconciler, validating: Validating
) -> None:
    reconciler.step()
    assert validating.started == [pets.id]
    for n, text in enumerate(("hiss", "growl", "yowl"), 2):
        pets.teach(text, "cat")
        reconciler.step()
        assert len(pets.storage.versions.all(pets.id)) == n
    assert validating.started == [pets.id]  # one at a time


def test_later_runs_use_what_a_validation_chose(
    pets: Taught, reconciler: Reconciler, validating: Validating
) -> None:
    reconciler.step()
    validating.end(b"3.0\n")
    pets.teach("hiss", "cat")
    reconciler.step()
    assert newest_c(pets) == 3.0


@pytest.mark.parametrize(("words", "code"), [(b"", 0), (b"", 1), (b"30.0", -9)])
def test_a_validation_that_fails_or_is_killed_changes_nothing(
    pets: Taught, reconciler: Reconciler, validating: Validating, words: bytes, code: int
) -> None:
    reconciler.step()
    before = newest_c(pets)
    validating.end(words, code)
    pets.teach("hiss", "cat")
    reconciler.step()
    assert newest_c(pets) == before


def test_the_next_one_waits_until_the_function_has_grown(
    pets: Taught, reconciler: Reconciler, validating: Validating
) -> None:
    reconciler.step()
    validating.end(b"10.0")
    for n, text in enumerate(("hiss", "growl", "yowl", "snarl"), 9):  # 8 samples were validated
        pets.teach(text, "cat")
        reconciler.step()
        assert len(validating.started) == (2 if n >= 12 else 1)


def test_a_machine_without_room_for_a_process_trains_all_the_same(
    storage: Storage, pets: Taught, trainer: Trainer, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(function_id: str) -> Validating:
        raise OSError("no memory")

    monkeypatch.setattr(validation, "FROM", 1)
    Reconciler(storage, trainer, BackgroundValidation(trainer, refuse)).step()
    assert pets.live is not None


@pytest.fixture
def many(storage: Storage) -> Taught:
    function = Taught.new(storage, tuple(WORDS))
    for kind in WORDS:
        new = texts(kind, seed=1)
        for _ in range(10):
            function.teach(next(new), kind)
    return function


def test_the_process_chooses_among_the_regularisations(
    settings: Settings, many: Taught, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.to_environment().items():
        monkeypatch.setenv(name, value)
    process = validation._start(many.id)
    assert float(process.stdout.read()) in C_CHOICES
    assert process.wait() == 0


def test_embeddings_come_in_the_order_asked_for(storage: Storage, pets: Taught) -> None:
    samples = [sample.id for sample in storage.training.samples(pets.id)]
    kept = Embeddings()
    kept.of(storage, pets.id, samples[3:])
    rows = kept.of(storage, pets.id, samples[::-1])
    assert list(rows) == samples[::-1]
    stored = storage.samples.embeddings(pets.id, samples)
    assert all(np.array_equal(row, np.frombuffer(stored[i], dtype="<f4")) for i, row in rows.items())
