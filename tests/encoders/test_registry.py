import logging
from collections.abc import Sequence
from pathlib import Path

import exported_models
import pytest

from noria import encoders
from noria.encoders import bge, registry
from noria.encoders.hashing import HashingEncoder
from noria.errors import EncoderMissing, WeightsChanged
from noria.learning.arrays import FloatArray


class Stranger:
    name = "stranger"
    checksum = "ab" * 32
    n_dimensions = 64

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def embed(self, samples: Sequence[str]) -> FloatArray:
        return HashingEncoder().embed(samples)


class Absent:
    def __init__(self, folder: Path | None) -> None:
        raise EncoderMissing(package="nowhere")


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is gone after it."""
    monkeypatch.setattr(registry, "_makers", dict(registry._makers))


def test_a_registered_encoder_is_made_by_name() -> None:
    encoders.register("stranger", Stranger)
    assert "stranger" in encoders.names()
    assert encoders.create("stranger").checksum == "ab" * 32


def test_an_encoder_is_given_the_folder_in_which_it_may_keep_what_it_builds(tmp_path: Path) -> None:
    encoders.register("stranger", Stranger)
    made = encoders.choose_text_encoder("stranger", tmp_path)
    assert isinstance(made, Stranger)
    assert made.folder == tmp_path


def test_an_unknown_name_is_answered_with_those_known() -> None:
    with pytest.raises(EncoderMissing, match=r"no-such-encoder.*hashing.*onnx:FOLDER"):
        encoders.create("no-such-encoder")


def test_a_name_can_be_a_folder_with_a_network(tmp_path: Path) -> None:
    folder = exported_models.sentences(tmp_path / "sentences")
    assert encoders.choose_text_encoder(f"onnx:{folder}").name == "onnx:sentences"


def test_a_folder_that_is_not_there_is_not_replaced_by_the_best(tmp_path: Path) -> None:
    with pytest.raises(EncoderMissing, match="no such folder"):
        encoders.choose_text_encoder(f"onnx:{tmp_path / 'nowhere'}")


def test_bge_is_chosen_when_it_is_there() -> None:
    assert encoders.choose_text_encoder().name == "bge-small-en-v1.5"


def test_the_preferred_one_goes_first() -> None:
    assert encoders.choose_text_encoder("hashing").name == "hashing"


def test_a_wrong_checksum_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bge, "MODEL_SHA256", "0" * 64)
    with pytest.raises(WeightsChanged, match=r"model\.onnx"):
        encoders.create("bge-small-en-v1.5")


def test_a_wrong_checksum_brings_in_the_fallback_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bge, "TOKENIZER_SHA256", "0" * 64)
    encoders.register("all-MiniLM-L6-v2", Stranger)
    with caplog.at_level(logging.WARNING):
        chosen = encoders.choose_text_encoder()
    assert chosen.name == "stranger"
    assert "bge-small-en-v1.5 is passed over" in caplog.text
    assert "tokenizer.json" in caplog.text


def test_with_none_left_each_refusal_is_told() -> None:
    encoders.register("bge-small-en-v1.5", Absent)
    encoders.register("all-MiniLM-L6-v2", Absent)
    with pytest.raises(EncoderMissing, match=r"bge-small-en-v1\.5.*nowhere.*all-MiniLM-L6-v2.*nowhere"):
        encoders.choose_text_encoder()
