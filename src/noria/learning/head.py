"""The head: from an embedding to a probability for each label, by one matrix product."""

import io
import warnings
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from noria.errors import NotTrained, TooFewLabels
from noria.learning.arrays import FloatArray, IntArray, normalised, one_column_each
from noria.learning.stored import stored_arrays
from noria.learning.whitening import Whitening
from noria.learning.words import Words

DEFAULT_C = 10.0
DEFAULT_SHARPNESS = 2.5
WHITENED_SHARPNESS = 2.0
_FORMAT, _FORMAT_WITH_WORDS = 1, 3  # 2 is that of rows


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Multinomial logistic regression on centred, renormalised embeddings. Never changed once made.

    It is given features: of a text, what follows the embedding is the places of its words, heard where there are `words`.
    """

    label_ids: tuple[str, ...]
    centre: FloatArray  # (d,), mean of the embeddings it was fitted on
    weights: FloatArray  # (d, k)
    bias: FloatArray  # (k,)
    sharpness: float = (
        DEFAULT_SHARPNESS  # factor on the logits, from calibration; above 1 since LR is too timid
    )
    words: Words | None = None  # whose say is added to the logits

    def logits(self, features: FloatArray) -> FloatArray:
        """Scores before sharpening: (n, d) raw normalised embeddings, or wider with places of words -> (n, k)."""
        d = len(self.centre)
        scores = normalised(features[:, :d] - self.centre) @ self.weights + self.bias
        if self.words is not None:
            scores += self.words.logits(features[:, d:])
        return np.asarray(scores, dtype=np.float32)

    def probabilities(self, features: FloatArray) -> FloatArray:
        """Calibrated probabilities: (n, d) or wider -> (n, k), rows sum to 1. Raises NotTrained if no label is left."""
        if not self.label_ids:
            raise NotTrained
        return softmax(self.logits(features) * np.float32(self.sharpness))

    def probabilities_of_one(self, features: FloatArray) -> FloatArray:
        """The same for a single sample, without the price of batches: (d,) or longer -> (k,)."""
        if not self.label_ids:
            raise NotTrained
        d = len(self.centre)
        shifted = features[:d] - self.centre
        scores = (shifted * np.float32(1 / max(float(shifted @ shifted) ** 0.5, 1e-9))) @ self.weights
        scores += self.bias
        if self.words is not None:
            scores += self.words.of_one(features[d:])
        scores *= np.float32(self.sharpness)
        powers = np.exp(scores - scores.max())
        return np.asarray(powers / powers.sum(), dtype=np.float32)

    def masked(self, keep: Container[str]) -> "Head":
        """This head without the labels that are gone; the probabilities of those left sum to 1 again."""
        columns = [i for i, label_id in enumerate(self.label_ids) if label_id in keep]
        if len(columns) == len(self.label_ids):
            return self
        return Head(
            tuple(self.label_ids[i] for i in columns),
            self.centre,
            np.ascontiguousarray(self.weights[:, columns]),
            self.bias[columns],
            self.sharpness,
            None if self.words is None else self.words.only(columns),
        )

    def sharpened(self, factor: float) -> "Head":
        """The same with this factor on its logits."""
        return replace(self, sharpness=factor)

    def leaning(self, directions: FloatArray, strength: float) -> "Head":
        """The same, each label's score raised by so much times the cosine with its direction.

        directions: (k, d), in any place; they are centred by their mean, as samples are by theirs.
        """
        away = normalised(directions - directions.mean(axis=0))
        return replace(self, weights=np.ascontiguousarray(self.weights + np.float32(strength) * away.T))

    def to_bytes(self) -> bytes:
        """As an uncompressed npz archive without pickles; equal heads give equal bytes."""
        buffer = io.BytesIO()
        of_words: dict[str, Any] = {} if self.words is None else self.words.arrays()
        np.savez(
            buffer,
            format=np.int64(_FORMAT if self.words is None else _FORMAT_WITH_WORDS),
            label_ids=np.array("\n".join(self.label_ids).encode()),
            centre=self.centre,
            weights=self.weights,
            bias=self.bias,
            sharpness=np.float64(self.sharpness),
            **of_words,
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Head":
        """Raises ModelDamaged for anything but what `to_bytes` wrote."""
        with stored_arrays(data) as arrays:
            return _checked(arrays)


def _checked(arrays: Mapping[str, Any]) -> Head:
    if (format := int(arrays["format"])) not in (_FORMAT, _FORMAT_WITH_WORDS):
        raise ValueError(f"format {format}")
    names = bytes(arrays["label_ids"].item()).decode()
    label_ids = tuple(names.split("\n")) if names else ()
    head = Head(
        label_ids,
        arrays["centre"],
        arrays["weights"],
        arrays["bias"],
        float(arrays["sharpness"]),
        Words.of(arrays, len(label_ids)) if format == _FORMAT_WITH_WORDS else None,
    )
    d, k = len(head.centre), len(head.label_ids)
    numbers = (head.centre, head.weights, head.bias)
    if head.weights.shape != (d, k) or head.bias.shape != (k,) or any(a.dtype != np.float32 for a in numbers):
        raise ValueError("shapes or types do not fit together")
    if not all(np.isfinite(a).all() for a in numbers) or not 0 < head.sharpness < np.inf:
        raise ValueError("numbers that are not finite")
    return head


def softmax(scores: FloatArray) -> FloatArray:
    """Rows of scores as rows of probabilities: (n, k) -> (n, k)."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)


