"""Re-embedding: what there is, read again as its encoder read it, and nothing half-done when it is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from exported_models import sentences
from pictures import picture
from taught import ENCODERS, Taught

from noria.encoders import EncoderSet, identity
from noria.encoders.features import features
from noria.encoders.hashing import HashingEncoder
from noria.errors import SwitchRefused, VersionOfOtherEncoder
from noria.records.content import Content
from noria.records.field import FieldType
from noria.records.function import Modality, Output
from noria.records.ids import new_id
from noria.records.sample import NewSample, Origin
from noria.serving.intake import content_of
from noria.serving.live import LiveFunctions
from noria.serving.rows import row_content
from noria.settings import Settings
from noria.storage import Storage, open_storage
from noria.work.reembedding import run
from noria.work.reembedding.contents import chunks, embedded
from noria.work.reembedding.mending import Mender
from noria.work.reembedding.run import ReEmbedding, wanted
from noria.work.train import Trainer

TEXT = Modality.TEXT
KILLED_AT = {
    "the second chunk": "noria.storage.reembedding:Reembedding.put",
    "the first training": "noria.work.train:Trainer.train",
    "the end of the switch": "noria.storage.reembedding:_make_current",
}
"""Where a process kills itself; of the first, at the second call."""
_KILLING = """
import importlib, os, signal, sys
module, path = sys.argv.pop(1).split(":")
calls = int(sys.argv.pop(1))
owner, (*outer, name) = importlib.import_module(module), path.split(".")
for each in outer:
    owner = getattr(owner, each)
real = getattr(owner, name)
def dying(*given, **more):
    global calls
    done = real(*given, **more)
    calls -= 1
    if calls == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
setattr(owner, name, dying)
if __name__ == "__main__":
    from noria.cli import main
    main()
"""


class Other(HashingEncoder):
    """Of the same width: nothing but the name tells its vectors apart."""

    name = "other"
    checksum = "0" * 64

    def embed(self, samples: object) -> np.ndarray:  # type: ignore[type-arg, override]
        return np.ascontiguousarray(super().embed(samples)[:, ::-1])  # type: ignore[arg-type]


OTHERS = EncoderSet({TEXT: Other, Modality.IMAGE: lambda: ENCODERS[Modality.IMAGE]})


@pytest.fixture
def pets(storage: Storage) -> Taught:
    """With a version, trained with the encoder that the data begins with."""
    storage.encoders.bind(TEXT, identity(HashingEncoder()))
    pets = Taught.new(storage).with_pets()
    Trainer(storage, ENCODERS).run(storage.functions.get(pets.id))
    return pets


@pytest.fixture
def others_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The new encoders work in this process: a registered one would not be known to another."""

    def here(do: Callable[..., object], pieces: object, *_: object) -> object:
        return (embedded(*piece, OTHERS) for piece in pieces)  # type: ignore[attr-defined]

    monkeypatch.setattr(run, "through_processes", here)


def re_embedding(storage: Storage, settings: Settings) -> ReEmbedding:
    running = ReEmbedding(storage, OTHERS, settings, wanted(storage, OTHERS))
    running.embed(1, lambda n: None)
    return running


@pytest.mark.usefixtures("others_here")
def test_a_version_of_the_new_encoder_takes_over_and_the_old_one_is_refused(
    storage: Storage, pets: Taught, settings: Settings
) -> None:
    before, old_live = LiveFunctions(storage, ENCODERS), pets.live
    before.refresh(pets.id)
    pets.teach("a dog that live has not seen", "dog")
    running = re_embedding(storage, settings)
    said = []
    running.train(lambda function, trained: said.append(trained))
    running.switch(anyway=False, told=lambda *_: None)
    (trained,) = said
    assert trained is not None
    assert "on 9 samples" in trained.version.reason  # live answers the ninth from its own vector
    # A server from before goes on with its own version and its own vectors …
    assert before.refresh(pets.id).model.version_id == old_live
    # … and one from now on has the new version, and can't be asked for the old one.
    fresh = open_storage(settings.database_url)
    after = LiveFunctions(fresh, OTHERS)
    model = after.refresh(pets.id).model
    assert (model.version_id, model.number) == (pets.live, 2)
    with pytest.raises(VersionOfOtherEncoder):
        after.version(pets.id, str(old_live))
    text = "meow purr whiskers"
    assert model.label_names[model.head.label_ids[_answer(model, Other(), text)]] == "cat"
    assert wanted(fresh, OTHERS) == {}
    fresh.close()


def _answer(model: object, encoder: HashingEncoder, text: str) -> int:
    return int(model.head.probabilities_of_one(encoder.embed([text])[0]).argmax())  # type: ignore[attr-defined]


