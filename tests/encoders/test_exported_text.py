import json
from collections.abc import Callable
from pathlib import Path

import exported_models as exports
import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from tokenizers import Tokenizer

from noria.encoders import bge
from noria.encoders.exported_text import ExportedTextEncoder
from noria.encoders.weights import find_weights
from noria.errors import EncoderMissing

TEXT = "where is my card?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return exports.sentences(tmp_path / "sentences")


def change(file: Path, **fields: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def tokens_of(folder: Path, text: str) -> np.ndarray:
    """(n_tokens, WIDTH), by the reference implementation of ONNX."""
    ids = np.array([Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text).ids])
    feed = {"input_ids": ids, "attention_mask": ids * 0 + 1, "token_type_ids": ids * 0}
    return ReferenceEvaluator(str(folder / "onnx/model.onnx")).run(["last_hidden_state"], feed)[0][0]


@pytest.mark.parametrize(
    ("config", "pool"),
    [
        ({"pooling_mode": "mean"}, lambda tokens: tokens.mean(axis=0)),
        ({"pooling_mode": ["cls"]}, lambda tokens: tokens[0]),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, lambda tokens: tokens[0]),
        ({"pooling_mode_mean_tokens": True}, lambda tokens: tokens.mean(axis=0)),
        (None, lambda tokens: tokens.mean(axis=0)),
    ],
    ids=["new, mean", "new, cls", "old, cls", "old, mean", "unsaid"],
)
def test_tokens_are_pooled_as_the_folder_says(
    folder: Path, config: dict[str, object] | None, pool: Callable[[np.ndarray], np.ndarray]
) -> None:
    pooling = folder / "1_Pooling/config.json"
    pooling.unlink() if config is None else pooling.write_text(json.dumps(config))
    wanted = pool(tokens_of(folder, TEXT))
    found = ExportedTextEncoder(folder).embed([TEXT])[0]
    np.testing.assert_allclose(found, wanted / np.linalg.norm(wanted), atol=1e-5)


def test_a_row_that_the_network_pooled_itself_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = exports.sentences(tmp_path, pooling="lasttoken", pooled_inside=True)
    wanted = tokens_of(folder, TEXT).mean(axis=0)
    found = ExportedTextEncoder(folder).embed([TEXT])[0]
    np.testing.assert_allclose(found, wanted / np.linalg.norm(wanted), atol=1e-5)


@pytest.mark.parametrize(
    ("file", "field"),
    [
        ("sentence_bert_config.json", "max_seq_length"),
        ("tokenizer_config.json", "model_max_length"),
        ("config.json", "max_position_embeddings"),
    ],
)
def test_a_window_has_the_least_length_that_a_file_allows(folder: Path, file: str, field: str) -> None:
    exports.write(folder / file, {field: 12})
    encoder = ExportedTextEncoder(folder)
    read = "card " * (4 * 10)  # four windows of 12, of which two are marks
    long, longer = encoder.embed([read + "a", read + "b " * 60])
    assert long.tobytes() == longer.tobytes()
    assert encoder.embed([read[:-5] + "a"]).tobytes() != encoder.embed([read[:-5] + "b"]).tobytes()


def test_a_length_that_the_network_can_not_take_is_told_at_once(folder: Path) -> None:
    exports.write(folder / "tokenizer_config.json", {"model_max_length": 10**30})
    with pytest.raises(EncoderMissing, match="does not take this tokenizer's tokens"):
        ExportedTextEncoder(folder)


@pytest.mark.parametrize("make_other", ["tokenizer.json", "1_Pooling/config.json", "onnx/model.onnx"])
def test_whatever_changes_an_embedding_changes_the_checksum(folder: Path, make_other: str) -> None:
    before = ExportedTextEncoder(folder).checksum
    if make_other == "1_Pooling/config.json":
        exports.write(folder / make_other, {"pooling_mode": "cls"})
    elif make_other == "tokenizer.json":
        (folder / make_other).write_text((folder / make_other).read_text() + "\n")
    else:
        network = onnx.load(folder / make_other)
        network.doc_string = "another"
        onnx.save(network, folder / make_other)
    assert ExportedTextEncoder(folder).checksum != before


@pytest.mark.parametrize("mode", ["lasttoken", "max", "weightedmean", ["mean", "cls"]])
def test_another_pooling_is_refused(folder: Path, mode: object) -> None:
    exports.write(folder / "1_Pooling/config.json", {"pooling_mode": mode})
    with pytest.raises(EncoderMissing, match=r"way of pooling is not known.*known: mean, cls"):
        ExportedTextEncoder(folder)


def test_a_part_after_pooling_that_was_not_exported_is_named(folder: Path) -> None:
    kinds = ["models.Transformer", "models.Pooling", "models.Dense", "models.Normalize"]
    exports.write(folder / "modules.json", [{"type": f"sentence_transformers.{kind}"} for kind in kinds])
    with pytest.raises(EncoderMissing, match=r"goes on after pooling.*lacks: Dense"):
        ExportedTextEncoder(folder)


@pytest.mark.parametrize("file", ["onnx/model.onnx", "tokenizer.json"])
def test_a_file_that_is_not_there(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(EncoderMissing, match=f"lacks a file.*{file}"):
        ExportedTextEncoder(folder)


def test_a_tokenizer_that_is_none(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(EncoderMissing, match="tokenizer"):
        ExportedTextEncoder(folder)


def test_a_network_for_pictures_is_no_text_encoder(folder: Path, tmp_path: Path) -> None:
    pictures = exports.siglip(tmp_path / "pictures")
    (pictures / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    with pytest.raises(EncoderMissing, match=r"more than a text's tokens.*pixel_values"):
        ExportedTextEncoder(pictures)


def test_a_real_model_in_such_a_folder_embeds_as_it_does_by_name(tmp_path: Path) -> None:
    for name, path, sha256 in (
        ("model.onnx", bge.MODEL, bge.MODEL_SHA256),
        ("tokenizer.json", bge.TOKENIZER, bge.TOKENIZER_SHA256),
    ):
        (tmp_path / name).symlink_to(find_weights(bge.PACKAGE, path, sha256))
    exports.write(tmp_path / "1_Pooling/config.json", {"pooling_mode_cls_token": True})
    texts = [TEXT, "", "Ünïcode, 你好", "card " * 3000]
    assert ExportedTextEncoder(tmp_path).embed(texts).tobytes() == bge.BgeSmall().embed(texts).tobytes()
