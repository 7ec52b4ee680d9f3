"""Near copies of what is annotated, or waits to be, are known to the calls that follow."""

from datetime import UTC, datetime

import numpy as np
import pytest
from serving.parts import Serving
from taught import CATS

from noria.capture.call import Likest
from noria.capture.queue import LOOK_ALIKE
from noria.encoders.hashing import HashingEncoder
from noria.records.function import CaptureSettings
from noria.serving import likeness as module
from noria.serving.likeness import Likeness

CENTRE = np.zeros(HashingEncoder.n_dimensions, dtype=np.float32)


def vector(text: str) -> np.ndarray:
    return HashingEncoder().embed([text])[0]


@pytest.fixture
def likeness(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> Likeness:
    monkeypatch.setattr(module, "_FULL_LOOK_S", 0.0)
    monkeypatch.setattr(module, "_LOOKING_SHARE", 1e9)
    return Likeness(serving.storage.vectors, serving.function.id)


def likest(serving: Serving, likeness: Likeness, text: str) -> Likest:
    """What is known after the next look."""
    likeness.likest(vector(text))
    likeness.follow(serving.storage.functions.get(serving.function.id).changed_seq, CENTRE)
    found = likeness.likest(vector(text))
    assert found is not None
    return found


def test_an_annotated_sample_is_known_with_its_label(serving: Serving, likeness: Likeness) -> None:
    found = likest(serving, likeness, f"{CATS[0]}!")
    assert found.similarity > LOOK_ALIKE
    assert found.label_id == serving.function.labels["cat"]


def test_what_waits_is_known_without_a_label_until_it_is_annotated(
    serving: Serving, likeness: Likeness
) -> None:
    assert likest(serving, likeness, "a parrot talks").similarity < LOOK_ALIKE
    serving.capture_everything()
    captured = serving.ask("a parrot talks").sample_id
    assert likest(serving, likeness, "a parrot talks") == Likest(pytest.approx(1.0, abs=0.02), None)
    serving.function.annotate(captured, "dog")
    assert likest(serving, likeness, "a parrot talks").label_id == serving.function.labels["dog"]


def test_what_was_passed_over_is_forgotten(serving: Serving, likeness: Likeness) -> None:
    serving.capture_everything()
    captured = serving.ask("a parrot talks").sample_id
    assert likest(serving, likeness, "a parrot talks").similarity > LOOK_ALIKE
    serving.storage.queue.skip(serving.function.id, captured, "ann", "skipped", datetime.now(UTC))
    assert likest(serving, likeness, "a parrot talks").similarity < LOOK_ALIKE


def test_only_the_newest_are_held(
    serving: Serving, likeness: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_HELD", 1)
    serving.function.teach("a parrot talks", "dog")
    assert likest(serving, likeness, "a parrot talks").similarity > LOOK_ALIKE
    assert likest(serving, likeness, CATS[0]).similarity < LOOK_ALIKE


def test_without_calls_nothing_is_looked_at(serving: Serving, likeness: Likeness) -> None:
    likest(serving, likeness, CATS[0])
    likeness.follow(0, CENTRE)  # takes note of the call
    serving.function.teach("a parrot talks", "dog")
    likeness.follow(10**9, CENTRE)
    found = likeness.likest(vector("a parrot talks"))
    assert found is not None
    assert found.similarity < LOOK_ALIKE


def test_before_the_first_look_and_without_samples_nothing_is_known(serving: Serving) -> None:
    fresh = Likeness(serving.storage.vectors, serving.function.id)
    assert fresh.likest(vector("meow")) is None
    empty = Likeness(serving.storage.vectors, "function_without_rows")
    empty.follow(1, CENTRE)
    assert empty.likest(vector("meow")) is None


def test_a_capture_of_a_near_copy_is_mostly_random(serving: Serving) -> None:
    serving.set_capture(CaptureSettings(budget_per_day=1e6, shares={"Random": 0.5, "LowConfidence": 0.5}))
    serving.ask("anything, so that calls are known")
    serving.live.follow_likeness()
    copy = serving.ask(f"{CATS[0]}!").sample_id
    serving.settled()
    (capture,) = serving.storage.captures.of_sample(serving.function.id, copy)
    assert capture.parts["LowConfidence"] < 0.1 * capture.parts["Random"]
