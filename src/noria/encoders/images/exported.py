"""An image encoder from a folder that the usual tools of export wrote: CLIP, SigLIP, DINOv2, ViT and their like."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noria.encoders.export_folder import ExportFolder
from noria.encoders.images.decoding import decoded
from noria.encoders.images.preprocessing import FILE, Preprocessing
from noria.errors import EncoderMissing
from noria.learning.arrays import FloatArray, normalised

_PICTURE = "pixel_values"
# A network with a text part is given one word, always the same.
_WORDS = {"input_ids": 0, "attention_mask": 1}
_TOKENS = "last_hidden_state"
_OUTPUTS = ("image_embeds", "pooler_output", _TOKENS)  # best first
# Kinds of networks whose first token is a corner of the picture, not the whole.
_WITHOUT_FIRST_TOKEN = ("siglip", "swin")
_32_BITS = "tensor(float)"


class ExportedImageEncoder:
    """`vision_model.onnx` or `model.onnx`, here or in `onnx/`, and `preprocessor_config.json`."""

    def __init__(self, path: Path) -> None:
        """Raises EncoderMissing, with what to do, for whatever the folder lacks or has that can't be run."""
        folder = ExportFolder(path)
        model = folder.file("vision_model.onnx", "onnx/vision_model.onnx", "model.onnx", "onnx/model.onnx")
        config = folder.file(FILE)
        self._preprocessing = Preprocessing.of(folder.settings(FILE))
        self._session = folder.session(model)
        self._words = _words(folder, self._session.get_inputs())
        self._output = _output(folder, [entry.name for entry in self._session.get_outputs()])
        self.name = folder.name
        self.checksum = folder.checksum(f"image; {self._output}", model, config)
        with folder.complaints(f"The network does not take what {FILE} makes. Are both of one model?"):
            self.n_dimensions = len(self._features(Image.linear_gradient("L").convert("RGB")))

    def embed(self, samples: Sequence[bytes]) -> FloatArray:
        """(n, n_dimensions) float32, each row of unit length. Raises BadImage, ImageTooLarge."""
        rows = np.empty((len(samples), self.n_dimensions), dtype=np.float32)
        for row, sample in zip(
            rows, samples, strict=True
        ):  # one by one: a neighbour must not change a result
            row[:] = self._features(decoded(sample, self._preprocessing.side))
        return normalised(rows)

    def _features(self, picture: Image.Image) -> FloatArray:
        """(n_dimensions,)"""
        feed = {_PICTURE: self._preprocessing.pixels(picture), **self._words}
        found = np.asarray(self._session.run([self._output], feed)[0], dtype=np.float32)
        if self._output == _TOKENS:
            if found.ndim != 3:
                raise EncoderMissing(
                    "The network's last_hidden_state holds no tokens. Export it with a pooled output.",
                    encoder=self.name,
                    shape=found.shape,
                )
            found = found[:, 0]
        if not np.isfinite(found).all():
            raise EncoderMissing(
                "The network answers with numbers that are none. Export it in 32 bits.", encoder=self.name
            )
        return found.ravel()  # a pooled output may be (1, n, 1, 1)


def _words(folder: ExportFolder, inputs: Sequence[Any]) -> Mapping[str, NDArray[np.int64]]:
    """What the inputs beside the picture are fed with. Raises EncoderMissing for any that is not known."""
    kinds = {entry.name: entry.type for entry in inputs}
    odd = sorted(kinds.keys() - {_PICTURE} - _WORDS.keys())
    if _PICTURE not in kinds or odd:
        raise EncoderMissing(
            "The network does not take a picture alone. Export the vision part by itself.",
            folder=folder.name,
            takes=", ".join(kinds),
        )
    if kinds[_PICTURE] != _32_BITS:
        raise EncoderMissing(
            "The network takes pictures in other numbers than those of 32 bits. Export it with --dtype fp32.",
            folder=folder.name,
            takes=kinds[_PICTURE],
        )
    lengths = {entry.name: entry.shape[-1] for entry in inputs}
    return {
        name: np.full((1, lengths[name] if isinstance(lengths[name], int) else 1), value, dtype=np.int64)
        for name, value in _WORDS.items()
        if name in kinds
    }


def _output(folder: ExportFolder, outputs: Sequence[str]) -> str:
    found = next((name for name in _OUTPUTS if name in outputs), None)
    kind = str(folder.settings("config.json").get("model_type", ""))
    if found is None or (found == _TOKENS and kind.startswith(_WITHOUT_FIRST_TOKEN)):
        raise EncoderMissing(
            "The network has no output that stands for the whole picture. Export it with one of those that are known.",
            folder=folder.name,
            known=", ".join(_OUTPUTS),
            found=", ".join(outputs),
        )
    return found
