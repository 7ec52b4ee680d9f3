"""A random forest [Breiman2001] as arrays: fitted by scikit-learn, answered without it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noria.learning.arrays import FloatArray, IntArray

_LEAF = -1
_AT_ONCE = 2**21  # shares of labels, one for each row and tree, to bound the memory of many rows

_Places = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Forest:
    """All trees' nodes in a row. A leaf is its own child, so that every row takes `depth` steps."""

    roots: _Places  # (n_trees,)
    feature: _Places  # (n_nodes,), of leaves any
    threshold: NDArray[np.float64]  # (n_nodes,); at most this goes left
    left: _Places
    right: _Places
    leaf: _Places  # (n_nodes,), row of `values`, or -1
    values: FloatArray  # (n_leaves, k), share of each label
    depth: int

    @classmethod
    def of(cls, model: Any, columns: IntArray) -> "Forest":
        """model: a fitted RandomForestClassifier, whose classes are 0 … k-1.   columns: the features that it has seen."""
        trees = [estimator.tree_ for estimator in model.estimators_]
        roots = np.cumsum([0, *(tree.node_count for tree in trees)])[:-1].astype(np.int32)
        place = np.arange(sum(tree.node_count for tree in trees), dtype=np.int32)
        children = [
            np.concatenate([getattr(t, side) + (getattr(t, side) >= 0) * root for t, root in zip(trees, roots, strict=True)])
            for side in ("children_left", "children_right")
        ]  # fmt: skip
        ends = children[0] < 0
        leaf = np.full(len(place), _LEAF, dtype=np.int32)
        leaf[ends] = np.arange(ends.sum())
        values = np.concatenate([t.value[:, 0, :] for t in trees])[ends]
        return cls(
            roots,
            columns[np.where(ends, 0, np.concatenate([t.feature for t in trees]))].astype(np.int32),
            np.where(ends, 0.0, np.concatenate([t.threshold for t in trees])),
            np.where(ends, place, children[0]).astype(np.int32),
            np.where(ends, place, children[1]).astype(np.int32),
            leaf,
            (values / values.sum(axis=1, keepdims=True)).astype(np.float32),
            max(t.max_depth for t in trees),
        )

    def probabilities(self, features: FloatArray) -> FloatArray:
        """(n, n_features) float32 -> (n, k), the mean over trees."""
        found = np.empty((len(features), self.values.shape[1]), dtype=np.float32)
        n = max(1, _AT_ONCE // (len(self.roots) * self.values.shape[1]))
        for begin in range(0, len(features), n):
            shares = self.values[self._leaves(features[begin : begin + n])]
            found[begin : begin + n] = shares.sum(axis=1, dtype=np.float64) / len(self.roots)
        return found

    def _leaves(self, features: FloatArray) -> _Places:
        """(n, n_features) -> (n, n_trees), rows of `values`. Few and small steps: this is most of what a row's answer takes."""
        feature, threshold, children = self._by_twice_the_node
        cells = np.ascontiguousarray(features).ravel()
        begins = np.arange(0, len(cells), features.shape[1])[:, None]
        at = np.repeat(2 * self.roots[None], len(features), axis=0)
        for _ in range(self.depth):
            goes_right = cells.take(feature.take(at) + begins) > threshold.take(at)
            at = children.take(at + goes_right)
        return self.leaf.take(at >> 1)

    @cached_property
    def _by_twice_the_node(self) -> tuple[_Places, NDArray[np.float64], _Places]:
        """Feature and threshold of node i at 2i; its children, in the same way of counting, left at 2i, right at 2i + 1."""
        children = 2 * np.stack([self.left, self.right], axis=1).ravel()
        return np.repeat(self.feature, 2), np.repeat(self.threshold, 2), children

    def arrays(self) -> dict[str, np.ndarray]:
        """For an npz archive."""
        return {
            "roots": self.roots, "feature": self.feature, "threshold": self.threshold, "left": self.left,
            "right": self.right, "leaf": self.leaf, "values": self.values, "depth": np.array(self.depth, dtype=np.int64),
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Forest":
        """What `arrays` gave. Raises KeyError, ValueError for anything else."""
        found = cls(
            arrays["roots"], arrays["feature"], arrays["threshold"], arrays["left"], arrays["right"],
            arrays["leaf"], arrays["values"], int(arrays["depth"]),
        )  # fmt: skip
        n = len(found.feature)
        inside = (
            all(len(a) == n and (a >= 0).all() and (a < n).all() for a in (found.left, found.right))
            and (found.roots < n).all()
        )
        if not inside or len(found.threshold) != n or found.leaf.max(initial=0) >= len(found.values):
            raise ValueError("a forest whose nodes do not fit together")
        return found
