"""A text encoder run by ONNX Runtime, one text at a time on one thread."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from noria.learning.arrays import FloatArray, normalised

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Pooling = Literal["first token", "mean"]

_FIRST_SLICE = 8192  # characters; enough for 512 tokens of ordinary text
_SPARE_TOKENS = 128  # a word cut by the slice's end has at most 100 tokens, so those before it are safe


class Encoded(Protocol):
    """A text's tokens, the marks at both ends among them."""

    @property
    def ids(self) -> list[int]: ...

    @property
    def offsets(self) -> Sequence[tuple[int, int]]:
        """Where each begins and ends in the text, in characters."""
        ...


class TextTokenizer(Protocol):
    """As the tokenizers library has it; a long text is neither cut nor a short one padded."""

    def encode(self, text: str, /) -> Encoded: ...


def untrimmed(tokenizer: "Tokenizer") -> "Tokenizer":
    """The same, which pads and cuts nothing any more."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


class OnnxText:
    """Tokenizer, network and pooling.

    Each text is embedded alone and without padding: the dynamic quantisation of an int8 network takes its scale
    from the whole batch, so a neighbour would change the result (docs/decisions/one-text-at-a-time.md).
    """

    def __init__(
        self,
        session: Any,
        tokenizer: TextTokenizer,
        pooling: Pooling,
        n_tokens: int,
        output: str | None = None,
    ) -> None:
        """session: of ONNX Runtime.   n_tokens: longer texts are cut to this, the marks at both ends included.

        output: the one of the network's that is pooled, its first unless named; a row a text needs no pooling.
        """
        self._session = session
        self._tokenizer = tokenizer
        self._pooling = pooling
        self._n_tokens = n_tokens
        self._inputs = tuple(entry.name for entry in self._session.get_inputs())
        self._output = output or session.get_outputs()[0].name
        self.n_dimensions = len(self._embed_one("a"))  # not from the output's shape: that may be a name

    def embed(self, samples: Sequence[str]) -> FloatArray:
        """(n, n_dimensions) float32, each row of unit length."""
        rows = np.empty((len(samples), self.n_dimensions), dtype=np.float32)
        for i, sample in enumerate(samples):
            rows[i] = self._embed_one(sample)
        return normalised(rows)

    def reads(self, text: str) -> int:
        """How many characters of the text the network sees; the rest is cut off."""
        found = self._encoded(text)
        return len(text) if len(found.ids) <= self._n_tokens else int(found.offsets[self._n_tokens - 2][1])

    def _embed_one(self, text: str) -> FloatArray:
        ids = np.array([self.tokens(text)], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        output = self._session.run([self._output], {name: feed[name] for name in self._inputs})[0][0]
        if output.ndim == 1:  # pooled inside the network
            return np.asarray(output, dtype=np.float32)
        pooled = output[0] if self._pooling == "first token" else output.mean(axis=0)
        return np.asarray(pooled, dtype=np.float32)

    def tokens(self, text: str) -> list[int]:
        """Token ids with the marks at both ends, at most n_tokens."""
        ids = self._encoded(text).ids
        return ids if len(ids) <= self._n_tokens else [*ids[: self._n_tokens - 1], ids[-1]]

    def _encoded(self, text: str) -> Encoded:
        """Only as much of a long text is tokenised as is needed, which gives exactly what tokenising it whole
        and cutting would give.
        """
        text = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair can't be tokenised
        size = _FIRST_SLICE
        found = self._tokenizer.encode(text[:size])
        while size < len(text) and len(found.ids) < self._n_tokens + _SPARE_TOKENS:
            size *= 4
            found = self._tokenizer.encode(text[:size])
        return found
