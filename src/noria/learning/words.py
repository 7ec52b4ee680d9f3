"""Words counted beside an embedding, which says what a text means but hardly which words it uses.

A text's features are its embedding, then the places of its words, ascending. An embedding's numbers lie in [-1, 1] and places
begin at 2, so that the two need no mark between them.
"""

import re
import warnings
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noria.learning.arrays import FloatArray, IntArray, one_column_each

RECIPE = "words 1"
"""Part of a text encoder's checksum: stored features of another recipe are made anew."""

MOST_WORDS = 512  # of a text that are looked at, the first
_MOST_CHARACTERS = 20_000  # in which they are looked for: about as much as a text encoder reads
_PLACES = 1 << 20  # words fall together with one of ten thousand others in one of a hundred texts
_FIRST = 2
_BETWEEN = 1.5  # more than any number of an embedding, less than any place
_WORD = re.compile(r"\w+")

_C = 10.0
_STEPS = 10  # with 25, a third more time and nothing gained
_LEAST_TEXTS = 2  # that a word stands in; what stands in one tells nothing of others
_MOST_KNOWN = 20_000  # words, the most frequent: 8 MB of a head with a hundred labels
_MOST_PRODUCTS = (
    6_000_000  # of words in all texts and labels: a second or two; of more texts, a part is looked at
)


def places(text: str) -> FloatArray:
    """Where the text's words stand among all that there could be, feature hashing [Weinberger2009]: (m,) ascending, distinct.

    Upper and lower case are one. At most `MOST_WORDS`, each in [2, 2^20 + 2), which float32 holds exactly.
    """
    words = list(dict.fromkeys(_WORD.findall(text[:_MOST_CHARACTERS].casefold())))[:MOST_WORDS]
    found = {zlib.crc32(word.encode("utf-8", "replace")) % _PLACES + _FIRST for word in words}
    return np.array(sorted(found), dtype=np.float32)


def embedding_in(features: FloatArray) -> FloatArray:
    """The embedding of features, which is all of them where no words follow: (d + m,) -> (d,).

    >>> embedding_in(np.array([0.6, -0.8, 2.0, 77.0], np.float32)).tolist()
    [0.6000000238418579, -0.800000011920929]
    """
    if not len(features) or features[-1] < _BETWEEN:
        return features
    return features[: int(np.argmax(features > _BETWEEN))]


def places_in(features: FloatArray) -> FloatArray:
    """What follows the embedding: (d + m,) -> (m,)."""
    return features[len(embedding_in(features)) :]


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Multinomial logistic regression on the words that are there, the rarer the heavier. Never changed once made."""

    known: FloatArray  # (w,), places, ascending
    squares: FloatArray  # (w,), of each word's weight: a text's words have length 1 together
    weights: FloatArray  # (w, k), for words of this weight
    bias: FloatArray  # (k,)

    def of_one(self, places: FloatArray) -> FloatArray:
        """What a text's words say for each label, to be added to a head's logits: (m,) -> (k,). Zeros are no places."""
        if not len(self.known):
            return self.bias
        at = np.minimum(np.searchsorted(self.known, places), len(self.known) - 1)
        at = at[self.known[at] == places]
        if not len(at):
            return self.bias
        length = float(self.squares[at].sum()) ** 0.5
        said: FloatArray = self.weights[at].sum(axis=0) / np.float32(length)
        said += self.bias
        return said

    def logits(self, many: Sequence[FloatArray] | FloatArray) -> FloatArray:
        """The same of n texts, in rows of one width or not: (n, k)."""
        found = np.empty((len(many), len(self.bias)), dtype=np.float32)
        for i, places in enumerate(many):
            found[i] = self.of_one(places)
        return found

    def only(self, columns: Sequence[int]) -> "Words":
        """The same for these labels alone."""
        return replace(
            self, weights=np.ascontiguousarray(self.weights[:, columns]), bias=self.bias[list(columns)]
        )

    def times(self, strength: float) -> "Words":
        """The same, with so much of a voice."""
        factor = np.float32(strength)
        return replace(self, weights=self.weights * factor, bias=self.bias * factor)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """By name, as they are stored."""
        return {
            "words_known": self.known,
            "words_squares": self.squares,
            "words_weights": self.weights,
            "words_bias": self.bias,
        }

    @classmethod
    def of(cls, arrays: Mapping[str, Any], k: int) -> "Words":
        """What `arrays` gave, of k labels. Raises KeyError and ValueError for anything else."""
        words = cls(*(arrays[f"words_{name}"] for name in ("known", "squares", "weights", "bias")))
        w = len(words.known)
        if words.squares.shape != (w,) or words.weights.shape != (w, k) or words.bias.shape != (k,):
            raise ValueError("shapes of words do not fit together")
        numbers = (words.known, words.squares, words.weights, words.bias)
        if any(a.dtype != np.float32 or not np.isfinite(a).all() for a in numbers):
            raise ValueError("words have numbers that are not finite, or of another type")
        return words


def fit_words(many: Sequence[FloatArray], targets: IntArray, k: int) -> Words:
    """Class-balanced logistic regression on TF-IDF of the words that are there [Jones1972].

    many: places of n texts.   targets: (n,), in 0 … k-1; labels without a text are spoken neither for nor against.
    Of very many texts it looks at every second, third, …. Same input, same bytes.
    """
    from scipy.sparse import csr_array
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    lengths = np.array([len(each) for each in many], dtype=np.int64)
    part = slice(None, None, max(1, -(-int(lengths.sum()) * k // _MOST_PRODUCTS)))
    many, lengths, targets = many[part], lengths[part], targets[part]
    present, among = np.unique(targets, return_inverse=True)
    found, columns, n_texts = np.unique(np.concatenate(many), return_inverse=True, return_counts=True)
    chosen = _chosen(n_texts)
    if len(present) < 2 or not len(chosen):
        nothing = np.zeros(0, np.float32)
        return Words(nothing, nothing, np.zeros((0, k), np.float32), np.zeros(k, np.float32))
    rarity = np.log((1 + len(many)) / (1 + n_texts[chosen])) + 1
    new = np.full(len(found), -1)
    new[chosen] = np.arange(len(chosen))
    rows, columns = np.repeat(np.arange(len(many)), lengths), new[columns]
    rows, columns = rows[columns >= 0], columns[columns >= 0]
    squared = np.bincount(rows, weights=rarity[columns] ** 2, minlength=len(many))
    values = rarity[columns] / np.sqrt(squared[rows])
    texts = csr_array((values, (rows, columns)), shape=(len(many), len(chosen)))
    model = LogisticRegression(C=_C, max_iter=_STEPS, class_weight="balanced")
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it stopped early, that labels are many
        model.fit(texts, among)
    fitted, intercepts = one_column_each(model.coef_, model.intercept_)
    weights, bias = np.zeros((len(chosen), k), np.float32), np.zeros(k, np.float32)
    weights[:, present] = fitted * rarity[:, None]
    bias[present] = intercepts
    return Words(found[chosen].astype(np.float32), (rarity**2).astype(np.float32), weights, bias)


def _chosen(n_texts: IntArray) -> IntArray:
    """Places among the words that were found, ascending, of those that are in texts enough."""
    often = np.flatnonzero(n_texts >= _LEAST_TEXTS)
    if len(often) > _MOST_KNOWN:
        often = np.sort(often[np.argsort(-n_texts[often], kind="stable")[:_MOST_KNOWN]])
    return often
