"""The head of a table function: a logistic regression and a random forest, whose probabilities are averaged.

Fitted by scikit-learn, served from arrays (docs/decisions/rows.md).
"""

import io
import warnings
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from noria.errors import NotTrained, TooFewLabels
from noria.learning.arrays import BoolArray, FloatArray, IntArray, one_column_each
from noria.learning.head import DEFAULT_C, softmax
from noria.learning.rows.forest import Forest
from noria.learning.rows.layout import Layout
from noria.learning.rows.vectoriser import Vectoriser
from noria.learning.stored import stored_arrays

USUAL_SHARPNESS = 1.0  # a vote of trees is not timid, as regression alone is
FORMAT = 2  # 1 is that of `noria.learning.head`
_C = 0.3  # of the regression, at the usual c
_TREES = 200
_FEW = 20  # rows, below which leaves of two would hardly split them
_ROWS_A_TREE = 5_000
_LEAVES_A_TREE = 400
_LEAST = 1e-7  # probability, before its logarithm


@dataclass(frozen=True, slots=True, eq=False)
class RowHead:
    """Probabilities from the embedding of a row. Never changed once made."""

    label_ids: tuple[str, ...]
    centre: FloatArray  # (d,), mean of the embeddings it was fitted on
    vectoriser: Vectoriser
    weights: FloatArray  # (n_features, k), of the regression
    bias: FloatArray  # (k,)
    forest: Forest
    kept: IntArray  # columns of the labels that are still there
    sharpness: float = USUAL_SHARPNESS

    def logits(self, embeddings: FloatArray) -> FloatArray:
        """Logarithms of the averaged probabilities, before sharpening: (n, d) embeddings of rows -> (n, k)."""
        features = self.vectoriser.features(embeddings)
        linear = softmax(features @ self.weights + self.bias)
        both = (linear + self.forest.probabilities(features))[:, self.kept] / 2
        return np.asarray(np.log(np.maximum(both, _LEAST)), dtype=np.float32)

    def probabilities(self, embeddings: FloatArray) -> FloatArray:
        """Calibrated: (n, d) -> (n, k), rows sum to 1. Raises NotTrained if no label is left."""
        if not self.label_ids:
            raise NotTrained
        return softmax(self.logits(embeddings) * np.float32(self.sharpness))

    def probabilities_of_one(self, embedding: FloatArray) -> FloatArray:
        """The same for a single row: (d,) -> (k,)."""
        return np.asarray(self.probabilities(embedding[None])[0])

    def masked(self, keep: Container[str]) -> "RowHead":
        """This head without the labels that are gone; the probabilities of those left sum to 1 again."""
        columns = [i for i, label_id in enumerate(self.label_ids) if label_id in keep]
        if len(columns) == len(self.label_ids):
            return self
        ids = tuple(self.label_ids[i] for i in columns)
        return replace(self, label_ids=ids, kept=self.kept[columns])

    def sharpened(self, factor: float) -> "RowHead":
        """The same with this factor on its logits."""
        return replace(self, sharpness=factor)

    def to_bytes(self) -> bytes:
        """As an uncompressed npz archive without pickles; equal heads give equal bytes."""
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {
            "format": np.int64(FORMAT),
            "label_ids": np.array("\n".join(self.label_ids).encode()),
            "centre": self.centre,
            "weights": self.weights,
            "bias": self.bias,
            "kept": self.kept,
            "sharpness": np.float64(self.sharpness),
        }
        arrays |= {f"rows_{name}": array for name, array in self.vectoriser.arrays().items()}
        arrays |= {f"forest_{name}": array for name, array in self.forest.arrays().items()}
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "RowHead":
        """Raises ModelDamaged for anything but what `to_bytes` wrote."""
        with stored_arrays(data) as arrays:
            return _checked(dict(arrays))


def _checked(arrays: dict[str, Any]) -> RowHead:
    if int(arrays["format"]) != FORMAT:
        raise ValueError(f"format {int(arrays['format'])}")
    names = bytes(arrays["label_ids"].item()).decode()
    head = RowHead(
        tuple(names.split("\n")) if names else (),
        arrays["centre"],
        Vectoriser.of(_named(arrays, "rows_")),
        arrays["weights"],
        arrays["bias"],
        Forest.from_arrays(_named(arrays, "forest_")),
        arrays["kept"],
        float(arrays["sharpness"]),
    )
    k = head.weights.shape[1]
    if len(head.kept) != len(head.label_ids) or (head.kept >= k).any() or head.forest.values.shape[1] != k:
        raise ValueError("shapes do not fit together")
    if not np.isfinite(head.weights).all() or not 0 < head.sharpness < np.inf:
        raise ValueError("numbers that are not finite")
    return head


def _named(arrays: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def fit_row_head(
    embeddings: FloatArray,
    targets: IntArray,
    label_ids: Sequence[str],
    layout: Layout,
    *,
    c: float = DEFAULT_C,
) -> RowHead:
    """A class-balanced head; every label needs at least one example. Same input, same bytes.

    embeddings: (n, any width), of rows.   targets: (n,), positions in label_ids.   c: as of `fit_head`.
    Raises TooFewLabels for fewer than two labels.
    """
    if len(label_ids) < 2:
        raise TooFewLabels(labels=len(label_ids))
    rows = layout.fitted(embeddings)
    vectoriser = Vectoriser.fitted(rows, layout)
    for_trees = vectoriser.for_trees
    linear, forest = fit_members(vectoriser.features(rows), targets, c, for_trees)
    columns, bias = one_column_each(linear.coef_, linear.intercept_)
    return RowHead(
        tuple(label_ids),
        rows.mean(axis=0, dtype=np.float64).astype(np.float32),
        vectoriser,
        columns,
        bias,
        Forest.of(forest, np.flatnonzero(for_trees)),
        np.arange(len(label_ids)),
    )


def fit_members(features: FloatArray, targets: IntArray, c: float, for_trees: BoolArray) -> tuple[Any, Any]:
    """scikit-learn's LogisticRegression and RandomForestClassifier, fitted on (n, n_features); the latter on some."""
    # Not at the top: serving needs heads but no scikit-learn, and would wait a second for it at every start.
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    linear = LogisticRegression(C=_C * c / DEFAULT_C, max_iter=200, class_weight="balanced")
    forest = RandomForestClassifier(
        _TREES, min_samples_leaf=2 if len(features) >= _FEW else 1, max_features=0.2, max_leaf_nodes=_LEAVES_A_TREE, class_weight="balanced",
        max_samples=_ROWS_A_TREE if len(features) > _ROWS_A_TREE else None, random_state=0,
    )  # fmt: skip
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that labels are many
        return linear.fit(features, targets), forest.fit(features[:, for_trees], targets)
