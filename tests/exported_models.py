"""Tiny networks with random weights, in the folders and with the signatures that the usual tools of export write."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from noria.encoders.minilm import _tokenizer

SIDE, PATCH, WIDTH, PROJECTED = 32, 8, 12, 10  # pixels, pixels, and numbers of a token and of an embedding
MOST_TOKENS = 40
_N_PATCHES = (SIDE // PATCH) ** 2

CLIP = {
    "crop_size": {"height": SIDE, "width": SIDE},
    "do_center_crop": True,
    "do_convert_rgb": True,
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_processor_type": "CLIPImageProcessor",
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "resample": 3,
    "rescale_factor": 0.00392156862745098,
    "size": {"shortest_edge": SIDE},
}
OLD_CLIP = {  # as the first CLIP models still have it
    "crop_size": SIDE,
    "do_center_crop": True,
    "do_normalize": True,
    "do_resize": True,
    "feature_extractor_type": "CLIPFeatureExtractor",
    "image_mean": CLIP["image_mean"],
    "image_std": CLIP["image_std"],
    "resample": 3,
    "size": SIDE,
}
SIGLIP = {
    "do_convert_rgb": None,
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_processor_type": "SiglipImageProcessor",
    "image_std": [0.5, 0.5, 0.5],
    "processor_class": "SiglipProcessor",
    "resample": 2,
    "rescale_factor": 0.00392156862745098,
    "size": {"height": SIDE, "width": SIDE},
}
DINOV2 = CLIP | {
    "image_mean": [0.485, 0.456, 0.406],
    "image_processor_type": "BitImageProcessor",
    "image_std": [0.229, 0.224, 0.225],
    "size": {"shortest_edge": SIDE + 5},
}

_Weights = dict[str, NDArray[Any]]


def clip_vision(folder: Path) -> Path:
    """CLIPVisionModelWithProjection, in the layout of transformers.js: `onnx/vision_model.onnx`."""
    nodes, weights = _vision("mean")
    return _image_folder(folder, "onnx/vision_model.onnx", nodes, weights, ["image_embeds"], CLIP)


def clip_whole(folder: Path) -> Path:
    """CLIPModel as optimum writes it: words go in beside the picture, and likeness comes out."""
    nodes, weights = _vision("mean")
    weights["words"] = _random(49, 10, PROJECTED)
    nodes += [
        helper.make_node("Gather", ["words", "input_ids"], ["word_rows"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["mask_rows"]),
        helper.make_node("Mul", ["word_rows", "mask_rows"], ["seen_words"]),
        helper.make_node("ReduceMean", ["seen_words", "one"], ["text_embeds"], keepdims=0),
        helper.make_node("Transpose", ["text_embeds"], ["text_columns"]),
        helper.make_node("MatMul", ["image_embeds", "text_columns"], ["logits_per_image"]),
    ]
    weights["last"] = np.array([-1])
    more = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["text_batch", "length"]),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["text_batch", "length"])]  # fmt: skip
    outputs = ["logits_per_image", "text_embeds", "image_embeds"]
    return _image_folder(folder, "model.onnx", nodes, weights, outputs, OLD_CLIP, more)


def siglip(folder: Path) -> Path:
    """SiglipVisionModel: `pooler_output` beside the tokens."""
    nodes, weights = _vision("mean")
    nodes.append(helper.make_node("Identity", ["image_embeds"], ["pooler_output"]))
    return _image_folder(
        folder, "model.onnx", nodes, weights, ["last_hidden_state", "pooler_output"], SIGLIP, kind="siglip"
    )


def dinov2(folder: Path) -> Path:
    """Dinov2Model as optimum writes it: tokens only, the first of which stands for the whole picture."""
    nodes, weights = _vision("first token")
    return _image_folder(folder, "model.onnx", nodes, weights, ["last_hidden_state"], DINOV2, kind="dinov2")


def siglip_with_weights_beside(folder: Path) -> Path:
    """The same with its weights in `model.onnx_data`, as large models have them."""
    siglip(folder)
    put_weights_beside(folder / "model.onnx")
    return folder


IMAGE_MODELS: Mapping[str, Callable[[Path], Path]] = {
    make.__name__: make for make in (clip_vision, clip_whole, siglip, siglip_with_weights_beside, dinov2)
}


def _vision(pooled: str) -> tuple[list[onnx.NodeProto], _Weights]:
    """From `pixel_values` to `last_hidden_state` (n, tokens, WIDTH) and `image_embeds` (n, PROJECTED)."""
    weights: _Weights = {
        "patches": _random(1, WIDTH, 3, PATCH, PATCH) / PATCH,
        "places": _random(2, 1, _N_PATCHES, WIDTH) / 4,
        "mixing": _random(3, WIDTH, WIDTH),
        "projection": _random(4, WIDTH * (_N_PATCHES if pooled == "mean" else 1), PROJECTED),
        "flat": np.array([0, WIDTH, -1]),
        "row": np.array([0, -1]),
        "one": np.array([1]),
    }
    nodes = [
        helper.make_node("Conv", ["pixel_values", "patches"], ["grid"], strides=[PATCH, PATCH]),
        helper.make_node("Reshape", ["grid", "flat"], ["columns"]),
        helper.make_node("Transpose", ["columns"], ["bare"], perm=[0, 2, 1]),
        helper.make_node("Add", ["bare", "places"], ["tokens"]),
    ]
    if pooled == "mean":
        nodes += [
            helper.make_node("Identity", ["tokens"], ["last_hidden_state"]),
            helper.make_node("Reshape", ["tokens", "row"], ["whole"]),
        ]
        nodes.append(helper.make_node("MatMul", ["whole", "projection"], ["image_embeds"]))
    else:
        nodes += [
            helper.make_node("MatMul", ["tokens", "mixing"], ["mixed"]),
            helper.make_node("ReduceMean", ["mixed", "one"], ["first"], keepdims=1),
            helper.make_node("Concat", ["first", "tokens"], ["last_hidden_state"], axis=1),
        ]
    return nodes, weights


def _image_folder(
    folder: Path,
    file: str,
    nodes: Sequence[onnx.NodeProto],
    weights: _Weights,
    outputs: Sequence[str],
    preprocessing: Mapping[str, Any],
    more_inputs: Sequence[onnx.ValueInfoProto] = (),
    kind: str = "clip",
) -> Path:
    picture = helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])
    save(folder / file, nodes, [picture, *more_inputs], outputs, weights)
    write(folder / "preprocessor_config.json", preprocessing)
    write(folder / "config.json", {"model_type": kind})
    return folder


# --- texts


def sentences(folder: Path, *, pooling: str = "mean", pooled_inside: bool = False) -> Path:
    """A sentence-transformers folder: `onnx/model.onnx`, a tokenizer, and how tokens become a row."""
    tokenizer = _tokenizer()
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    weights = {
        "words": _random(5, tokenizer.get_vocab_size(), WIDTH),
        "places": _random(6, MOST_TOKENS, WIDTH) / 10,  # a longer text has no place and fails
        "kinds": _random(7, 2, WIDTH) / 10,
        "none": np.array(0),
        "length_at": np.array(1),
        "step": np.array(1),
        "one": np.array([1]),
    }
    nodes = [
        helper.make_node("Shape", ["input_ids"], ["shape"]),
        helper.make_node("Gather", ["shape", "length_at"], ["length"]),
        helper.make_node("Range", ["none", "length", "step"], ["positions"]),
        helper.make_node("Gather", ["words", "input_ids"], ["word_rows"]),
        helper.make_node("Gather", ["places", "positions"], ["place_rows"]),
        helper.make_node("Add", ["word_rows", "place_rows"], ["placed"]),
        helper.make_node("Gather", ["kinds", "token_type_ids"], ["kind_rows"]),
        helper.make_node("Add", ["placed", "kind_rows"], ["unmixed"]),
        # The first token sees the others, so that it can stand for the text.
        helper.make_node("ReduceMean", ["unmixed", "one"], ["all"], keepdims=1),
        helper.make_node("Add", ["unmixed", "all"], ["last_hidden_state"]),
        helper.make_node("ReduceMean", ["last_hidden_state", "one"], ["sentence_embedding"], keepdims=0),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    outputs = ["last_hidden_state", *(["sentence_embedding"] if pooled_inside else [])]
    save(folder / "onnx/model.onnx", nodes, inputs, outputs, weights)
    write(folder / "1_Pooling/config.json", {"word_embedding_dimension": WIDTH, "pooling_mode": pooling})
    write(folder / "tokenizer_config.json", {"model_max_length": MOST_TOKENS})
    write(folder / "config.json", {"model_type": "bert", "max_position_embeddings": 512})
    return folder


def sentences_by_first_token(folder: Path) -> Path:
    return sentences(folder, pooling="cls")


def sentences_pooled_inside(folder: Path) -> Path:
    return sentences(folder, pooled_inside=True)


TEXT_MODELS: Mapping[str, Callable[[Path], Path]] = {
    make.__name__: make for make in (sentences, sentences_by_first_token, sentences_pooled_inside)
}


# --- files


def save(
    file: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[str],
    weights: _Weights,
) -> None:
    """Outputs are declared without a shape, as they are where the exporter knows none."""
    used = {name for node in nodes for name in node.input}
    tensors = [numpy_helper.from_array(np.asarray(w), name) for name, w in weights.items() if name in used]
    found = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    graph = helper.make_graph(list(nodes), "tiny", list(inputs), found, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, file)


def put_weights_beside(model: Path, name: str | None = None) -> Path:
    """Move the weights of this model out of its file, into one beside it."""
    location = name or f"{model.name}_data"
    onnx.save_model(
        onnx.load(model), model, save_as_external_data=True, location=location, size_threshold=100
    )
    return model.parent / location


def write(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")


def _random(seed: int, *shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)
