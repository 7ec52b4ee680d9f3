"""A text encoder run by ONNX Runtime, one text at a time on one thread, a long one window by window."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from noria.learning.arrays import FloatArray, normalised
from noria.learning.words import RECIPE

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Pooling = Literal["first token", "mean"]

WINDOWS = 4
"""Of a text longer than the network takes, so many parts are read: what follows is cut off (docs/decisions/long-texts.md)."""

_FIRST_SLICE = 12_288  # characters; enough for all windows of ordinary text
_SPARE_TOKENS = 128  # a word cut by the slice's end has at most 100 tokens, so those before it are safe


class Encoded(Protocol):
    """A text's tokens, the marks at both ends among them."""

    @property
    def ids(self) -> list[int]: ...

    @property
    def offsets(self) -> Sequence[tuple[int, int]]:
        """Where each begins and ends in the text, in characters."""
        ...

    @property
    def special_tokens_mask(self) -> Sequence[int]:
        """1 for the marks, which are the same of every text, else 0."""
        ...


class TextTokenizer(Protocol):
    """As the tokenizers library has it; a long text is neither cut nor a short one padded."""

    def encode(self, text: str, /) -> Encoded: ...


def untrimmed(tokenizer: "Tokenizer") -> "Tokenizer":
    """The same, which pads and cuts nothing any more."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def checksum(weights: str) -> str:
    """Of an encoder by that of its weights, by how it reads what is longer than its network takes, and by how words are counted."""
    return hashlib.sha256(f"{weights}; {WINDOWS} windows; {RECIPE}".encode()).hexdigest()


class OnnxText:
    """Tokenizer, network and pooling; of a long text the mean of its windows' embeddings, by their tokens.

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
        """session: of ONNX Runtime.   n_tokens: that it takes at once, the marks at both ends included.

        output: the one of the network's that is pooled, its first unless named; a row a text needs no pooling.
        """
        self._session = session
        self._tokenizer = tokenizer
        self._pooling = pooling
        self._before, self._after = _marks(tokenizer)
        self._room = max(1, n_tokens - len(self._before) - len(self._after))
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
        found, read = self._encoded(text), self._room * WINDOWS
        offsets = found.offsets[len(self._before) : len(found.offsets) - len(self._after)]
        return len(text) if len(offsets) <= read else int(offsets[read - 1][1])

    def _embed_one(self, text: str) -> FloatArray:
        windows = self.windows(text)
        if len(windows) == 1:
            return self._pooled(windows[0])
        n_marks = len(self._before) + len(self._after)
        each = normalised(np.stack([self._pooled(window) for window in windows]))
        weights = np.array([len(window) - n_marks for window in windows], dtype=np.float32)
        return np.asarray(weights @ each)

    def _pooled(self, window: list[int]) -> FloatArray:
        ids = np.array([window], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        output = self._session.run([self._output], {name: feed[name] for name in self._inputs})[0][0]
        if output.ndim == 1:  # pooled inside the network
            return np.asarray(output, dtype=np.float32)
        pooled = output[0] if self._pooling == "first token" else output.mean(axis=0)
        return np.asarray(pooled, dtype=np.float32)

    def windows(self, text: str) -> list[list[int]]:
        """Token ids of each part that is read, with the marks at both ends: one of a short text, at most `WINDOWS`."""
        ids = self._encoded(text).ids
        body = ids[len(self._before) : len(ids) - len(self._after)][: self._room * WINDOWS]
        starts = range(0, max(len(body), 1), self._room)
        return [[*self._before, *body[at : at + self._room], *self._after] for at in starts]

    def _encoded(self, text: str) -> Encoded:
        """Only as much of a long text is tokenised as is needed, which gives exactly what tokenising it whole
        and cutting would give.
        """
        text = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair can't be tokenised
        size = _FIRST_SLICE
        found = self._tokenizer.encode(text[:size])
        while size < len(text) and len(found.ids) < self._room * WINDOWS + _SPARE_TOKENS:
            size *= 4
            found = self._tokenizer.encode(text[:size])
        return found


def _marks(tokenizer: TextTokenizer) -> tuple[list[int], list[int]]:
    """The ids that the tokenizer puts before a text and after it."""
    found = tokenizer.encode("a")
    body = [at for at, special in enumerate(found.special_tokens_mask) if not special] or [len(found.ids)]
    return found.ids[: body[0]], found.ids[body[-1] + 1 :]
