"""Merged labels where calls are answered: a client never gets the old name, whatever was trained when."""

from datetime import UTC, datetime

import numpy as np
from serving.parts import HUGE, NEVER, Serving
from taught import ENCODERS

from noria.work.train import Trainer


def merge(serving: Serving) -> str:
    """Cats are dogs from now on; the id of what both are."""
    function = serving.function
    dog = function.labels["dog"]
    serving.storage.merges.merge(function.id, function.labels["cat"], dog, "ada", datetime.now(UTC))
    serving.live.refresh_changed()
    return dog


def birds(serving: Serving) -> None:
    """A third label, so that something is left to tell apart."""
    at = datetime.now(UTC)
    serving.function.labels["bird"] = serving.storage.labels.add(
        serving.function.id, "bird", None, None, at
    ).id
    for text in ("tweet tweet feathers", "a bird sings", "feathers and wings", "wings tweet"):
        serving.function.teach(text, "bird")


def test_the_live_version_answers_the_other_label_before_it_is_trained_anew(serving: Serving) -> None:
    birds(serving)
    version = serving.train()
    before = {id: p for id, _, p in serving.ask("meow purr", label_count=3).label_confidences}
    dog = merge(serving)
    answer = serving.ask("meow purr", label_count=3)
    assert (answer.label_name, answer.version_id) == ("dog", version)
    now = {id: p for id, _, p in answer.label_confidences}
    cat = serving.function.labels["cat"]
    assert set(now) == {dog, serving.function.labels["bird"]}
    np.testing.assert_allclose(now[dog], before[dog] + before[cat], atol=1e-5)


def test_a_version_whose_training_began_before_answers_the_other_label(serving: Serving) -> None:
    birds(serving)
    trainer = Trainer(serving.storage, ENCODERS)
    function = serving.storage.functions.get(serving.function.id)
    reads, publish = serving.storage.labels.all, serving.storage.versions.publish

    def published(*args, **more):  # type: ignore[no-untyped-def]
        merge(serving)
        return publish(*args, **more)

    serving.storage.versions.publish = published  # type: ignore[method-assign]
    trainer.run(function)
    serving.storage.versions.publish = publish  # type: ignore[method-assign]
    serving.live.refresh_changed()
    assert serving.storage.functions.get(function.id).needs_training  # what came meanwhile is not lost
    answer = serving.ask("meow purr", label_count=9)
    assert {name for _, name, _ in answer.label_confidences} == {"dog", "bird"}
    samples = [
        serving.storage.samples.get(function.id, s.id) for s in serving.storage.training.samples(function.id)
    ]
    labels = {label.id for label in reads(function.id)}
    assert {s.prediction.label_id for s in samples if s.prediction} <= labels


def test_the_next_version_is_compared_with_the_merged_one(serving: Serving) -> None:
    birds(serving)
    serving.train()
    merge(serving)
    version = serving.train()
    found = serving.storage.versions.get(serving.function.id, version)
    assert found.n_labels == 2
    assert found.number == 2


def test_an_exact_copy_of_a_sample_is_known_as_the_other(serving: Serving) -> None:
    birds(serving)
    serving.train()
    dog = merge(serving)
    live = serving.live.peek(serving.function.id)
    assert live is not None
    assert serving.function.labels["cat"] not in live.known.values()
    assert dog in live.known.values()


def test_a_capture_that_was_on_its_way_is_stored_as_the_other(serving: Serving) -> None:
    birds(serving)
    serving.train()
    function = serving.function
    for settings in (NEVER, HUGE):
        serving.storage.functions.update(function.id, at=datetime.now(UTC), capture=settings)
        serving.live.refresh_changed()
    commit = serving.storage.captures.commit

    def late(batch):  # type: ignore[no-untyped-def]
        if batch.captures:
            merge(serving)
        return commit(batch)

    serving.writer._commit = late
    answer = serving.ask("meow purr purr")
    assert answer.captured_reasons
    [judged] = serving.storage.captures.judged(function.id)
    assert judged.label_id == function.labels["dog"]
