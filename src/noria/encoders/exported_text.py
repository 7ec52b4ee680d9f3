"""A text encoder from a folder that the usual tools of export wrote: any sentence-transformers model, of any language."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from noria.encoders.export_folder import ExportFolder
from noria.encoders.onnx_text import WINDOWS, OnnxText, Pooling, untrimmed
from noria.errors import EncoderMissing
from noria.learning.arrays import FloatArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_MOST_TOKENS = 512  # beyond, a text takes seconds on one core, and what it is about stands in its beginning
_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
_POOLED = "sentence_embedding"  # by every module of the model, inside the network
_OUTPUTS = (_POOLED, "last_hidden_state", "token_embeddings")
_POOLINGS: dict[str, Pooling] = {"mean": "mean", "cls": "first token"}
_MODULES_IN_HAND = {"Transformer", "Pooling", "Normalize"}
_LIMITS = (  # file, and the field in it that says how many tokens the model takes
    ("sentence_bert_config.json", "max_seq_length"),
    ("tokenizer_config.json", "model_max_length"),
    ("config.json", "max_position_embeddings"),
)


class ExportedTextEncoder:
    """`model.onnx`, here or in `onnx/`, and `tokenizer.json`; `1_Pooling/config.json` says how tokens become one row."""

    def __init__(self, path: Path) -> None:
        """Raises EncoderMissing, with what to do, for whatever the folder lacks or has that can't be run."""
        folder = ExportFolder(path)
        model = folder.file("model.onnx", "onnx/model.onnx")
        tokenizer = folder.file("tokenizer.json")
        session = folder.session(model)
        output = _output(folder, session)
        pooling: Pooling = "mean" if output == _POOLED else _pooling(folder)
        n_tokens = _n_tokens(folder)
        self.name = folder.name
        reading = f"text; {output}; {pooling}; {WINDOWS} windows of {n_tokens} tokens"
        self.checksum = folder.checksum(reading, model, tokenizer)
        with folder.complaints("The network does not take this tokenizer's tokens. Are both of one model?"):
            self._network = OnnxText(session, _read(tokenizer), pooling, n_tokens, output)
            self.n_dimensions = self._network.n_dimensions
            self.embed(["", "a " * n_tokens])  # the shortest text and the longest

    def embed(self, samples: Sequence[str]) -> FloatArray:
        """(n, n_dimensions) float32, each row of unit length."""
        rows = self._network.embed(samples)
        if not np.isfinite(rows).all():
            raise EncoderMissing(
                "The network answers with numbers that are none. Export it in 32 bits.", encoder=self.name
            )
        return rows

    def reads(self, text: str) -> int:
        return self._network.reads(text)


def _read(tokenizer: Path) -> "Tokenizer":
    from tokenizers import Tokenizer

    return untrimmed(Tokenizer.from_file(str(tokenizer)))


def _output(folder: ExportFolder, session: Any) -> str:
    inputs = {entry.name for entry in session.get_inputs()}
    if not inputs <= _INPUTS:
        raise EncoderMissing(
            "The network asks for more than a text's tokens. Take a model that was made for embeddings.",
            folder=folder.name,
            asks_for=", ".join(sorted(inputs - _INPUTS)),
        )
    outputs = [entry.name for entry in session.get_outputs()]
    found = next((name for name in _OUTPUTS if name in outputs), None)
    if found is None:
        raise EncoderMissing(
            "The network has no output that is known. Export it with --task feature-extraction.",
            folder=folder.name,
            known=", ".join(_OUTPUTS),
            found=", ".join(outputs),
        )
    if found != _POOLED and (odd := _modules(folder) - _MODULES_IN_HAND):
        raise EncoderMissing(
            "The model goes on after pooling, and the network lacks that part. Export it with"
            " --library-name sentence_transformers, which puts it in.",
            folder=folder.name,
            lacks=", ".join(sorted(odd)),
        )
    return found


def _modules(folder: ExportFolder) -> set[str]:
    """The kinds of parts that a sentence-transformers model has, such as Dense."""
    kinds = (str(each.get("type")) for each in folder.entries("modules.json") if isinstance(each, dict))
    return {kind.rpartition(".")[2] for kind in kinds}


def _pooling(folder: ExportFolder) -> Pooling:
    name = "1_Pooling/config.json"
    modes = _pooling_modes(folder.settings(name))
    if len(modes) != 1 or modes[0] not in _POOLINGS:
        raise EncoderMissing(
            "This way of pooling is not known. Take a model with one of those that are.",
            folder=folder.name,
            file=name,
            known=", ".join(_POOLINGS),
            found=", ".join(modes),
        )
    return _POOLINGS[modes[0]]


def _pooling_modes(config: Mapping[str, Any]) -> list[str]:
    """One word in newer files, perhaps in a list; a switch for each way in older ones; the mean where nothing is said."""
    if mode := config.get("pooling_mode"):
        return [str(each) for each in mode] if isinstance(mode, list) else [str(mode)]
    switches = {name: on for name, on in config.items() if name.startswith("pooling_mode_")}
    return [
        name.removeprefix("pooling_mode_").removesuffix("_token").removesuffix("_tokens")
        for name, on in switches.items()
        if on
    ] or ["mean"]


def _n_tokens(folder: ExportFolder) -> int:
    """The least that a file allows; a tokenizer without a limit of its own says 10³⁰."""
    said = [folder.settings(file).get(field) for file, field in _LIMITS]
    return min([_MOST_TOKENS, *(limit for limit in said if isinstance(limit, int) and limit > 0)])
