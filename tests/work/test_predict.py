"""Stored predictions follow the live version; a large function's don't keep the next version waiting."""

import pytest
from taught import Taught

from noria.storage import SampleFilter, Storage
from noria.work import predict
from noria.work.reconcile import Reconciler
from noria.work.train import Trainer


def test_a_run_gives_way_to_the_next_one_and_that_predicts_all(
    storage: Storage, pets: Taught, trainer: Trainer, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    monkeypatch.setattr(predict, "_CHUNK", 3)
    for i in range(10):
        pets.teach(f"meow {i}", None)
    trainer.run(storage.functions.get(pets.id))
    assert storage.samples.counts(pets.id).predicted == 18
    pets.teach("meow again", "cat")
    trainer.run(storage.functions.get(pets.id))
    pets.want()
    assert predict.bring_predictions_up(storage, pets.id, give_way=True) == 0  # that one was not interrupted
    old = storage.functions.get(pets.id).live_version_id
    write = predict._write

    def taught_meanwhile(*args: object) -> None:
        write(*args)  # type: ignore[arg-type]
        pets.want()

    monkeypatch.setattr(predict, "_write", taught_meanwhile)
    trainer.run(storage.functions.get(pets.id))
    assert of_version(storage, pets, old) == 19 - 3
    monkeypatch.setattr(predict, "_write", write)
    reconciler = Reconciler(storage, trainer)
    while reconciler.step():
        pass
    live = storage.functions.get(pets.id).live_version_id
    assert of_version(storage, pets, live) == 19


def of_version(storage: Storage, pets: Taught, version_id: str | None) -> int:
    samples = storage.samples.list(pets.id, SampleFilter(), 100).samples
    return sum(s.prediction is not None and s.prediction.version_id == version_id for s in samples)
