"""The array types that embeddings, heads and probabilities come in."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def stacked(blobs: Sequence[bytes]) -> FloatArray:
    """Stored embeddings, float32 little-endian, as rows; shorter ones, of fewer fields, end in zeros.

    >>> stacked([bytes(8), bytes(4)]).shape
    (2, 2)
    """
    width = max((len(blob) for blob in blobs), default=0)
    joined = b"".join(blob.ljust(width, b"\0") for blob in blobs)
    return np.frombuffer(joined, dtype="<f4").reshape(len(blobs), width // 4)


def of_width(rows: FloatArray, width: int) -> FloatArray:
    """Rows of this width: what is missing is zeros, what is on top is left out.

    Embeddings of table rows grow with each field that is added.

    >>> of_width(np.ones((1, 2), np.float32), 3).tolist()
    [[1.0, 1.0, 0.0]]
    """
    missing = width - rows.shape[1]
    return rows[:, :width] if missing <= 0 else np.pad(rows, ((0, 0), (0, missing)))


def padded(rows: Sequence[FloatArray]) -> FloatArray:
    """Rows of several widths as one array, (n, widest); shorter ones end in zeros.

    >>> padded([np.ones(1, np.float32), np.ones(2, np.float32)]).tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    found = np.zeros((len(rows), max(map(len, rows), default=0)), dtype=np.float32)
    for i, row in enumerate(rows):
        found[i, : len(row)] = row
    return found


def one_column_each(
    coefficients: NDArray[np.floating], intercepts: NDArray[np.floating]
) -> tuple[FloatArray, FloatArray]:
    """Weights (d, k) and bias (k,). scikit-learn fits one column for two labels, their difference; half to each gives the same probabilities."""
    if len(coefficients) == 1:
        coefficients = np.concatenate([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    return np.ascontiguousarray(coefficients.T, dtype=np.float32), np.asarray(intercepts, dtype=np.float32)


def normalised(rows: FloatArray) -> FloatArray:
    """Rows scaled to unit length; a row of zeros stays as it is.

    rows: (n, d).   Returns (n, d) float32.
    """
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)
