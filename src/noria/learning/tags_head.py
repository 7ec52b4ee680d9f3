"""The head for tags: from an embedding to a probability for each tag by itself, by one matrix product."""

import io
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from noria.errors import NotTrained
from noria.learning.arrays import BoolArray, FloatArray, normalised, of_width
from noria.learning.rows.vectoriser import Vectoriser
from noria.learning.stored import stored_arrays

DEFAULT_TAGS_C = 10.0
_FORMAT = 1
_ROWS = "rows_"  # arrays of the vectoriser
_MAX_STEPS = 200
_TOLERANCE = 1e-5  # of the gradient's largest part; the fit is by batches of all tags, so steps are cheap


@dataclass(frozen=True, slots=True, eq=False)
class TagsHead:
    """One yes-or-no logistic regression a tag, on centred, renormalised embeddings. Never changed once made."""

    label_ids: tuple[str, ...]
    centre: FloatArray  # (d,), mean of the embeddings it was fitted on
    weights: FloatArray  # (d, k)
    bias: FloatArray  # (k,)
    slope: FloatArray  # (k,), of the calibration: the logit of the answer is slope · logit + shift
    shift: FloatArray  # (k,)
    suggested: FloatArray  # (k,), the threshold of the best F1 out of fold; 0.5 where nothing tells
    vectoriser: Vectoriser | None = None  # of table rows: d is then the number of its features

    def logits(self, embeddings: FloatArray) -> FloatArray:
        """Scores before calibration: (n, d) raw normalised embeddings, or those of rows; what is wider is cut -> (n, k)."""
        features = of_width(embeddings, len(self.centre))
        if self.vectoriser is not None:
            features = self.vectoriser.features(embeddings)
        rows = normalised(features - self.centre)
        return np.asarray(rows @ self.weights + self.bias, dtype=np.float32)

    def probabilities(self, embeddings: FloatArray) -> FloatArray:
        """Calibrated probability of each tag: (n, d) raw normalised embeddings -> (n, k), each in [0, 1].

        Raises NotTrained if no tag is left.
        """
        if not self.label_ids:
            raise NotTrained
        return sigmoid(self.logits(embeddings) * self.slope + self.shift)

    def probabilities_of_one(self, embedding: FloatArray) -> FloatArray:
        """The same for a single embedding: (d,) -> (k,)."""
        return np.asarray(self.probabilities(embedding[None])[0])

    def masked(self, keep: Container[str]) -> "TagsHead":
        """This head without the tags that are gone; the others answer as before."""
        columns = [i for i, label_id in enumerate(self.label_ids) if label_id in keep]
        if len(columns) == len(self.label_ids):
            return self
        return replace(
            self,
            label_ids=tuple(self.label_ids[i] for i in columns),
            weights=np.ascontiguousarray(self.weights[:, columns]),
            bias=self.bias[columns],
            slope=self.slope[columns],
            shift=self.shift[columns],
            suggested=self.suggested[columns],
        )

    def to_bytes(self) -> bytes:
        """As an uncompressed npz archive without pickles; equal heads give equal bytes."""
        buffer = io.BytesIO()
        np.savez(
            buffer,
            tags_format=np.int64(_FORMAT),
            label_ids=np.frombuffer("\n".join(self.label_ids).encode(), dtype=np.uint8),
            centre=self.centre,
            weights=self.weights,
            bias=self.bias,
            slope=self.slope,
            shift=self.shift,
            suggested=self.suggested,
            **({} if self.vectoriser is None else _named_rows(self.vectoriser)),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "TagsHead":
        """Raises ModelDamaged for anything but what `to_bytes` wrote."""
        with stored_arrays(data) as arrays:
            return _checked(arrays)


def no_tags() -> TagsHead:
    """A head that knows no tag."""
    empty = np.zeros(0, dtype=np.float32)
    return TagsHead((), empty, np.zeros((0, 0), dtype=np.float32), empty, empty, empty, empty)


def _named_rows(vectoriser: Vectoriser) -> dict[str, Any]:
    return {_ROWS + name: array for name, array in vectoriser.arrays().items()}


def _checked(arrays: Mapping[str, Any]) -> TagsHead:
    if int(arrays["tags_format"]) != _FORMAT:
        raise ValueError(f"format {int(arrays['tags_format'])}")
    names = arrays["label_ids"].tobytes().decode()
    columns = ("bias", "slope", "shift", "suggested")
    numbers = [arrays[name] for name in ("centre", "weights", *columns)]
    of_rows = {name.removeprefix(_ROWS): arrays[name] for name in arrays if name.startswith(_ROWS)}
    centre, weights, bias, slope, shift, suggested = numbers
    ids = tuple(names.split("\n")) if names else ()
    whole = TagsHead(ids, centre, weights, bias, slope, shift, suggested)
    head = replace(whole, vectoriser=Vectoriser.of(of_rows)) if of_rows else whole
    d, k = len(head.centre), len(head.label_ids)
    if head.weights.shape != (d, k) or any(arrays[name].shape != (k,) for name in columns):
        raise ValueError("shapes do not fit together")
    if any(a.dtype != np.float32 or not np.isfinite(a).all() for a in numbers):
        raise ValueError("numbers that are not finite, or of another type")
    return head


def sigmoid(scores: FloatArray) -> FloatArray:
    """1 / (1 + e^-x), for each by itself."""
    return np.asarray(1 / (1 + np.exp(-np.clip(scores, -60, 60))), dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class FittedTags:
    """Weights on centred rows, one column a tag, before calibration."""

    centre: FloatArray  # (d,)
    weights: FloatArray  # (d, k)
    bias: FloatArray  # (k,)

    def logits(self, embeddings: FloatArray) -> FloatArray:
        """(n, d) raw normalised embeddings -> (n, k)."""
        return np.asarray(normalised(embeddings - self.centre) @ self.weights + self.bias, dtype=np.float32)


def fit_tags(
    embeddings: FloatArray, present: BoolArray, spoken: BoolArray, *, c: float = DEFAULT_TAGS_C
) -> FittedTags:
    """One-vs-rest logistic regression, all tags in one batch; the same as fitting each by itself.

    embeddings: (n, d), normalised.   present, spoken: (n, k), whether the sample has the tag, and whether anybody
    said so: other rows are left out for that tag.   c: inverse strength of the penalty.
    Present and absent count alike in all for each tag; one with samples of one kind only gets zeros.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    n, k = present.shape
    centre = embeddings.mean(axis=0, dtype=np.float64).astype(np.float32)
    rows = normalised(embeddings - centre).astype(np.float64)
    d = rows.shape[1]
    weights = balance(present, spoken)
    signs = np.where(present, 1.0, -1.0)

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        matrix = flat.reshape(d + 1, k)
        margins = signs * (rows @ matrix[:d] + matrix[d])
        value = (weights * np.logaddexp(0, -margins)).sum() + (matrix[:d] ** 2).sum() / (2 * c)
        pulls = -weights * signs / (1 + np.exp(np.clip(margins, -60, 60)))
        gradient = np.vstack([rows.T @ pulls + matrix[:d] / c, pulls.sum(axis=0)])
        return float(value), gradient.ravel()

    with threadpool_limits(1):
        found = minimize(
            loss,
            np.zeros((d + 1) * k),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": _MAX_STEPS, "gtol": _TOLERANCE * max(n, 1) ** 0.5},
        )
    matrix = found.x.reshape(d + 1, k).astype(np.float32)
    return FittedTags(centre, np.ascontiguousarray(matrix[:d]), matrix[d])


def balance(present: BoolArray, spoken: BoolArray) -> FloatArray:
    """What each sample counts for each tag, (n, k): for a tag, present and absent ones add up to the same.

    >>> balance(np.array([[True], [False], [False]]), np.ones((3, 1), bool)).round(2).ravel().tolist()
    [1.5, 0.75, 0.75]
    """
    yes, no = (present & spoken).sum(axis=0), (~present & spoken).sum(axis=0)
    both = (yes > 0) & (no > 0)
    total = yes + no
    of_yes = np.where(both, total / np.maximum(2 * yes, 1), 0.0)
    of_no = np.where(both, total / np.maximum(2 * no, 1), 0.0)
    return np.asarray(np.where(present, of_yes, of_no) * spoken)
