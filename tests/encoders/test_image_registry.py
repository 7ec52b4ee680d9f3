import logging
from collections.abc import Sequence
from pathlib import Path

import exported_models
import pytest

from noria import encoders
from noria.encoders import registry
from noria.encoders.images.pixels import PixelEncoder
from noria.errors import EncoderMissing
from noria.learning.arrays import FloatArray


class Stranger:
    name = "stranger"
    checksum = "ab" * 32
    n_dimensions = PixelEncoder.n_dimensions

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def embed(self, samples: Sequence[bytes]) -> FloatArray:
        return PixelEncoder().embed(samples)


def absent(_: Path) -> Stranger:
    raise EncoderMissing(package="nowhere")


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is gone after it."""
    monkeypatch.setattr(registry, "_image_makers", dict(registry._image_makers))


def test_a_registered_encoder_is_made_by_name_with_its_folder(tmp_path: Path) -> None:
    encoders.register_image_encoder("stranger", Stranger)
    assert "stranger" in encoders.image_encoder_names()
    found = encoders.choose_image_encoder("stranger", tmp_path)
    assert isinstance(found, Stranger)
    assert found.folder == tmp_path


def test_an_unknown_name_is_answered_with_those_known(tmp_path: Path) -> None:
    with pytest.raises(EncoderMissing, match=r"no-such-encoder.*pixels.*onnx:FOLDER"):
        encoders.choose_image_encoder("no-such-encoder", tmp_path)


def test_the_best_is_chosen(tmp_path: Path) -> None:
    encoders.register_image_encoder("efficientnet-lite0-lite2", Stranger)
    assert encoders.choose_image_encoder(None, tmp_path).name == "stranger"


def test_without_its_second_network_the_first_is_taken_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    encoders.register_image_encoder("efficientnet-lite0-lite2", absent)
    encoders.register_image_encoder("efficientnet-lite0", Stranger)
    with caplog.at_level(logging.WARNING):
        assert encoders.choose_image_encoder(None, tmp_path).name == "stranger"
    assert "efficientnet-lite0-lite2 is passed over" in caplog.text


def test_with_none_left_each_refusal_is_told(tmp_path: Path) -> None:
    for name in registry.IMAGE_ENCODERS:
        encoders.register_image_encoder(name, absent)
    with pytest.raises(EncoderMissing, match=r"lite0-lite2.*nowhere.*efficientnet-lite0: .*nowhere"):
        encoders.choose_image_encoder(None, tmp_path)


def test_a_preferred_one_is_not_replaced_by_another(tmp_path: Path) -> None:
    encoders.register_image_encoder("efficientnet-lite0-lite2", absent)
    with pytest.raises(EncoderMissing, match="nowhere"):
        encoders.choose_image_encoder("efficientnet-lite0-lite2", tmp_path)


def test_a_name_can_be_a_folder_with_a_network(tmp_path: Path) -> None:
    folder = exported_models.siglip(tmp_path / "siglip")
    assert encoders.choose_image_encoder(f"onnx:{folder}", tmp_path).name == "onnx:siglip"
    with pytest.raises(EncoderMissing, match="no such folder"):
        encoders.choose_image_encoder(f"onnx:{tmp_path / 'nowhere'}", tmp_path)
