import json
import shutil
from collections.abc import Callable
from pathlib import Path

import exported_models as exports
import numpy as np
import onnx
import pytest
from hostile_images import good, photo
from onnx.reference import ReferenceEvaluator

from noria.encoders.images.exported import ExportedImageEncoder
from noria.encoders.images.preprocessing import Preprocessing
from noria.errors import EncoderMissing

OUTPUTS = {
    "clip_vision": "image_embeds",
    "clip_whole": "image_embeds",
    "siglip": "pooler_output",
    "dinov2": "last_hidden_state",
}


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return exports.clip_vision(tmp_path / "clip")


def change(file: Path, **fields: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def change_weight(model: Path, name: str, value: float) -> None:
    network = onnx.load(model)
    tensor = next(each for each in network.graph.initializer if each.name == name)
    numbers = np.full(list(tensor.dims), value, dtype=np.float32)
    tensor.CopyFrom(onnx.numpy_helper.from_array(numbers, name))
    onnx.save(network, model)


@pytest.mark.parametrize("signature", OUTPUTS)
def test_the_row_is_the_right_output_of_the_network(signature: str, tmp_path: Path) -> None:
    """Run by the reference implementation of ONNX, on pixels made without the encoder."""
    folder = exports.IMAGE_MODELS[signature](tmp_path)
    model = folder / ("onnx/vision_model.onnx" if signature == "clip_vision" else "model.onnx")
    config = json.loads((folder / "preprocessor_config.json").read_text())
    feed = {"pixel_values": Preprocessing.of(config).pixels(photo())}
    if signature == "clip_whole":
        feed |= {"input_ids": np.array([[0]]), "attention_mask": np.array([[1]])}  # type: ignore[dict-item]
    wanted = ReferenceEvaluator(str(model)).run([OUTPUTS[signature]], feed)[0][0]
    wanted = wanted[0] if OUTPUTS[signature] == "last_hidden_state" else wanted
    found = ExportedImageEncoder(folder).embed([good("PNG")])[0]
    np.testing.assert_allclose(found, wanted / np.linalg.norm(wanted), atol=1e-5)


def test_the_words_beside_the_picture_change_nothing(tmp_path: Path) -> None:
    alone, whole = exports.clip_vision(tmp_path / "alone"), exports.clip_whole(tmp_path / "whole")
    rows = [ExportedImageEncoder(folder).embed([good()]) for folder in (alone, whole)]
    np.testing.assert_allclose(*rows, atol=1e-6)


def test_it_is_named_after_its_folder(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clip)
    names = {ExportedImageEncoder(Path(path)).name for path in (str(clip), f"{clip}/", ".", "onnx/..")}
    assert names == {"onnx:clip"}


def test_the_vision_part_is_taken_where_the_whole_lies_beside_it(clip: Path) -> None:
    before = ExportedImageEncoder(clip).checksum
    (clip / "onnx/model.onnx").write_bytes(b"is not looked at")
    assert ExportedImageEncoder(clip).checksum == before


def test_a_copy_elsewhere_has_the_same_checksum(clip: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(clip, tmp_path / "elsewhere/clip")
    shutil.move(copy / "onnx/vision_model.onnx", copy / "model.onnx")
    assert ExportedImageEncoder(copy).checksum == ExportedImageEncoder(clip).checksum


def other_network(folder: Path) -> None:
    change_weight(folder / "onnx/vision_model.onnx", "projection", 0.5)


def other_preprocessing(folder: Path) -> None:
    change(folder / "preprocessor_config.json", resample=2)


@pytest.mark.parametrize("make_other", [other_network, other_preprocessing])
def test_whatever_changes_an_embedding_changes_the_checksum(
    clip: Path, make_other: Callable[[Path], None]
) -> None:
    before = ExportedImageEncoder(clip).checksum
    make_other(clip)
    assert ExportedImageEncoder(clip).checksum != before


@pytest.mark.parametrize("name", [None, "weights.bin"])
def test_weights_in_a_file_beside_are_part_of_the_checksum(tmp_path: Path, name: str | None) -> None:
    folder = exports.siglip(tmp_path / "one")
    plain = ExportedImageEncoder(folder).embed([good()])
    beside = exports.put_weights_beside(folder / "model.onnx", name)
    encoder = ExportedImageEncoder(folder)
    np.testing.assert_array_equal(encoder.embed([good()]), plain)
    content = bytearray(beside.read_bytes())
    content[3] ^= 1
    beside.write_bytes(content)
    assert ExportedImageEncoder(folder).checksum != encoder.checksum


def test_weights_that_were_not_copied_are_named(tmp_path: Path) -> None:
    folder = exports.siglip_with_weights_beside(tmp_path)
    (folder / "model.onnx_data").unlink()
    with pytest.raises(EncoderMissing, match=r"Copy that file.*model\.onnx_data"):
        ExportedImageEncoder(folder)


def test_weights_outside_of_the_folder_are_not_read(tmp_path: Path) -> None:
    folder = exports.siglip(tmp_path / "one")
    inside, outside = b"weights.bin", b"../outside."  # of one length, as the file says how long the name is
    beside = exports.put_weights_beside(folder / "model.onnx", inside.decode())
    shutil.move(beside, folder / outside.decode())
    model = folder / "model.onnx"
    model.write_bytes(model.read_bytes().replace(inside, outside))
    with pytest.raises(EncoderMissing, match="is not beside it"):
        ExportedImageEncoder(folder)


# --- folders that can't be used


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EncoderMissing, match=r"no such folder.*nowhere"):
        ExportedImageEncoder(tmp_path / "nowhere")


@pytest.mark.parametrize("file", ["onnx/vision_model.onnx", "preprocessor_config.json"])
def test_a_file_that_is_not_there(clip: Path, file: str) -> None:
    (clip / file).unlink()
    with pytest.raises(EncoderMissing, match=f"lacks a file.*{file}"):
        ExportedImageEncoder(clip)


@pytest.mark.parametrize("content", ["{", "[1]", "\x00"])
def test_settings_that_are_none(clip: Path, content: str) -> None:
    (clip / "preprocessor_config.json").write_text(content)
    with pytest.raises(EncoderMissing, match=r"preprocessor_config\.json.*Copy it again"):
        ExportedImageEncoder(clip)


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1"])
def test_a_network_that_is_none(clip: Path, content: bytes) -> None:
    (clip / "onnx/vision_model.onnx").write_bytes(content)
    with pytest.raises(EncoderMissing, match="can't be loaded") as refusal:
        ExportedImageEncoder(clip)
    assert str(clip) not in str(refusal.value)  # callers of the API read it


def test_a_picture_of_another_size_than_the_network_takes(clip: Path) -> None:
    change(clip / "preprocessor_config.json", crop_size={"height": 48, "width": 48})
    with pytest.raises(EncoderMissing, match=r"does not take what preprocessor_config\.json makes"):
        ExportedImageEncoder(clip)


def renamed(model: Path, old: str, new: str) -> None:
    network = onnx.load(model)
    for node in network.graph.node:
        node.input[:] = [new if name == old else name for name in node.input]
        node.output[:] = [new if name == old else name for name in node.output]
    for entry in [*network.graph.input, *network.graph.output]:
        entry.name = new if entry.name == old else entry.name
    onnx.save(network, model)


def test_an_output_that_is_not_known(clip: Path) -> None:
    renamed(clip / "onnx/vision_model.onnx", "image_embeds", "logits")
    with pytest.raises(EncoderMissing, match=r"known: image_embeds, pooler_output.*found: logits"):
        ExportedImageEncoder(clip)


def test_an_input_that_is_not_known(clip: Path) -> None:
    renamed(clip / "onnx/vision_model.onnx", "pixel_values", "x")
    with pytest.raises(EncoderMissing, match=r"Export the vision part.*takes: x"):
        ExportedImageEncoder(clip)


def test_a_network_for_pictures_of_16_bits(clip: Path) -> None:
    network = onnx.load(clip / "onnx/vision_model.onnx")
    network.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    network.graph.node.insert(
        0, onnx.helper.make_node("Cast", ["pixel_values"], ["in_32_bits"], to=onnx.TensorProto.FLOAT)
    )
    network.graph.node[1].input[0] = "in_32_bits"
    onnx.save(network, clip / "onnx/vision_model.onnx")
    with pytest.raises(EncoderMissing, match="--dtype fp32"):
        ExportedImageEncoder(clip)


def test_a_network_that_answers_with_no_numbers(clip: Path) -> None:
    change_weight(clip / "onnx/vision_model.onnx", "projection", np.nan)
    with pytest.raises(EncoderMissing, match="numbers that are none"):
        ExportedImageEncoder(clip)


def test_tokens_none_of_which_stands_for_the_picture(tmp_path: Path) -> None:
    folder = exports.dinov2(tmp_path)
    change(folder / "config.json", model_type="siglip_vision_model")
    with pytest.raises(EncoderMissing, match="no output that stands for the whole picture"):
        ExportedImageEncoder(folder)