def fit_head(
    embeddings: FloatArray,
    targets: IntArray,
    label_ids: Sequence[str],
    *,
    c: float = DEFAULT_C,
    start: Head | None = None,
    weights: FloatArray | None = None,
    whiten: bool = False,
    steps: int = 25,
) -> Head:
    """A head by class-balanced multinomial logistic regression; every label needs at least one example.

    embeddings: (n, d), normalised.   targets: (n,), positions in label_ids.   c: inverse strength of the penalty.
    start: a head to begin from, which saves steps; labels are matched by id.   weights: (n,), 1 each by default.
    whiten: fit in whitened space, see `Whitening`; the head is one on plain embeddings.
    steps: at most. 10,003 x 77 samples: 93.6 % after 25 and 0.5 s; unlimited: 93.5 % after 1.0 s.
    Raises TooFewLabels for fewer than two labels. Same input, same bytes.
    """
    k = len(label_ids)
    if k < 2:
        raise TooFewLabels(labels=k)
    if not np.bincount(targets, minlength=k).all():
        raise ValueError("every label needs an example")
    # Not at the top: serving needs heads but no scikit-learn, and would wait a second for it at every start.
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    centre = embeddings.mean(axis=0, dtype=np.float64).astype(np.float32)
    rows = normalised(embeddings - centre)
    model = LogisticRegression(
        C=c, tol=_tolerance(k), max_iter=steps, class_weight="balanced", warm_start=start is not None
    )
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it stopped early (see steps), that labels are many
        whitening = Whitening.of_many(rows, targets) if whiten else None
        if start is not None:
            model.coef_, model.intercept_ = _beginning(start, label_ids, whitening)
        model.fit(rows if whitening is None else whitening.samples, targets, sample_weight=weights)
    columns, bias = one_column_each(model.coef_, model.intercept_)
    if whitening is not None:
        columns = whitening.merged(columns)
    return Head(tuple(label_ids), centre, columns, bias)


def _tolerance(k: int) -> float:
    """When to stop. A gradient of 1e-4 a coefficient is small for 77 labels but where fitting *begins* for 1,000:
    with raw embeddings and 1e-3, 150 labels stopped after no step at all, and answered at random."""
    return min(1e-4, 1e-2 / k)


def _beginning(
    start: Head, label_ids: Sequence[str], whitening: Whitening | None
) -> tuple[FloatArray, FloatArray]:
    """Coefficients in scikit-learn's form: those of the labels that `start` knows, zeros for the others."""
    columns = {label_id: i for i, label_id in enumerate(start.label_ids)}
    coefficients = np.zeros((len(label_ids), len(start.centre)), dtype=np.float32)
    intercepts = np.zeros(len(label_ids), dtype=np.float32)
    for row, label_id in enumerate(label_ids):
        if label_id in columns:
            coefficients[row] = start.weights[:, columns[label_id]]
            intercepts[row] = start.bias[columns[label_id]]
    if whitening is not None:
        coefficients = whitening.unmerged(coefficients.T).T
    if len(label_ids) == 2:
        return np.diff(coefficients, axis=0), np.diff(intercepts)
    return coefficients, intercepts