@pytest.mark.usefixtures("others_here")
def test_what_a_server_captures_after_the_switch_is_mended(
    storage: Storage, pets: Taught, settings: Settings
) -> None:
    running = re_embedding(storage, settings)
    running.switch(anyway=False, told=lambda *_: None)
    late = pets.teach("a kitten that came late", "cat")
    fresh = open_storage(settings.database_url)
    assert fresh.samples.embeddings(pets.id, [late.id]) == {}
    done = fresh.functions.get(pets.id).wanted_seq
    mender = Mender(fresh, OTHERS)
    assert mender.step()
    expected = features(Other(), late.data).tobytes()
    assert fresh.samples.embeddings(pets.id, [late.id]) == {late.id: expected}
    assert fresh.functions.get(pets.id).wanted_seq > done  # to be trained on
    assert (mender.step(), mender.due) == (False, False)
    assert not Mender(storage, ENCODERS).step()  # which has the encoder before
    fresh.close()


@pytest.mark.usefixtures("others_here")
def test_a_pin_keeps_the_encoder_unless_it_is_said_to_go(
    storage: Storage, pets: Taught, settings: Settings
) -> None:
    storage.versions.pin(pets.id, str(pets.live), "ann", "stay", datetime.now(UTC))
    running = re_embedding(storage, settings)
    with pytest.raises(SwitchRefused, match="pinned"):
        running.switch(anyway=False, told=lambda *_: None)
    assert storage.encoders.current()[TEXT].identity == identity(HashingEncoder())
    running.switch(anyway=True, told=lambda *_: None)
    assert storage.functions.get(pets.id).pinned_version_id is None
    assert storage.encoders.current()[TEXT].identity == identity(Other())


def test_contents_are_read_as_they_were_embedded(storage: Storage) -> None:
    """With the same encoder the vectors are the same to the byte: of texts, of images, of rows with and without an image."""
    at = datetime.now(UTC)
    project = storage.projects.default(at)
    made: dict[Modality, list[bytes]] = {}

    def add(function_id: str, content: Content) -> None:
        vector = features(ENCODERS[content.modality], content.readable).tobytes()
        new = NewSample(new_id("sample"), function_id, content, Origin.API, vector)
        storage.samples.add(new, at)
        made.setdefault(content.modality, []).append(vector)

    ids = {
        m: storage.functions.create(project.id, m.value, m.value, Output.CLASSIFICATION, at).id
        for m in Modality
    }
    add(ids[TEXT], content_of(TEXT, "meow purr"))
    add(ids[Modality.IMAGE], content_of(Modality.IMAGE, picture("red")))
    rows = ids[Modality.TABULAR]
    for name, type in (("age", FieldType.NUMBER), ("job", FieldType.TEXT), ("photo", FieldType.IMAGE)):
        storage.fields.add(rows, name, type, at)
    fields = storage.fields.all(rows)
    storage.fields.delete(rows, fields[0].id, at)
    for row in ({"job": "clerk", "photo": picture("red")}, {"job": "cook"}):
        add(
            rows,
            row_content(row, storage.fields.all(rows), lambda data: content_of(Modality.IMAGE, data)),
        )
    numbers = storage.reembedding.begin({m: f"again {m}" for m in Modality}, at)
    for modality, number in numbers.items():
        found = [
            vector.vector
            for chunk in chunks(storage, number, modality)
            for vector in embedded(chunk, modality, ENCODERS)
        ]
        assert found == made[modality]


def test_killed_at_any_moment_the_data_stays_of_its_encoder_and_the_next_run_goes_on(
    storage: Storage, pets: Taught, settings: Settings, tmp_path: Path
) -> None:
    encoder = f"onnx:{sentences(tmp_path / 'tiny-sentences')}"
    for i in range(100):
        pets.teach(f"call {i}", None)
    places = storage.vectors.places(pets.id)
    vectors, live = storage.vectors.at(places), pets.live
    for where, function in KILLED_AT.items():
        calls = "2" if where == "the second chunk" else "1"
        done = _command(settings, encoder, "-c", _KILLING, function, calls)
        assert done.returncode == -signal.SIGKILL, (where, done.stderr)
        fresh = open_storage(settings.database_url)
        assert fresh.vectors.at(places) == vectors
        assert (fresh.encoders.replaced(), pets.live) == ([], live)
        assert len(fresh.versions.all(pets.id)) == 1
        fresh.close()
    done = _command(settings, encoder, "-m", "noria.cli")
    assert done.returncode == 0, done.stderr
    assert "108 samples have their new embeddings" in done.stdout
    assert (storage.versions.get(pets.id, str(pets.live)).number, len(storage.encoders.replaced())) == (2, 2)
    again = _command(settings, encoder, "-m", "noria.cli")
    assert "nothing to do" in again.stdout


def _command(settings: Settings, encoder: str, *how: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "NORIA_DATA": str(settings.data), "NORIA_ENCODER": encoder}
    return subprocess.run(
        [sys.executable, *how, "re-embed", "--processes", "1"],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
